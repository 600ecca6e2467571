"""Traces and quality answer to what they are named after."""

import cv2
import numpy as np
import pytest

from bonaface.checking.quality import quality_of
from bonaface.checking.traces import NAMES, traces

ROWS = {name: k for k, name in enumerate(NAMES)}


@pytest.fixture
def face():
    rng = np.random.default_rng(5)
    soft = cv2.GaussianBlur(rng.normal(128, 60, (192, 192, 3)).astype(np.float32), (0, 0), 9)
    soft = 128 + (soft - 128) * 6
    return np.clip(soft + rng.normal(0, 5, soft.shape), 0, 255).astype(np.uint8)


def inside(face):
    area = np.zeros(face.shape[:2], np.float32)
    cv2.ellipse(area, (96, 96), (69, 84), 0, 0, 360, 1.0, -1)
    return area[..., None]


def test_a_smooth_face_in_a_grainy_picture_shows_in_the_grain(face):
    smooth = cv2.GaussianBlur(face, (0, 0), 2)
    mixed = (face * (1 - inside(face)) + smooth * inside(face)).astype(np.uint8)
    assert traces(mixed)[ROWS["grain"]] < traces(face)[ROWS["grain"]] - 0.5


def test_a_pasted_colour_shows_in_the_step_and_the_border(face):
    mixed = np.clip(face + inside(face) * np.array([50, 0, -30]), 0, 255).astype(np.uint8)
    assert traces(mixed)[ROWS["colour"]] > traces(face)[ROWS["colour"]] + 3
    assert traces(mixed)[ROWS["border"]] > traces(face)[ROWS["border"]]


def test_an_enlarged_face_shows_in_the_spectrum(face):
    small = cv2.resize(cv2.resize(face, (64, 64), interpolation=cv2.INTER_AREA), (192, 192))
    assert traces(small)[ROWS["spectrum"]] > traces(face)[ROWS["spectrum"]] + 1


def test_blur_lowers_detail_and_light_does_not(face):
    plain = quality_of(face, 150.0)
    assert quality_of(cv2.GaussianBlur(face, (0, 0), 3), 150.0).detail < plain.detail - 0.5
    assert quality_of((face * 0.6).astype(np.uint8), 150.0).detail == pytest.approx(plain.detail, abs=0.15)
    assert quality_of((face * 0.6).astype(np.uint8), 150.0).brightness < plain.brightness


@pytest.mark.parametrize("value", [0, 255])
def test_a_flat_crop_gives_figures(value):
    flat = np.full((192, 192, 3), value, np.uint8)
    assert np.isfinite(traces(flat)).all()
    assert np.isfinite(quality_of(flat, 90.0).detail)
