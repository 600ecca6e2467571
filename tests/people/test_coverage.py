"""Coverage counts what was filmed by direction, expression, light and mouth, and says what is missing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bonaface.faces.pose import load_canonical_face
from bonaface.people.coverage import coverage_of
from bonaface.people.coverage_sheet import draw_coverage
from bonaface.people.face_set import FaceSet, crop_name

JAW, SMILES, BLINKS, FROWN = 25, [44, 45], [9, 10], 1


def face_set(
    folder: Path,
    yaw_deg: list[float],
    pitch_deg: list[float] | float = 0.0,
    brightness: list[float] | float = 110.0,
    **blendshapes: list[float],
) -> FaceSet:
    """Faces that look where they are told to, with grey crops of 120 x 100."""
    count = len(yaw_deg)
    pitches = np.broadcast_to(np.asarray(pitch_deg, float), count)
    base = load_canonical_face().points
    points = np.zeros((count, 478, 3), np.float32)
    shapes = np.zeros((count, 52), np.float32)
    for k, (yaw, pitch) in enumerate(zip(np.radians(yaw_deg), np.radians(pitches), strict=True)):
        nod = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
        turn = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
        points[k, : len(base)] = base @ (turn @ nod).T * 0.6 + (60, 50, 0)
        Image.new("RGB", (120, 100), (40 + k, 90, 120)).save(folder / crop_name(k))
    for places, values in ((JAW, "jaw"), (SMILES, "smile"), (BLINKS, "blink"), (FROWN, "frown")):
        if values in blendshapes:
            shapes[:, places] = (
                np.asarray(blendshapes[values])[:, None] if values in ("smile", "blink") else blendshapes[values]
            )
    return FaceSet(
        folder,
        np.arange(count),
        points,
        shapes,
        np.ones(count, np.float32),
        np.arange(count) / 25,
        np.zeros(count, np.int64),
        np.linspace(5, 6, count).astype(np.float32),
        np.broadcast_to(np.asarray(brightness, np.float32), count).copy(),
        np.ones(128, np.float32),
    )


def test_directions_are_those_of_the_picture(tmp_path: Path) -> None:
    # Positive yaw turns the nose to the viewer's left, positive pitch looks down.
    seen = coverage_of(face_set(tmp_path, [50, 20, 0, -20, -50, 0, 0], [0, 0, 0, 0, 0, -25, 25]))
    assert seen.counts.tolist() == [[0, 0, 1, 0, 0], [1, 1, 1, 1, 1], [0, 0, 1, 0, 0]]


def test_expression_light_and_mouth_are_counted_apart_from_the_direction(tmp_path: Path) -> None:
    faces = face_set(
        tmp_path,
        [0, 0, 0, 20, 20],
        brightness=[40, 110, 200, 110, 110],
        jaw=[0, 0.15, 0.5, 0, 0.6],
        smile=[0, 0.8, 0, 0, 0],
        frown=[0, 0, 0.9, 0, 0],
        blink=[0, 0, 0, 0.9, 0],
    )
    seen = coverage_of(faces)
    assert seen.seen == {
        "expression": {"calm": 3, "smiling": 1, "grimacing": 1},
        "light": {"dark": 1, "medium": 3, "bright": 1},
        "mouth": {"closed": 2, "ajar": 1, "open": 2},
        "eyes": {"open": 4, "closed": 1},
    }
    assert seen.table.shape == (3, 5, 3, 3, 3)
    assert seen.table.sum() == 5
    assert seen.table[1, 1, 0, 1, 2] == 1, "turned, calm, medium light, mouth open"


@pytest.mark.parametrize(
    ("faces", "says"),
    [
        ({"yaw_deg": [0.0] * 3}, "at least 5"),
        ({"yaw_deg": [0.0] * 30}, "half a minute"),
        ({"yaw_deg": [0.0] * 50 + [20.0] * 20}, "to the right of the picture"),
        ({"yaw_deg": [0.0] * 50 + [-20.0] * 20}, "to the left of the picture"),
        ({"yaw_deg": [0.0] * 70}, "Tilt the head up"),
        ({"yaw_deg": [0.0] * 70}, "Tilt the head down"),
        ({"yaw_deg": [0.0] * 70}, "Open the mouth"),
        ({"yaw_deg": [0.0] * 70}, "Smile widely"),
        ({"yaw_deg": [0.0] * 70}, "Make faces"),
        ({"yaw_deg": [0.0] * 70}, "Blink"),
        ({"yaw_deg": [0.0] * 70}, "one light"),
        ({"yaw_deg": [0.0] * 50 + [20.0] * 20, "jaw": [0.5] * 50 + [0.0] * 20}, "Speak also while the head is turned"),
    ],
)
def test_advice_names_what_is_missing(tmp_path: Path, faces: dict[str, list[float]], says: str) -> None:
    assert any(says in line for line in coverage_of(face_set(tmp_path, **faces)).advice)


def test_nothing_is_advised_where_all_was_filmed(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    count = 300
    faces = face_set(
        tmp_path,
        list(rng.uniform(-40, 40, count)),
        list(rng.uniform(-25, 25, count)),
        list(rng.uniform(30, 220, count)),
        jaw=list(rng.uniform(0, 0.6, count)),
        smile=list(rng.choice([0.0, 0.8], count)),
        frown=list(rng.choice([0.0, 0.8], count)),
        blink=list(rng.choice([0.0, 0.8], count)),
    )
    assert coverage_of(faces).advice == ()


def test_the_picture_shows_what_was_filmed_and_marks_what_was_not(tmp_path: Path) -> None:
    faces = face_set(tmp_path, [0.0, 20.0], jaw=[0.0, 0.6])
    sheet = draw_coverage(faces, "Anna")
    height, width = sheet.rgb.shape[:2]
    assert sheet.rgb.dtype == np.uint8
    colours = sheet.rgb.reshape(-1, 3)
    for crop in ((40, 90, 120), (41, 90, 120)):
        assert (np.abs(colours.astype(int) - crop).max(1) <= 3).sum() > 2 * 90 * 90
    missing, few = (229, 92, 80), (226, 168, 44)
    assert (colours == missing).all(1).sum() > 1000, "the frames of what is missing"
    assert (colours == few).all(1).sum() > 1000, "the frames of what there is little of"
    ((x, y, w, h),) = sheet.face_boxes_xywh_px
    assert (x, y, w) == (0, 0, width)
    assert 60 <= height - h <= 80, "room for the label, which lies on nothing that is to be read"


def test_one_crop_at_the_border_of_a_picture_is_drawn(tmp_path: Path) -> None:
    faces = face_set(tmp_path, [0.0])
    faces.points[..., 0] -= 55
    assert draw_coverage(faces).rgb.std() > 10
