"""Expressions held back: which frames are given and tested, and each formula on a case whose answer is known."""

import cv2
import numpy as np
import pytest

from bonaface.bench.unseen import (
    Match,
    Unseen,
    colour_free_error,
    compare,
    detail,
    gains,
    gradient_r,
    run_unseen,
    split_by_movement,
    unseen_table,
)
from bonaface.bench.unseen_ways import Way
from bonaface.faces.pose import load_canonical_face
from bonaface.terms.errors import NothingToDoError, OutputExistsError, UsageError

EVERYWHERE = np.ones((32, 32), bool)


@pytest.fixture(scope="module")
def patch() -> np.ndarray:
    noise = np.random.default_rng(2).uniform(40, 200, (32, 32, 3)).astype(np.float32)
    return cv2.GaussianBlur(noise, (0, 0), 1.5)


def opening(amounts: np.ndarray) -> np.ndarray:
    """Canonical faces whose lower lip and chin are moved down by so much."""
    meshes = np.repeat(load_canonical_face().points[None], len(amounts), 0).copy()
    for vertex in (14, 17, 84, 314, 87, 317, 152, 148, 377):
        meshes[:, vertex, 1] += amounts
    return meshes


def test_the_calmest_quarter_is_given_and_the_most_moved_fifth_tested_in_the_order_of_the_frames():
    amounts = np.abs(np.random.default_rng(0).normal(0, 5, 100)).astype(np.float32)
    amounts[:51] = 0  # the median is a closed mouth
    amounts[:51] += np.linspace(0, 0.01, 51, dtype=np.float32)
    given, tested = split_by_movement(opening(amounts))
    assert (len(given), len(tested)) == (25, 20)
    assert (np.diff(given) > 0).all()
    assert (np.diff(tested) > 0).all()
    assert set(tested) == set(np.argsort(amounts)[-20:])
    assert amounts[given].max() <= 0.01


def test_eyes_do_not_count_as_movement():
    meshes = opening(np.linspace(0, 1, 60, dtype=np.float32))
    moved = meshes.copy()
    moved[:10, [159, 386, 145, 374]] += 20
    for before, after in zip(split_by_movement(meshes), split_by_movement(moved), strict=True):
        assert (before == after).all()


def test_too_few_frames_are_said():
    with pytest.raises(NothingToDoError, match="20 frames are too few"):
        split_by_movement(opening(np.arange(20, dtype=np.float32)))


def test_another_tint_is_no_error_and_a_shape_is(patch):
    assert colour_free_error(patch + np.array([20, -10, 5]), patch, EVERYWHERE) == pytest.approx(0, abs=1e-4)
    half = np.zeros_like(patch)
    half[:16] = 8
    assert colour_free_error(patch + half, patch, EVERYWHERE) == pytest.approx(4, abs=1e-4)


def test_gradients_agree_with_themselves_oppose_their_negative_and_know_nothing_of_noise(patch):
    assert gradient_r(patch, patch, EVERYWHERE) == pytest.approx(1)
    assert gradient_r(0.5 * patch + 30, patch, EVERYWHERE) == pytest.approx(1)
    assert gradient_r(-patch, patch, EVERYWHERE) == pytest.approx(-1)
    other = np.random.default_rng(9).uniform(0, 255, (32, 32, 3))
    assert abs(gradient_r(other, patch, EVERYWHERE)) < 0.15
    assert gradient_r(np.full_like(patch, 90), patch, EVERYWHERE) == 0


def test_detail_is_linear_in_contrast_and_falls_with_blur(patch):
    assert detail(patch, patch, EVERYWHERE) == pytest.approx(1)
    assert detail(0.5 * patch, patch, EVERYWHERE) == pytest.approx(0.5, rel=1e-4)
    assert detail(cv2.GaussianBlur(patch, (0, 0), 2), patch, EVERYWHERE) < 0.5


def test_only_what_is_inside_counts(patch):
    inside = np.zeros((32, 32), bool)
    inside[8:24, 8:24] = True
    wrong = patch.copy()
    wrong[:4] = 0
    (match,) = compare([patch], [Way("right inside", [wrong])], inside).values()
    assert (match.error, match.gradient_r, match.sharpness) == pytest.approx((0, 1, 1), abs=1e-5)


def test_the_gain_is_over_the_linear_avatar_and_its_mean_over_people():
    rows = [
        Unseen("A", 25, 20, {"linear avatar": Match(10, 0.5, 0.9), "painter": Match(6, 0.7, 0.95)}),
        Unseen("B", 25, 20, {"linear avatar": Match(8, 0.4, 0.8), "painter": Match(8, 0.6, 0.85)}),
    ]
    assert gains(rows, "painter") == pytest.approx([0.4, 0.0])
    text = unseen_table(rows)
    assert "10.0 / 0.50 / 0.90" in text
    assert "7.0 / 0.65 / 0.90" in text, "the mean of both"
    assert "painter: error below the linear avatar's by 40 % (A), 0 % (B); 20 % in the mean of people" in text
    assert "mean" not in unseen_table(rows[:1]).replace("in the mean of people", "")


def test_somebody_unknown_and_tables_that_are_there_are_refused(tmp_path):
    with pytest.raises(UsageError, match="called 'Zoe'; it knows A, B"):
        run_unseen(only=["Zoe"], out=tmp_path)
    (tmp_path / "unseen.txt").touch()
    with pytest.raises(OutputExistsError, match=r"unseen\.txt .*--force"):
        run_unseen(only=["A"], out=tmp_path)
