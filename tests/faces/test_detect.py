"""Finding faces: every roll, every size, every place."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from bonaface.faces.detect import FaceDetector, merge_finds, overlap, shift_detection
from bonaface.faces.mesh import FaceMesh, region_of_points
from bonaface.terms.arrays import Rgb8
from bonaface.terms.face import Detection


def turned(rgb8: Rgb8, degrees: float) -> tuple[Rgb8, np.ndarray]:
    """Return the whole picture turned in a larger one, and the (2, 3) way there."""
    height, width = rgb8.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    side = int(np.hypot(height, width)) + 1
    matrix[:, 2] += (side - width) / 2, (side - height) / 2
    return cv2.warpAffine(rgb8, matrix, (side, side), borderValue=(128, 128, 128)), matrix


@pytest.mark.parametrize("degrees", range(0, 360, 30))
def test_five_people_at_every_roll(
    degrees: int, picture: Callable[[str], Rgb8], detector: FaceDetector, mesh: FaceMesh
) -> None:
    rgb8 = picture("multi_face.jpg")
    upright = [face.points[1, :2] for d in detector.find(rgb8) if (face := mesh.face(rgb8, d)) is not None]
    assert len(upright) == 5
    turned_picture, matrix = turned(rgb8, degrees)
    found = detector.find(turned_picture)
    assert len(found) == 5
    for nose in upright:
        where = matrix @ [*nose, 1]
        nearest = min(found, key=lambda d: float(np.linalg.norm(d.points_xy_px[2] - where)))
        side = float(nearest.box_xywh_px[2:].max())
        assert np.linalg.norm(nearest.points_xy_px[2] - where) < 0.35 * side
        face = mesh.face(turned_picture, nearest)
        assert face is not None
        assert np.linalg.norm(face.points[1, :2] - where) < 0.08 * side
        roll = np.degrees(region_of_points(face.points).angle_rad)
        assert abs((roll + degrees + 180) % 360 - 180) < 25


@pytest.mark.parametrize("side", [24, 60, 400])
def test_faces_of_many_sizes(side: int, picture: Callable[[str], Rgb8], detector: FaceDetector) -> None:
    rgb8 = picture("astronaut.png")
    scale = side / 108  # the face is 108 pixels wide
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    found = detector.find(cv2.resize(rgb8, None, fx=scale, fy=scale, interpolation=how))
    assert len(found) == 1
    assert 0.6 * side < found[0].box_xywh_px[2] < 1.6 * side


def test_a_face_in_the_corner_of_a_large_picture(picture: Callable[[str], Rgb8], detector: FaceDetector) -> None:
    small = cv2.resize(picture("astronaut.png"), (160, 160), interpolation=cv2.INTER_AREA)
    large = np.full((2200, 3000, 3), 90, np.uint8)
    large[2030:2190, 2830:2990] = small
    (found,) = detector.find(large)
    assert (found.box_xywh_px[:2] > (2830, 2030)).all()


@pytest.mark.parametrize("hw", [(8, 8), (9, 400), (300, 300)])
def test_no_face_is_no_find(hw: tuple[int, int], detector: FaceDetector) -> None:
    noise = np.random.default_rng(5).integers(0, 255, (*hw, 3), np.uint8)
    assert detector.find(noise) == []
    assert detector.find_quickly(noise) == []


def test_the_largest_comes_first(picture: Callable[[str], Rgb8], detector: FaceDetector) -> None:
    areas = [float(d.box_xywh_px[2] * d.box_xywh_px[3]) for d in detector.find(picture("multi_face.jpg"))]
    assert areas == sorted(areas, reverse=True)


def row(x: float, y: float, side: float, score: float) -> np.ndarray:
    return np.array([x, y, side, side, *[0] * 10, score], np.float32)


def test_of_finds_on_one_face_the_surest_stays() -> None:
    kept = merge_finds([row(0, 0, 100, 0.8), row(5, 5, 100, 0.9), row(300, 0, 50, 0.7), row(310, 10, 20, 0.6)])
    assert [float(r[14]) for r in kept] == pytest.approx([0.9, 0.7])


@pytest.mark.parametrize(
    ("other", "union", "smaller"),
    [((0, 0, 10, 10), 1, 1), ((20, 0, 10, 10), 0, 0), ((5, 0, 10, 10), 1 / 3, 0.5), ((2, 2, 5, 5), 0.25, 1)],
)
def test_overlap(other: tuple[float, ...], union: float, smaller: float) -> None:
    assert overlap(np.array([0, 0, 10, 10.0]), np.array(other, float)) == pytest.approx((union, smaller))


def test_a_detection_moves_with_its_points() -> None:
    found = Detection(np.array([1, 2, 3, 4], np.float32), np.ones((5, 2), np.float32), 0.9)
    moved = shift_detection(found, 10, 20)
    assert moved.box_xywh_px.tolist() == [11, 22, 3, 4]
    assert (moved.points_xy_px == (11, 21)).all()
    assert found.box_xywh_px.tolist() == [1, 2, 3, 4]
