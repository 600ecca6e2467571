import cv2
import numpy as np
import pytest

from bonaface.bench.ceiling import match_colours, nearest_look, paste, pasted
from bonaface.bench.outlines import outline_mask
from bonaface.faces.pose import load_canonical_face


@pytest.fixture(scope="module")
def reference():
    return load_canonical_face().points


def seen(reference, yaw_deg=0.0, roll_deg=0.0, scale=1.5, at=(120, 110)):
    y, r = np.radians([yaw_deg, roll_deg])
    turn_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    turn_r = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    return (scale * reference @ (turn_r @ turn_y).T + (*at, 0)).astype(np.float32)


def test_the_most_alike_look_is_chosen_by_turn_and_mouth_whatever_the_roll(reference):
    candidates = np.stack([seen(reference, yaw) for yaw in (-30, -10, 10, 30)])
    wanted = np.stack([seen(reference, 12, roll_deg=25), seen(reference, -28)])
    assert nearest_look(wanted, candidates, reference).tolist() == [2, 0]
    open_mouth = reference.copy()
    open_mouth[14] += (0, 30, 0)
    assert nearest_look(seen(open_mouth, 2)[None], np.stack([seen(reference), seen(open_mouth)]), reference) == [1]


def test_a_face_pasted_onto_itself_changes_nothing(reference):
    rng = np.random.default_rng(0)
    frame = cv2.GaussianBlur(rng.integers(0, 255, (220, 240, 3), np.uint8), (0, 0), 3)
    points = seen(reference)
    again = next(pasted([frame], points[None], [frame], points[None], reference, "oval"))
    assert np.abs(again.astype(int) - frame).max() <= 3  # cubic resampling by a hair's breadth


def test_the_paste_fills_the_outline_from_the_other_picture_and_leaves_the_surroundings(reference):
    frame = np.full((220, 240, 3), 90, np.uint8)
    frame[::2] = 110
    points = seen(reference)
    small = seen(reference, scale=0.9, at=(60, 70))
    columns = np.arange(140)
    real = np.broadcast_to((60 + 100 * (columns // 6 % 2)).astype(np.uint8)[None, :, None], (140, 140, 3)).copy()
    out = paste(frame, points, real, small, "wide")
    far = cv2.dilate(outline_mask(points, (220, 240), "wide"), np.ones((15, 15), np.uint8)) == 0
    np.testing.assert_array_equal(out[far], frame[far])
    inner = cv2.erode(outline_mask(points, (220, 240)), np.ones((15, 15), np.uint8)) > 0
    across = np.abs(np.diff(out.astype(int)[..., 0], axis=1))[inner[:, 1:]].mean()
    down = np.abs(np.diff(out.astype(int)[..., 0], axis=0))[inner[1:]].mean()
    assert across > 5 * down  # the other picture's upright stripes, not the frame's level ones


def test_colours_take_the_targets_mean_and_keep_their_own_contrast():
    rng = np.random.default_rng(1)
    grey = np.clip(rng.normal(100, 10, (80, 80, 1)), 0, 255).astype(np.uint8).repeat(3, 2)
    warm = np.clip(rng.normal((170, 120, 90), 20, (80, 80, 3)), 0, 255).astype(np.uint8)
    out = match_colours(grey, warm, np.full((80, 80), 255, np.uint8))
    np.testing.assert_allclose(out.mean((0, 1)), warm.mean((0, 1)), atol=1)
    assert out[..., 0].std() == pytest.approx(grey[..., 0].std(), rel=0.02)
    np.testing.assert_array_equal(match_colours(grey, warm, np.zeros((80, 80), np.uint8)), grey)
