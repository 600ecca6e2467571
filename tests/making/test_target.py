"""What is known of a target before its first frame is rendered."""

import numpy as np
import pytest

from bonaface.making.prior import load_prior
from bonaface.making.shape import OVAL
from bonaface.making.target import SIZE, study

PRIOR = load_prior()
LAYOUT = PRIOR.layout(SIZE)


def nothing(rgb8: np.ndarray, points: np.ndarray) -> np.ndarray:
    return np.zeros(rgb8.shape[:2], np.uint8)


def fringe(rgb8: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Hair down to a fifth of the face."""
    mask = np.zeros(rgb8.shape[:2], np.uint8)
    top, height = points[OVAL, 1].min(), np.ptp(points[OVAL, 1])
    mask[: int(top + 0.2 * height)] = 255
    return mask


def looked_at(drawn, hair_of):
    looks = [(drawn.crop(k), drawn.points[k]) for k in range(12)]
    return study(looks, drawn.points, drawn.blendshapes, PRIOR, hair_of)


def test_skin_is_covered_and_the_wall_beside_it_is_not(drawn):
    target = looked_at(drawn, nothing)
    face = LAYOUT.face > 0
    assert target.alpha[face].mean() > 0.9
    assert target.alpha[~LAYOUT.inside].mean() < 0.02  # its soft edge
    assert 0 <= target.alpha.min() <= target.alpha.max() <= 1
    assert not target.skin[(LAYOUT.lips > 0) | (LAYOUT.eyes > 0)].any()
    assert target.skin[face].mean() > 0.5


def test_a_fringe_in_front_of_the_face_is_not_covered(drawn):
    bare, covered = (looked_at(drawn, hair_of).alpha for hair_of in (nothing, fringe))
    rows = np.flatnonzero((LAYOUT.face > 0).any(1))
    forehead = slice(0, rows[0] + len(rows) // 12)
    assert bare[forehead].sum() > 10 * covered[forehead].sum()
    below = slice(rows[0] + len(rows) // 2, rows[-1])
    np.testing.assert_allclose(covered[below], bare[below], atol=0.05)


def test_one_look_is_enough(drawn):
    target = study([(drawn.crop(0), drawn.points[0])], drawn.points[:1], drawn.blendshapes[:1], PRIOR, nothing)
    assert np.isfinite(target.neutral).all()
    assert target.face_px == pytest.approx(float(np.ptp(drawn.points[0, :468, 0])), rel=0.05)
    assert target.alpha.max() > 0.9
