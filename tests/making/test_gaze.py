"""Eyes look where the target's look, and close as far as the target's do."""

import numpy as np
import pytest

from bonaface.bench.measures import gaze
from bonaface.making.gaze import follow_gaze, lid_ratio
from bonaface.making.prior import load_prior
from bonaface.making.shape import IRIS

REFERENCE = load_prior().reference


def looking(by: float, eye_scale: float = 1.0) -> np.ndarray:
    """The average face with its irises moved by a share of the eye's width, and its eyes wider or narrower."""
    out = REFERENCE.copy()
    for centre, side_a, side_b, outer, inner, *_ in IRIS:
        middle = (out[outer] + out[inner]) / 2
        for k in (outer, inner, centre, side_a, side_b):
            out[k] = middle + eye_scale * (out[k] - middle)
        along = out[inner] - out[outer]
        out[[centre, side_a, side_b]] += by * (along if along[0] > 0 else -along)
    return out


@pytest.mark.parametrize("by", [-0.2, 0.0, 0.15])
@pytest.mark.parametrize("eye_scale", [0.8, 1.2])
def test_gaze_is_the_targets_whatever_the_size_of_the_eyes(by, eye_scale):
    seen, own = looking(by), looking(0.05, eye_scale)
    followed = follow_gaze(own, seen)
    assert gaze(followed[None])[0] == pytest.approx(gaze(seen[None])[0], abs=0.02)


def test_only_irises_move():
    followed = follow_gaze(REFERENCE, looking(0.2))
    moved = np.flatnonzero(np.abs(followed - REFERENCE).max(1) > 1e-5)
    assert set(moved) <= set(range(468, 478))


def test_eyes_of_another_opening_close_at_the_same_time():
    wide = REFERENCE.copy()
    for *_, upper, lower in IRIS:
        middle = (wide[upper] + wide[lower]) / 2
        wide[[upper, lower]] = middle + 1.4 * (wide[[upper, lower]] - middle)
    ratio = lid_ratio(wide, REFERENCE)
    upper, lower = IRIS[0][5:]
    closing = np.zeros((478, 3), np.float32)
    gap = REFERENCE[lower] - REFERENCE[upper]
    closing[upper] = gap
    closed = wide + closing * ratio
    assert np.linalg.norm(closed[upper] - closed[lower]) < 0.05 * np.linalg.norm(gap)
    assert (lid_ratio(REFERENCE, REFERENCE) == 1).all()
