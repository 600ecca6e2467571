"""How a face moves: what jerks and what flickers raises its figure."""

import numpy as np
import pytest

from bonaface.checking.crop import TEMPLATE
from bonaface.checking.motion import Motion

SIDE = 96


def mesh(jitter, rng):
    points = np.zeros((478, 3), np.float32)
    five = TEMPLATE * SIDE + 20 + rng.normal(0, jitter, (5, 2))
    for group, place in zip(((159, 145), (386, 374), (1, 4), (61, 185), (291, 409)), five, strict=True):
        points[list(group), :2] = place
    return points


def seen(jitter=0.0, flicker=0.0, frames=20):
    rng = np.random.default_rng(3)
    base = rng.integers(60, 190, (140, 140, 3)).astype(np.float32)
    axis = (np.arange(140) - 68) / SIDE
    edge = np.abs(np.hypot(*np.meshgrid(axis / 0.4, axis / 0.48)) - 0.97) < 0.1
    motion = Motion()
    for k in range(frames):
        frame = base + edge[..., None] * (flicker if k % 2 else 0)
        motion.step(np.clip(frame, 0, 255).astype(np.uint8), mesh(jitter, rng))
    return motion


def test_a_face_that_stands_still_does_not_jerk():
    assert seen().jerk.value() == pytest.approx(0, abs=1e-5)
    assert seen(jitter=0.5).jerk.value() > 0.005


def test_a_flickering_outline_shows_in_the_seam():
    assert seen(flicker=40).seam.value() > 2 * seen().seam.value()


def test_of_nothing_there_is_no_figure():
    assert Motion().jerk.value() is None
    assert seen(frames=1).seam.value() is None
