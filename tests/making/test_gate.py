"""The gate: the better one by held-out frames, and only beyond chance."""

import numpy as np
import pytest

from bonaface.making.canvas import Canvas
from bonaface.making.gate import Score, is_better, score_avatar, score_painter
from bonaface.making.painter import Painter
from bonaface.making.prior import load_prior


def score(errors, movement=0.8):
    return Score(np.asarray(errors, float), movement, 0.5)


def canvas(true, shown):
    count, side = len(true), true.shape[1]
    geometry = np.zeros((count, 6, side // 2, side // 2), np.float32)
    weight = np.ones((count, side, side), np.float32)
    return Canvas(true, shown[None], geometry, np.zeros((count, 1), np.float32), weight)


def test_a_clear_gain_wins_and_chance_does_not():
    noise = np.random.default_rng(0).normal(0, 1, 40)
    assert is_better(score(5 + 0.1 * noise), score(6 - 0.1 * noise))
    assert not is_better(score(5.95 + noise), score(6 - noise))
    assert not is_better(score(6.5 + 0.1 * noise), score(6 - 0.1 * noise))


def test_a_texture_that_stands_still_does_not_win():
    assert not is_better(score([5.0] * 40, movement=0.5), score([6.0] * 40, movement=0.8))


def test_the_error_leaves_colour_out_and_counts_what_moves():
    rng = np.random.default_rng(1)
    true = rng.integers(60, 180, (6, 16, 16, 3)).astype(np.uint8)
    same = score_avatar(canvas(true, true + np.uint8(20)))
    assert same.error == pytest.approx(0, abs=1e-4)
    assert same.movement == pytest.approx(1, abs=1e-5)
    still = score_avatar(canvas(true, np.repeat(true.mean(0, keepdims=True), 6, 0).astype(np.uint8)))
    assert still.error > 20
    assert still.movement == pytest.approx(0, abs=1e-5)


def test_a_painter_is_judged_on_what_it_paints():
    painter = Painter("eyes", load_prior(), 150.0)
    side = painter.patches[0].side
    true = np.random.default_rng(2).integers(60, 180, (4, side, side, 3)).astype(np.uint8)
    words = painter.patches[0].code(np.zeros((478, 3), np.float32), np.zeros(3), load_prior().codes, 150.0)
    held = canvas(true, true)
    held = Canvas(true, held.shown, held.geometry, np.tile(words, (4, 1)), held.weight)
    found = score_painter(held, painter)
    assert 0 <= found.share <= 1
    assert found.error > 0
