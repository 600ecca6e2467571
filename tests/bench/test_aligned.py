"""Faces cut out upright and pasted back."""

import cv2
import numpy as np
import pytest

from bonaface.bench.aligned import ROOMY_PX, SIZE_PX, align, match_statistics, paste_back
from bonaface.bench.outlines import outline_mask
from bonaface.faces.pose import load_canonical_face


def face_at(x: float, y: float, width: float, roll_deg: float = 0.0) -> np.ndarray:
    """The canonical face in pixels of a picture."""
    points = load_canonical_face().points * width / 100
    turn = np.radians(roll_deg)
    flat = points[:, :2] @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    return np.column_stack([flat + np.array([x, y]), points[:, 2]]).astype(np.float32)


@pytest.fixture(scope="module")
def frame() -> np.ndarray:
    noise = np.random.default_rng(3).integers(0, 256, (240, 320, 3), np.uint8)
    return cv2.GaussianBlur(noise, (0, 0), 4)


@pytest.mark.parametrize(("width", "roll_deg"), [(60, 0), (60, 30), (110, -20)])
def test_the_face_fills_the_crop_alike_however_it_lies(frame, width, roll_deg):
    face = align(frame, face_at(160, 120, width, roll_deg))
    rows, columns = np.flatnonzero(face.oval.any(1)), np.flatnonzero(face.oval.any(0))
    assert face.rgb.shape == (SIZE_PX, SIZE_PX, 3)
    assert len(rows) == pytest.approx(0.8 * SIZE_PX, abs=3)
    for inside in (rows, columns):
        assert inside.mean() == pytest.approx((SIZE_PX - 1) / 2, abs=2)


def test_a_roomy_crop_shows_the_same_in_its_middle(frame):
    points = face_at(160, 120, 60, 10)
    tight, roomy = align(frame, points), align(frame, points, ROOMY_PX)
    room = (ROOMY_PX - SIZE_PX) // 2
    middle = roomy.rgb[room:-room, room:-room]
    assert np.abs(middle.astype(int) - tight.rgb).max() <= 2
    assert (roomy.oval[room:-room, room:-room] != tight.oval).mean() < 0.02


def test_the_own_crop_pasted_back_changes_nothing_to_speak_of_and_nothing_outside(frame):
    points = face_at(160, 120, 90, 15)
    face = align(frame, points)
    out, touched = paste_back(frame, points, face, face.rgb)
    assert np.abs(out.astype(int) - frame).mean() < 1
    assert (out[touched == 0] == frame[touched == 0]).all()
    assert touched[outline_mask(points, frame.shape[:2]) == 0].max() == 0, "nothing beyond the outline"
    assert touched.any()


def test_what_is_pasted_lies_in_the_middle_and_fades_at_the_edge(frame):
    points = face_at(160, 120, 90)
    face = align(frame, points)
    painted = np.ascontiguousarray(face.rgb[:, ::-1])
    out, touched = paste_back(frame, points, face, painted)
    away = np.abs(out.astype(int) - frame).max(-1)
    rim = (touched > 0) & (cv2.erode(touched, np.ones((5, 5), np.uint8)) == 0)
    inner = cv2.erode(touched, np.ones((25, 25), np.uint8)) > 0
    assert away[rim].mean() < away[inner].mean() / 3


def test_a_face_beyond_the_picture_is_no_failure(frame):
    points = face_at(-200, -200, 60)
    face = align(frame, points)
    out, touched = paste_back(frame, points, face, face.rgb)
    assert (out == frame).all()
    assert not touched.any()


def test_colours_take_the_targets_mean_and_deviation_in_lab():
    rng = np.random.default_rng(1)
    ours = rng.integers(60, 140, (40, 40, 3), np.uint8)
    theirs = rng.integers(100, 200, (40, 40, 3), np.uint8)
    mask = np.zeros((40, 40), np.uint8)
    mask[5:35, 5:35] = 255
    out = match_statistics(ours, theirs, mask)
    lab_out, lab_theirs = (cv2.cvtColor(x.astype(np.float32) / 255, cv2.COLOR_RGB2LAB) for x in (out, theirs))
    inside = mask > 0
    assert lab_out[inside].mean(0) == pytest.approx(lab_theirs[inside].mean(0), abs=1.5)
    assert lab_out[inside].std(0) == pytest.approx(lab_theirs[inside].std(0), rel=0.1)
    assert (match_statistics(ours, theirs, np.zeros_like(mask)) == ours).all()
