"""What lies between closed lids and lips is drawn without stairs."""

import cv2
import numpy as np
import pytest

from bonaface.making.prior import load_prior
from bonaface.making.raster import rasterise, sample
from bonaface.making.shape import INNER_LIPS, LEFT_EYE, RIGHT_EYE, ring_offsets, widen
from bonaface.making.slit import redraw

SIDE, FACE_PX, TILT = 200, 160, np.radians(4)


def face(open_px: float) -> np.ndarray:
    """A head tilted a little, (550, 3) in pixels, whose lids and lips stand so far apart."""
    reference = load_prior().reference.copy() * (FACE_PX / 100)
    for rim in (RIGHT_EYE, LEFT_EYE, INNER_LIPS):
        height = reference[rim, 1]
        reference[rim, 1] = height.mean() + (height - height.mean()) * open_px / max(np.ptp(height), 1e-3)
    shape = widen(reference, ring_offsets(reference))
    c, s = np.cos(TILT), np.sin(TILT)
    turned = shape @ np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]], np.float32)
    turned -= turned[:468].mean(0) - np.float32((SIDE / 2, SIDE / 2, 0))
    return turned.astype(np.float32)


def dark_slits(size: int = 256) -> np.ndarray:
    layout = load_prior().layout(size)
    texture = np.full((size, size, 3), 180, np.float32)
    texture[(layout.eyes > 0) | (layout.mouth > 0)] = 20
    return texture


def drawn(vertices: np.ndarray, *, times: int = 1) -> np.ndarray:
    """One sample a pixel; with ``times``, so many along each side, averaged: what it should look like."""
    layout = load_prior().layout(256)
    fine = vertices * np.float32(times) + np.float32((times - 1) / 2)
    where, _ = rasterise(fine, layout.triangles, layout.uv, (SIDE * times, SIDE * times))
    return cv2.resize(sample(dark_slits(), where, cv2.INTER_CUBIC), (SIDE, SIDE), interpolation=cv2.INTER_AREA)


@pytest.mark.parametrize("open_px", [0.4, 0.8, 1.5])
def test_a_slit_looks_as_if_drawn_at_a_high_resolution(open_px):
    vertices = face(open_px)
    truth, before = drawn(vertices, times=9), drawn(vertices)
    after = before.copy()
    redraw(after, dark_slits(), vertices, load_prior().layout(256))
    near = np.zeros((SIDE, SIDE), np.uint8)
    for rim in (RIGHT_EYE, LEFT_EYE, INNER_LIPS):
        cv2.fillPoly(near, [np.round(vertices[rim, :2]).astype(np.int32)], 1)
    near = cv2.dilate(near, np.ones((3, 3), np.uint8)) > 0
    assert np.abs(after - truth)[near].mean() < 0.5 * np.abs(before - truth)[near].mean()


def test_what_is_away_from_eyes_and_mouth_is_left_as_it_is():
    vertices = face(1.0)
    before = drawn(vertices)
    after = before.copy()
    redraw(after, dark_slits(), vertices, load_prior().layout(256))
    changed = np.abs(after - before).max(-1) > 0
    low, high = (vertices[np.r_[RIGHT_EYE, LEFT_EYE, INNER_LIPS], :2].min(0), vertices[INNER_LIPS, 1].max())
    rows = np.flatnonzero(changed.any(1))
    assert rows.min() > low[1] - 6
    assert rows.max() < high + 6


def test_open_eyes_and_lips_and_what_lies_beyond_the_picture_are_passed_over():
    layout = load_prior().layout(256)
    vertices = face(12.0)
    before = drawn(vertices)
    after = before.copy()
    redraw(after, dark_slits(), vertices, layout)
    np.testing.assert_array_equal(after, before)
    redraw(after, dark_slits(), face(1.0) + np.float32((1000, 1000, 0)), layout)
    np.testing.assert_array_equal(after, before)
