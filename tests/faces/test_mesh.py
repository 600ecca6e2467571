"""The mesh: its order, its size, its iris, and the expressions read from it."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from bonaface.faces.detect import FaceDetector
from bonaface.faces.mesh import FaceMesh, region_of_detection, region_of_points
from bonaface.terms.arrays import Rgb8
from bonaface.terms.face import Face

NOSE, CHIN, FOREHEAD, UPPER_LIP, LOWER_LIP = 1, 152, 10, 13, 14
RIGHT_OUTER, RIGHT_INNER, LEFT_INNER, LEFT_OUTER = 33, 133, 362, 263
MOUTH_RIGHT, MOUTH_LEFT = 61, 291
JAW_OPEN, SMILE_LEFT, SMILE_RIGHT = 25, 44, 45


@pytest.fixture(scope="module")
def face(picture: Callable[[str], Rgb8], detector: FaceDetector, mesh: FaceMesh) -> Face:
    rgb8 = picture("astronaut.png")
    found = mesh.face(rgb8, detector.find(rgb8)[0])
    assert found is not None
    return found


def test_shapes_and_types(face: Face) -> None:
    assert (face.points.shape, face.points.dtype) == ((478, 3), np.float32)
    assert (face.blendshapes.shape, face.blendshapes.dtype) == ((52,), np.float32)
    assert 0.99 < face.presence <= 1


def test_points_lie_where_their_names_say(face: Face) -> None:
    x, y = face.points[:, 0], face.points[:, 1]
    assert x[RIGHT_OUTER] < x[RIGHT_INNER] < x[NOSE] < x[LEFT_INNER] < x[LEFT_OUTER], "the person's right is our left"
    assert y[FOREHEAD] < y[RIGHT_OUTER] < y[NOSE] < y[UPPER_LIP] <= y[LOWER_LIP] < y[CHIN]
    assert x[MOUTH_RIGHT] < x[NOSE] < x[MOUTH_LEFT]


def test_the_nose_is_nearer_than_the_ears(face: Face) -> None:
    assert face.points[NOSE, 2] < min(face.points[234, 2], face.points[454, 2])


def test_each_iris_is_round_and_in_its_eye(face: Face) -> None:
    for centre, rim, outer, inner in ((468, range(469, 473), 33, 133), (473, range(474, 478), 263, 362)):
        low, high = sorted((face.points[outer, 0], face.points[inner, 0]))
        assert low < face.points[centre, 0] < high
        radii = np.linalg.norm(face.points[list(rim), :2] - face.points[centre, :2], axis=1)
        assert radii.max() < 1.5 * radii.min()
        assert 0.15 < radii.mean() / (high - low) < 0.4


def test_detected_eyes_and_mouth_agree_with_the_mesh(
    picture: Callable[[str], Rgb8], detector: FaceDetector, mesh: FaceMesh
) -> None:
    rgb8 = picture("multi_face.jpg")
    for found in detector.find(rgb8):
        face = mesh.face(rgb8, found)
        assert face is not None
        ours = np.stack([face.points[[468, 473, 1, 61, 291], 0], face.points[[468, 473, 1, 61, 291], 1]], 1)
        assert np.linalg.norm(ours - found.points_xy_px, axis=1).max() < 0.15 * found.box_xywh_px[2]


def test_blendshapes_are_shares_and_follow_a_smile(
    clip: Callable[..., list[Rgb8]], detector: FaceDetector, mesh: FaceMesh
) -> None:
    calm, grinning = clip("single_face.mp4", 0, 72, 50)
    shapes = []
    for rgb8 in (calm, grinning):
        face = mesh.face(rgb8, detector.find(rgb8)[0])
        assert face is not None
        shapes.append(face.blendshapes)
    assert np.min(shapes) >= 0
    assert np.max(shapes) <= 1
    for smile in (SMILE_LEFT, SMILE_RIGHT):
        assert shapes[1][smile] > shapes[0][smile] + 0.3


def test_the_mesh_moves_with_the_picture(picture: Callable[[str], Rgb8], mesh: FaceMesh, face: Face) -> None:
    rgb8 = picture("astronaut.png")
    moved = np.roll(rgb8, (17, -23), (0, 1))
    region = region_of_points(face.points)
    there, _ = mesh.read(rgb8, region)
    shifted = type(region)(region.centre_xy_px + np.array([-23, 17]), region.side_px, region.angle_rad)
    here, _ = mesh.read(moved, shifted)
    assert np.abs(here[:, :2] - there[:, :2] - (-23, 17)).max() < 0.01


def test_a_face_half_the_size_has_half_the_mesh(
    picture: Callable[[str], Rgb8], detector: FaceDetector, mesh: FaceMesh, face: Face
) -> None:
    small = cv2.resize(picture("astronaut.png"), None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    half = mesh.face(small, detector.find(small)[0])
    assert half is not None
    width = float(np.ptp(face.points[:, 0]))
    assert np.abs(half.points[:, :2] * 2 - face.points[:, :2]).mean() < 0.015 * width
    assert np.ptp(half.points[:, 2]) * 2 == pytest.approx(float(np.ptp(face.points[:, 2])), rel=0.1)


def test_where_no_face_is_there_is_no_mesh(mesh: FaceMesh, detector: FaceDetector, picture: Callable) -> None:
    found = detector.find(picture("astronaut.png"))[0]
    assert mesh.face(np.full((512, 512, 3), 120, np.uint8), found) is None


def test_a_detections_region_is_turned_like_its_face(picture: Callable[[str], Rgb8], detector: FaceDetector) -> None:
    rgb8 = picture("astronaut.png")
    upright = region_of_detection(detector.find(rgb8)[0]).angle_rad
    for quarter in (1, 2, 3):
        turned = region_of_detection(detector.find(np.ascontiguousarray(np.rot90(rgb8, -quarter)))[0]).angle_rad
        off = (turned - upright - quarter * np.pi / 2 + np.pi) % (2 * np.pi) - np.pi
        assert abs(off) < np.radians(20)
