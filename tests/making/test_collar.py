"""The surroundings are drawn in where the face is narrower, and nowhere else."""

import cv2
import numpy as np
import pytest

from bonaface.making.collar import draw_in
from bonaface.making.prior import load_prior
from bonaface.making.shape import OVAL

HW = (300, 280)
FACE = (load_prior().reference * 1.2 + np.array([140, 150, 0], np.float32)).astype(np.float32)


def narrowed(by: float) -> np.ndarray:
    out = FACE.copy()
    middle = FACE[OVAL, 0].mean()
    out[:, 0] = middle + (FACE[:, 0] - middle) * by
    return out


def grid() -> np.ndarray:
    return np.stack(np.meshgrid(np.arange(HW[1]), np.arange(HW[0])), -1).astype(np.float32)


def lowest() -> np.ndarray:
    """Vertices of the lower half of the outline, without the chin's, which does not move sideways."""
    outline = FACE[OVAL]
    low = outline[:, 1] > FACE[OVAL, 1].mean() + 15
    side = np.abs(outline[:, 0] - outline[:, 0].mean()) > 25
    return OVAL[low & side]


def test_equal_faces_move_nothing():
    assert draw_in(HW, FACE, FACE) is None


def test_a_face_that_grows_simply_covers_more():
    assert draw_in(HW, FACE, narrowed(1.15)) is None


def test_what_lay_at_the_old_outline_is_seen_at_the_new_one():
    new = narrowed(0.85)
    source, changed = draw_in(HW, FACE, new)
    assert source.shape == (*HW, 2)
    for vertex in lowest():
        x, y = np.round(new[vertex, :2]).astype(int)
        assert changed[y, x]
        moved = source[y, x] - (x, y)
        wanted = FACE[vertex, :2] - new[vertex, :2]
        assert moved == pytest.approx(wanted, abs=3)
        assert np.sign(moved[0]) == np.sign(wanted[0])


def test_far_from_the_face_and_at_the_forehead_every_pixel_stays():
    source, changed = draw_in(HW, FACE, narrowed(0.85))
    still = changed == 0
    still[[0, -1]] = still[:, [0, -1]] = False
    still[cv2.fillPoly(np.zeros(HW, np.uint8), [narrowed(0.8)[OVAL, :2].astype(np.int32)], 1) > 0] = False  # the face
    assert np.abs(source - grid())[still].max() < 1.0
    away = np.hypot(*(grid() - FACE[OVAL, :2].mean(0)).transpose(2, 0, 1))
    radius = np.linalg.norm(FACE[OVAL, :2] - FACE[OVAL, :2].mean(0), axis=1).max()
    assert not changed[away > 1.5 * radius].any()
    forehead = cv2.fillPoly(np.zeros(HW, np.uint8), [FACE[OVAL, :2].astype(np.int32)], 255)
    forehead[int(FACE[OVAL, 1].min() + 0.15 * np.ptp(FACE[OVAL, 1])) :] = 0
    assert not changed[forehead > 0].any()
    assert not changed[: int(FACE[OVAL, 1].min())].any()


def test_positions_never_fold_back_outside_the_picture_of_the_band():
    source, changed = draw_in(HW, FACE, narrowed(0.85))
    row = int(FACE[OVAL, 1].mean() + 40)
    along = source[row, changed[row] > 0, 0]
    assert (np.diff(along) > -0.5).all()  # left stays left


def test_a_face_at_the_edge_of_the_picture_is_no_error():
    shift = np.array([-100, 40, 0], np.float32)
    source, _ = draw_in(HW, FACE + shift, narrowed(0.85) + shift)
    assert np.isfinite(source).all()
