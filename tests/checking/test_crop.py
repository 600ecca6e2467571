"""The square that is looked at is the same face, however it lies in the picture."""

import cv2
import numpy as np
import pytest

from bonaface.checking.crop import SIDE_PX, TEMPLATE, face_crop, region_of_face


@pytest.mark.parametrize(
    ("side", "turn_rad", "centre"), [(192, 0, (300, 200)), (64, 0.5, (80, 90)), (700, -2.8, (500, 600))]
)
def test_the_region_undoes_turn_place_and_size(side, turn_rad, centre):
    cosine, sine = np.cos(turn_rad), np.sin(turn_rad)
    points = (TEMPLATE - 0.5) * side @ np.array([[cosine, sine], [-sine, cosine]]) + centre
    region = region_of_face(points.astype(np.float32))
    assert region.side_px == pytest.approx(side, rel=1e-4)
    np.testing.assert_allclose(region.centre_xy_px, centre, atol=0.01)
    assert np.cos(region.angle_rad - turn_rad) == pytest.approx(1, abs=1e-6)


def test_the_way_back_leads_to_the_points():
    rng = np.random.default_rng(2)
    picture = rng.integers(0, 255, (400, 500, 3), np.uint8)
    points = (TEMPLATE * 150 + (200, 90)).astype(np.float32)
    crop, back = face_crop(picture, points)
    assert crop.shape == (SIDE_PX, SIDE_PX, 3)
    again = (TEMPLATE * SIDE_PX) @ back[:, :2].T + back[:, 2]
    np.testing.assert_allclose(again, points, atol=1.5)


def test_beyond_the_edge_the_picture_is_mirrored():
    picture = np.full((120, 120, 3), 90, np.uint8)
    cv2.circle(picture, (10, 60), 6, (200, 30, 30), -1)
    crop, _ = face_crop(picture, (TEMPLATE * 150 + (-60, -20)).astype(np.float32))
    assert crop.min() > 20  # no black bars
