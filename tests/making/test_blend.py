"""Mixing against the formula written down in numpy."""

import numpy as np
import pytest

from bonaface.making.blend import blend

HW = (30, 40)


@pytest.mark.parametrize(("kind", "unit"), [(np.uint8, 1), (np.uint16, 257)])
def test_pixels_are_the_formulas_and_only_those_that_count_are_written(kind, unit):
    noise = np.random.default_rng(0)
    base, layer = (noise.uniform(-20, 275, (*HW, 3)).astype(np.float32) for _ in range(2))
    fine = noise.normal(0, 5, HW).astype(np.float32)
    alpha = noise.uniform(0, 1, HW).astype(np.float32)
    alpha[:, :15] = 0
    drawn = np.zeros(HW, bool)
    drawn[:10, :5] = True
    region = noise.integers(0, 255 * unit, (*HW, 3)).astype(kind)
    before = region.copy()
    touched = blend(region, base, layer, fine, alpha, drawn)
    wanted = np.clip(np.round((base + alpha[..., None] * (layer + fine[..., None] - base)) * unit), 0, 255 * unit)
    written = touched > 0
    np.testing.assert_array_equal(written, (alpha > 0.002) | drawn)
    np.testing.assert_array_equal(region[~written], before[~written])
    assert np.abs(region[written].astype(int) - wanted[written]).max() <= 1


def test_nothing_drawn_in_is_nothing_moved():
    region = np.full((*HW, 3), 7, np.uint8)
    nothing = np.zeros(HW, np.float32)
    touched = blend(region, np.zeros((*HW, 3), np.float32), np.zeros((*HW, 3), np.float32), nothing, nothing, None)
    assert not touched.any()
    assert (region == 7).all()
