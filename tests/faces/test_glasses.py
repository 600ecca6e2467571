"""Whether somebody wears glasses, from masks that are drawn over a real mesh."""

import cv2
import numpy as np
import pytest

from bonaface.faces.detect import FaceDetector
from bonaface.faces.glasses import below_eyes, spare_eyes, wears
from bonaface.faces.mesh import FaceMesh

EYES = ((33, 133), (263, 362))


@pytest.fixture(scope="module")
def face(picture, detector: FaceDetector, mesh: FaceMesh) -> tuple[tuple[int, int], np.ndarray]:
    rgb8 = picture("astronaut.png")
    return rgb8.shape[:2], mesh.face(rgb8, detector.find(rgb8)[0]).points[:, :2]


def rims(hw: tuple[int, int], points: np.ndarray, thickness: int) -> np.ndarray:
    mask = np.zeros(hw, np.float32)
    for inner, outer in EYES:
        reach = 0.75 * np.linalg.norm(points[inner] - points[outer])
        middle = np.round((points[inner] + points[outer]) / 2).astype(int).tolist()
        cv2.circle(mask, middle, round(reach), 1.0, thickness)
    return mask


def test_rims_run_below_the_eyes_and_brows_do_not(face: tuple[tuple[int, int], np.ndarray]) -> None:
    hw, points = face
    assert below_eyes(rims(hw, points, 1), points) == 1.0
    brows = np.zeros(hw, np.float32)
    cv2.polylines(brows, [np.round(points[[70, 105, 107, 336, 334, 300]]).astype(np.int32)], False, 1.0, 3)
    assert below_eyes(brows, points) == 0.0


def test_one_eye_is_enough_where_the_other_is_turned_away(face: tuple[tuple[int, int], np.ndarray]) -> None:
    hw, points = face
    one = rims(hw, points, 1)
    one[:, : round(float(points[1, 0]))] = 0
    assert below_eyes(one, points) == 1.0


def test_many_looks_may_each_be_less_plain_than_one() -> None:
    assert wears([1.0])
    assert not wears([0.5])
    assert wears([0.0, 0.67, 0.0, 0.5, 0.5, 0.17, 0.0, 0.67])
    assert not wears([0.0] * 9 + [0.67])
    assert not wears([])


def test_eyes_are_spared_behind_clear_lenses_alone(face: tuple[tuple[int, int], np.ndarray]) -> None:
    hw, points = face
    clear, dark = rims(hw, points, 2), rims(hw, points, -1)
    lids = np.round(points[[159, 145, 386, 374]]).astype(int)
    clear[lids[:, 1], lids[:, 0]] = 1
    before = dark.copy()
    spare_eyes(clear, points)
    spare_eyes(dark, points)
    assert (clear[lids[:, 1], lids[:, 0]] < 0.5).all()
    assert (dark == before).all()
