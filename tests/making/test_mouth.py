"""What was never filmed between the lips is lent from the target, little by little."""

import numpy as np
import pytest

from bonaface.making.mouth import Mouth
from bonaface.making.prior import load_prior

LAYOUT = load_prior().layout(128)
VERTICES = np.column_stack([LAYOUT.uv, np.zeros(len(LAYOUT.uv))]).astype(np.float32)  # the face lies flat already
BELOW = np.full((128, 128, 3), 200, np.float32)


def lent(mouth: Mouth, reach: float, frames: int = 1) -> np.ndarray:
    for _ in range(frames):
        texture = np.full((128, 128, 3), 50, np.float32)
        mouth.lend(texture, BELOW, VERTICES, reach)
    return texture


def test_a_mouth_as_it_was_filmed_is_the_persons_own():
    assert (lent(Mouth(LAYOUT), 0.0, 20) == 50).all()


def test_a_mouth_never_filmed_becomes_the_targets_between_the_lips_alone():
    texture = lent(Mouth(LAYOUT), 1.0, 40)
    rows, columns = np.nonzero(LAYOUT.mouth)
    assert texture[int(rows.mean()), int(columns.mean())] == pytest.approx([200] * 3, abs=8)
    assert (texture[LAYOUT.eyes > 0] == 50).all()
    assert texture.max() <= 200


def test_it_comes_and_goes_in_steps():
    mouth = Mouth(LAYOUT)
    rows, columns = np.nonzero(LAYOUT.mouth)
    at = int(rows.mean()), int(columns.mean())
    lent(mouth, 0.0)
    coming = [float(lent(mouth, 1.0)[*at, 0]) for _ in range(10)]
    going = [float(lent(mouth, 0.0)[*at, 0]) for _ in range(10)]
    assert coming == sorted(coming)
    assert going == sorted(going, reverse=True)
    assert max(np.abs(np.diff([50, *coming, *going]))) < 75  # of 150
