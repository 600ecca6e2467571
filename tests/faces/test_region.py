"""Turned squares and the way back; proportions."""

from __future__ import annotations

import numpy as np
import pytest

from bonaface.faces.crop import crop_face
from bonaface.faces.pose import load_canonical_face
from bonaface.faces.proportion import LARGEST_IRIS, iris_share
from bonaface.faces.region import Region, crop_region, points_to_picture


def spotted(x: int, y: int) -> np.ndarray:
    rgb8 = np.zeros((300, 400, 3), np.uint8)
    rgb8[y - 2 : y + 3, x - 2 : x + 3] = 255
    return rgb8


@pytest.mark.parametrize("angle_deg", [0, 30, 90, -135])
@pytest.mark.parametrize("side", [60, 128, 290])
def test_a_spot_in_the_crop_leads_back_to_the_picture(angle_deg: float, side: float) -> None:
    region = Region(np.array([190.0, 140.0]), side, np.radians(angle_deg))
    x, y = 200, 150
    crop, back = crop_region(spotted(x, y), region, 128)
    rows, columns = np.nonzero(crop[..., 0] > 100)
    found = points_to_picture(np.array([[columns.mean(), rows.mean(), 4.0]]), back)
    assert found[0, :2] == pytest.approx((x, y), abs=0.7)
    assert found[0, 2] == pytest.approx(4 * side / 128)


def test_a_region_turned_like_a_face_shows_it_upright() -> None:
    rgb8 = np.zeros((200, 200, 3), np.uint8)
    rgb8[:, 100:] = 255  # a head lying on its side: its chin points to the right
    crop, _ = crop_region(rgb8, Region(np.array([100.0, 100.0]), 80, np.radians(-90)), 64)
    assert crop[:28].mean() < 5 and crop[36:].mean() > 250


def test_a_huge_region_is_shrunk_without_aliasing() -> None:
    checks = (np.indices((1200, 1200)).sum(0) % 2 * 255).astype(np.uint8)
    crop, _ = crop_region(np.repeat(checks[..., None], 3, 2), Region(np.array([600.0, 600.0]), 1100, 0.0), 64)
    assert np.abs(crop[4:-4, 4:-4].astype(int) - 127).max() < 8


@pytest.mark.parametrize("most", [None, 50])
def test_a_face_is_cut_out_with_its_mesh(most: int | None) -> None:
    rng = np.random.default_rng(0)
    points = np.concatenate([rng.uniform(0, 60, (476, 3)), [[0, 0, 0], [60, 60, 0]]]) + np.array([150, 120, 0])
    rgb8 = spotted(180, 150)
    crop, moved = crop_face(rgb8, points.astype(np.float32), most)
    assert max(crop.shape[:2]) == (most or 132)
    rows, columns = np.nonzero(crop[..., 0] > 60)
    scale = float(np.ptp(moved[:, 0])) / 60
    assert columns.mean() == pytest.approx(moved[476, 0] + 30 * scale, abs=1)
    assert rows.mean() == pytest.approx(moved[476, 1] + 30 * scale, abs=1)


def test_a_face_at_the_border_gives_what_there_is() -> None:
    points = np.random.default_rng(0).uniform(-20, 40, (478, 3)).astype(np.float32)
    crop, _ = crop_face(np.zeros((100, 100, 3), np.uint8), points)
    assert min(crop.shape[:2]) > 30


def test_a_person_has_a_persons_eyes_and_a_drawn_one_has_not() -> None:
    face = load_canonical_face().points
    assert iris_share(face[None], face) < LARGEST_IRIS
    drawn = face.copy()
    for centre in (468, 473):
        drawn[centre : centre + 5] = face[centre] + 1.6 * (face[centre : centre + 5] - face[centre])
    assert iris_share(np.stack([drawn, drawn * 3 + 20]), face) > LARGEST_IRIS
