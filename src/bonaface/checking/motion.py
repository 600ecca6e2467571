"""How a face moves and flickers through a clip: shown as evidence, without weight.

Kept as running sums, so that memory does not grow with the clip.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from bonaface.checking.crop import face_crop
from bonaface.faces.embed import five_points
from bonaface.terms.arrays import Floats, Rgb8

_SIDE_PX = 64


@dataclass(slots=True)
class Mean:
    """A running mean."""

    count: int = 0
    total: float = 0.0

    def add(self, value: float) -> None:
        """Take one more value."""
        self.count += 1
        self.total += value

    def value(self) -> float | None:
        """Return the mean, None of nothing."""
        return self.total / self.count if self.count else None


@dataclass(slots=True, eq=False)
class Motion:
    """``jerk``: third difference of the five points, in shares of the eyes' distance, once the head's own path is taken
    out; ``seam``: change between frames along the edge of the face against the change inside it.
    """

    jerk: Mean = field(default_factory=Mean)
    seam: Mean = field(default_factory=Mean)
    _shapes: list[Floats] = field(default_factory=list)
    _before: Floats | None = None

    def step(self, rgb8: Rgb8, mesh: Floats) -> None:
        """Take the next frame; ``mesh`` (478, 2 or 3) in its pixels."""
        points = five_points(mesh).astype(np.float64)
        shape = (points - points.mean(0)) / max(float(np.linalg.norm(points[0] - points[1])), 1.0)
        self._shapes = [*self._shapes[-3:], shape]
        if len(self._shapes) == 4:
            self.jerk.add(float(np.abs(np.diff(np.stack(self._shapes), n=3, axis=0)).mean()))
        small = cv2.cvtColor(face_crop(rgb8, mesh, _SIDE_PX)[0], cv2.COLOR_RGB2GRAY).astype(np.float32)
        if self._before is not None:
            change = np.abs(small - self._before)
            edge, inside = _edge_and_inside()
            self.seam.add(float((change[edge].mean() + 0.5) / (change[inside].mean() + 0.5)))
        self._before = small


def _edge_and_inside() -> tuple[np.ndarray, np.ndarray]:
    axis = (np.arange(_SIDE_PX) + 0.5) / _SIDE_PX - 0.5
    reach = np.hypot(*np.meshgrid(axis / 0.4, axis / 0.48))
    return (reach > 0.85) & (reach < 1.1), reach < 0.7
