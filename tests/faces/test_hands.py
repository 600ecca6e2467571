"""Hands: found where one is, nowhere else, and drawn where its points are."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from bonaface.faces.hands import Hand, HandFinder, hand_mask, region_of_hand
from bonaface.faces.track import FaceTracker
from bonaface.terms.arrays import Rgb8

CLIP = "WolfgangLanger_Pexels.mp4"  # the hand is in the picture in the frames 60 to 230


@pytest.fixture(scope="module")
def finder() -> HandFinder:
    return HandFinder(num_threads=1)


@pytest.mark.parametrize("number", [60, 72])
def test_a_hand_before_the_face_is_found(number: int, clip: Callable[..., list[Rgb8]], finder: HandFinder) -> None:
    rgb8 = clip(CLIP, number, number + 1)[0]
    hands = finder.find(rgb8)
    assert len(hands) == 1
    assert hands[0].presence > 0.8
    again = finder.read(rgb8, region_of_hand(hands[0]))
    size = float(np.ptp(hands[0].points[:, :2], axis=0).max())
    assert np.linalg.norm((again.points - hands[0].points)[:, :2], axis=1).mean() < 0.1 * size


@pytest.mark.parametrize("number", [0, 30, 260, 400])
def test_where_no_hand_is_none_is_found(number: int, clip: Callable[..., list[Rgb8]], finder: HandFinder) -> None:
    assert finder.find(clip(CLIP, number, number + 1)[0]) == []


def test_other_peoples_pictures_show_no_hands(clip: Callable[..., list[Rgb8]], finder: HandFinder) -> None:
    assert finder.find(clip("single_face.mp4", 0, 1)[0]) == []


@pytest.mark.parametrize("number", [72, 180, 200, 220])
def test_a_hand_that_lies_on_the_face_from_the_first_frame_is_found(
    number: int, clip: Callable[..., list[Rgb8]], as_frames: Callable
) -> None:
    tracker = FaceTracker(blendshapes=False, num_threads=1)
    assert tracker.step(as_frames(clip(CLIP, number, number + 1))[0]).covers is not None


def test_the_tracker_gives_the_hand_as_a_cover(clip: Callable[..., list[Rgb8]], as_frames: Callable) -> None:
    tracker = FaceTracker(blendshapes=False, num_threads=1)
    with_hand = [tracker.step(frame) for frame in as_frames(clip(CLIP, 180, 184))]
    for tracked in with_hand[-3:]:
        assert tracked.covers is not None
        assert 0.01 < (tracked.covers > 0).mean() < 0.3
        assert tracked.covers.dtype == np.uint8 and set(np.unique(tracked.covers)) == {0, 255}
    tracker = FaceTracker(blendshapes=False, num_threads=1)
    assert all(tracker.step(frame).covers is None for frame in as_frames(clip(CLIP, 0, 6)))


def test_the_mask_covers_fingers_and_palm_and_little_else() -> None:
    wrist, up = np.array([100.0, 180.0]), np.array([0.0, -1.0])
    points = [wrist]
    for finger, x in enumerate((60, 80, 100, 120, 140)):
        base = np.array([x, 120.0 + 10 * abs(finger - 2)])
        points += [base + up * step for step in (0, 20, 35, 48)]
    flat = np.array(points)
    hand = Hand(np.column_stack([flat, np.zeros(21)]).astype(np.float32), 1.0)
    mask = hand_mask([hand], (220, 220))
    assert all(mask[round(y), round(x)] == 255 for x, y in flat)
    assert mask[140, 100] == 255, "the palm is filled"
    assert mask[:40].max() == mask[:, :25].max() == mask[:, 190:].max() == 0
    assert 0.08 < (mask > 0).mean() < 0.3


def test_no_hand_is_an_empty_mask() -> None:
    assert not hand_mask([], (10, 20)).any()
