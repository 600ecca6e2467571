"""The inside of a mouth that the person was never filmed with is the target's own."""

from __future__ import annotations

import cv2
import numpy as np

from bonaface.making.gradual import LEAST_SHARE, Gradual
from bonaface.making.layout import Layout
from bonaface.making.raster import interpolate, sample
from bonaface.terms.arrays import Floats


class Mouth:
    """What lies between the lips in a layout; lends it little by little, so that it never flickers."""

    def __init__(self, layout: Layout) -> None:
        """Begin with nothing lent."""
        between = cv2.GaussianBlur(layout.mouth, (0, 0), layout.size / 170)
        rows, columns = np.flatnonzero(between.any(1)), np.flatnonzero(between.any(0))
        self._part = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
        self._between = between[self._part].astype(np.float32)[..., None] / 255
        self._corner = np.ascontiguousarray(layout.corner[self._part])
        self._weight = np.ascontiguousarray(layout.weight[self._part])
        self._lent = Gradual()

    def restart(self) -> None:
        """Forget what was lent: the next frame begins anew."""
        self._lent.restart()

    def lend(self, texture: Floats, below: Floats, old: Floats, beyond: float) -> None:
        """Mix the target's mouth into ``texture`` (size, size, 3), in place.

        Args:
            below: (H, W, 3) float32 0..255, the frame; old: (550, 3) the target's vertices in its pixels.
            beyond: how far it is of what was never filmed (see `making.features.Features.beyond`).
        """
        lent = self._lent.towards(beyond)
        if lent < LEAST_SHARE:
            return
        theirs = sample(below, interpolate(self._corner, self._weight, np.ascontiguousarray(old[:, :2], np.float32)))
        texture[self._part] += (self._between * np.float32(lent)) * (theirs - texture[self._part])
