"""Eyes look where the target's look, and close as far as the target's do."""

import cv2
import numpy as np
import pytest

from bonaface.bench.measures import gaze
from bonaface.making.gaze import Aim, Irises, along_eyes, follow_gaze, lid_ratio
from bonaface.making.prior import load_prior
from bonaface.making.shape import IRIS, LEFT_EYE, RIGHT_EYE

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


LAYOUT = load_prior().layout(256)


def eye_textures(at: float) -> np.ndarray:
    """White eyes with dark discs ``at`` a share of the way from the outer to the inner corner, in skin."""
    texture = np.full((256, 256, 3), (190, 140, 120), np.float32)
    texture[LAYOUT.eyes > 0] = 230
    for _, _, _, outer, inner, *_ in IRIS:
        centre = LAYOUT.uv[outer] + at * (LAYOUT.uv[inner] - LAYOUT.uv[outer])
        width = float(np.linalg.norm(LAYOUT.uv[inner] - LAYOUT.uv[outer]))
        away = np.hypot(*(np.mgrid[:256, :256][::-1] - centre[:, None, None]))
        texture[(away < 0.2 * width) & (LAYOUT.eyes > 0)] = 40
    return texture


def dark_at(texture: np.ndarray, which: int) -> float:
    """Where the dark of one eye stands between its corners, by its centre of gravity."""
    _, _, _, outer, inner, *_ = IRIS[which]
    mask = LAYOUT.polygon((RIGHT_EYE, LEFT_EYE)[which]) > 0
    rows, columns = np.nonzero(mask & (texture[..., 0] < 100))
    across = LAYOUT.uv[inner] - LAYOUT.uv[outer]
    return float((np.array([columns.mean(), rows.mean()]) - LAYOUT.uv[outer]) @ across / (across @ across))


@pytest.mark.parametrize("by", [(0.1, -0.1), (-0.15, 0.05), (0.0, 0.15)])
def test_irises_are_slid_as_discs_each_by_its_own_share(by):
    texture = eye_textures(0.5)
    before = texture.copy()
    Irises(LAYOUT).slide(texture, np.array(by))
    for which, share in enumerate(by):
        mask = LAYOUT.polygon((RIGHT_EYE, LEFT_EYE)[which]) > 0
        assert dark_at(texture, which) - dark_at(before, which) == pytest.approx(share, abs=0.02)
        dark, was = ((x[mask][:, 0] < 100).sum() for x in (texture, before))
        assert dark == pytest.approx(was, rel=0.15)
    apart = np.abs(texture - before).max(-1)
    assert not apart[cv2.dilate(LAYOUT.eyes, np.ones((5, 5), np.uint8)) == 0].any()


def test_nothing_is_slid_without_an_aim():
    texture = eye_textures(0.4)
    before = texture.copy()
    Irises(LAYOUT).slide(texture, Aim().by(REFERENCE))
    np.testing.assert_array_equal(texture, before)


def test_an_aim_follows_the_targets_irises_and_never_leaves_the_eye():
    aim = Aim(np.array([0.05, -0.05]), np.array([0.5, 1.0]), along_eyes(REFERENCE))
    np.testing.assert_allclose(aim.by(REFERENCE), [0.05, -0.05], atol=1e-6)
    aside = looking(0.1)
    np.testing.assert_allclose(
        aim.by(aside), [0.05, -0.05] + np.array([0.5, 1.0]) * (along_eyes(aside) - along_eyes(REFERENCE)), atol=1e-6
    )
    assert np.abs(Aim(np.array([9.0, -9.0])).by(REFERENCE)).max() == pytest.approx(0.2)
