"""Features stay within what was filmed."""

import numpy as np
import pytest

from bonaface.making.features import EYES, MOUTH, face_features, part_features
from bonaface.making.prior import load_prior

PRIOR = load_prior()


@pytest.fixture(scope="module")
def filmed():
    """Movements along two of the people-wide codes, one strongly and one weakly, and a head that turns."""
    noise = np.random.default_rng(2)
    codes = np.zeros((400, 16), np.float32)
    codes[:, 0], codes[:, 1] = noise.uniform(-8, 8, 400), noise.uniform(-2, 2, 400)
    displacement = (codes @ PRIOR.codes).reshape(-1, 478, 3)
    angles = noise.uniform((-10, -20, -5), (10, 20, 5), (400, 3)).astype(np.float32)
    return displacement, angles


def move(code: int, by: float) -> np.ndarray:
    return (by * PRIOR.codes[code]).reshape(1, 478, 3)


def eyes_features(displacement: np.ndarray, angles: np.ndarray):
    return part_features(displacement, angles, EYES, 12)


def mouth_features(displacement: np.ndarray, angles: np.ndarray):
    return part_features(displacement, angles, MOUTH, 20)


STILL = np.zeros((1, 3), np.float32)


@pytest.mark.parametrize("make", [lambda d, a: face_features(d, a, PRIOR.codes), eyes_features, mouth_features])
def test_a_movement_far_beyond_the_film_says_no_more_than_one_at_its_edge(filmed, make):
    features = make(*filmed)
    at, far, farther = (features.encode(move(0, by), STILL)[0] for by in (8, 80, 800))
    codes = len(features.mean)
    for one in (at, far, farther):
        assert np.linalg.norm(one[:codes]) <= features.radius * 1.001
    np.testing.assert_allclose(far, farther, atol=0.05)
    assert np.linalg.norm(at[:codes]) > 0.5 * features.radius


def test_within_the_film_twice_the_movement_is_twice_the_feature(filmed):
    features = face_features(*filmed, PRIOR.codes)
    codes = len(features.mean)
    none, one, two = (features.encode(move(0, by), STILL)[0, :codes] for by in (0, 2, 4))
    np.testing.assert_allclose(two - none, 2 * (one - none), atol=1e-4)


def test_a_turn_beyond_the_film_counts_as_its_farthest(filmed):
    features = face_features(*filmed, PRIOR.codes)
    edge, beyond = (features.encode(move(0, 1), np.array([[0, yaw, 0]], np.float32))[0] for yaw in (20, 75))
    np.testing.assert_allclose(edge, beyond, atol=0.05)
    assert not np.allclose(edge, features.encode(move(0, 1), STILL)[0], atol=0.05)


def test_reach_tells_what_was_filmed_from_what_was_not(filmed):
    displacement, _ = filmed
    features = face_features(*filmed, PRIOR.codes)
    inside = np.array([features.reach(one) for one in displacement])
    assert (inside <= 1).mean() == pytest.approx(0.97, abs=0.01)
    assert features.reach(move(0, 24)[0]) > 2
    assert features.reach(move(0, 24)[0]) < features.reach(move(0, 48)[0])


def test_unit_features_over_the_film(filmed):
    features = face_features(*filmed, PRIOR.codes)
    spread = features.encode(*filmed)[:, : len(features.mean)].std(0)
    assert spread.max() == pytest.approx(1, abs=0.1)
    assert spread.max() < 1.1  # what was hardly filmed is not blown up to unit variance


@pytest.mark.parametrize("count", [1, 2, 3])
def test_one_picture_is_enough_for_finite_features(filmed, count):
    displacement, angles = (part[:count] for part in filmed)
    for features in (face_features(displacement, angles, PRIOR.codes), mouth_features(displacement, angles)):
        out = features.encode(*filmed)
        assert np.isfinite(out).all()
        assert np.isfinite(features.reach(move(0, 5)[0]))
