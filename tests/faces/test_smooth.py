"""Steady points: noise goes, movement stays, nothing crosses a reset."""

from __future__ import annotations

import numpy as np

from bonaface.faces.smooth import OneEuro

SIZE_PX = 100.0


def test_the_first_value_comes_back_as_it_is() -> None:
    value = np.random.default_rng(0).normal(size=(478, 3)).astype(np.float32)
    assert np.array_equal(OneEuro().step(value, 0.0, SIZE_PX), value)


def test_a_value_that_stands_still_stays() -> None:
    smooth, value = OneEuro(), np.full((5, 2), 7, np.float32)
    for k in range(20):
        assert np.allclose(smooth.step(value, k / 30, SIZE_PX), value)


def test_noise_is_reduced() -> None:
    rng, smooth = np.random.default_rng(1), OneEuro()
    noisy = rng.normal(0, 0.3, (200, 50, 2)).astype(np.float32)
    steady = np.stack([smooth.step(value, k / 30, SIZE_PX) for k, value in enumerate(noisy)])
    assert np.diff(steady[20:], axis=0).std() < 0.5 * np.diff(noisy[20:], axis=0).std()


def test_quick_movement_lags_by_little() -> None:
    smooth = OneEuro()
    path = [np.full((1, 2), 4.0 * k, np.float32) for k in range(60)]  # 120 pixels, more than a face, a second
    out = [smooth.step(value, k / 30, SIZE_PX) for k, value in enumerate(path)]
    assert np.abs(out[-1] - path[-1]).max() < 2, "half a frame"


def test_nothing_is_remembered_across_a_reset() -> None:
    smooth = OneEuro()
    smooth.step(np.zeros((1, 2), np.float32), 0.0, SIZE_PX)
    smooth.reset()
    assert (smooth.step(np.full((1, 2), 50, np.float32), 1 / 30, SIZE_PX) == 50).all()


def test_the_frame_rate_does_not_change_how_steady_it_is() -> None:
    left = []
    for rate in (15, 60):
        smooth = OneEuro()
        smooth.step(np.zeros((1, 1), np.float32), 0.0, SIZE_PX)
        for k in range(1, rate // 3 + 1):
            value = smooth.step(np.full((1, 1), 2.0, np.float32), k / rate, SIZE_PX)
        left.append(2 - float(value[0, 0]))
    assert abs(left[0] - left[1]) < 0.4
