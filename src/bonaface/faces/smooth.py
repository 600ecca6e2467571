"""Steady points over time (Casiez, Roussel, Vogel, "1 euro filter", CHI 2012)."""

from __future__ import annotations

import numpy as np

from bonaface.terms.arrays import Floats

_CUT_HZ = 0.05  # slowest cut-off; with _BETA, what MediaPipe's video mode uses for face meshes
_BETA = 80.0
_SPEED_CUT_HZ = 1.0
_SHORTEST_STEP_S = 1e-3


class OneEuro:
    """Smooths points of any shape; slow points strongly, quick ones hardly."""

    def __init__(self) -> None:
        """Begin with nothing seen."""
        self._value: Floats | None = None
        self._speed: Floats | None = None
        self._time_s = 0.0

    def reset(self) -> None:
        """Forget what was seen: the next value comes back as it is."""
        self._value = None

    def step(self, value: Floats, time_s: float, size_px: float) -> Floats:
        """Return the smoothed points, float32. ``size_px`` is the face's side: speed is measured in sides a second."""
        if self._value is None or self._speed is None:
            self._value, self._speed = value.astype(np.float32), np.zeros(value.shape, np.float32)
        else:
            step_s = max(time_s - self._time_s, _SHORTEST_STEP_S)
            change = value - self._value
            self._speed = self._speed + _share(_SPEED_CUT_HZ, step_s) * (change / (size_px * step_s) - self._speed)
            cut_hz = _CUT_HZ + _BETA * np.abs(self._speed)
            self._value = (self._value + change * (1 - 1 / (1 + 2 * np.pi * step_s * cut_hz))).astype(np.float32)
        self._time_s = time_s
        return self._value


def _share(cut_hz: float, step_s: float) -> float:
    return 1 - 1 / (1 + 2 * np.pi * step_s * cut_hz)
