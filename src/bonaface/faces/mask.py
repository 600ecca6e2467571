"""What is before a face through a clip: hair, glasses and other things, steadied from frame to frame."""

from __future__ import annotations

import cv2
import numpy as np

from bonaface.faces.hair import HairFinder, to_picture
from bonaface.terms.arrays import Floats, Mask, Rgb8

_CALM = 0.45  # weight of the new mask where it hardly differs from the one before
_MOVED = 0.25  # a difference from which the new mask counts wholly: a hand that comes must not lag


class MaskFollower:
    """Hair, and all else before one face through a clip, steadied. Belongs to one track and one thread.

    Masks are blended in the upright square around the face, so that a head that moves drags no shadow behind.
    """

    def __init__(self, finder: HairFinder | None = None, *, whether_glasses: bool = True) -> None:
        """Begin before the first frame; several followers of one thread may share a finder.

        ``whether_glasses``: some are worn; else what looks like glasses is none (see `HairFinder.wears`).

        Raises:
            MissingPartError: the model file is missing.
        """
        self._finder = finder or HairFinder()
        self._whether_glasses = whether_glasses
        self._before: Floats | None = None

    def reset(self) -> None:
        """Forget what came before: a new shot begins."""
        self._before = None

    def step(self, rgb8: Rgb8, points: Floats) -> tuple[Mask, Mask]:
        """Return hair in the next frame as `HairFinder.masks` does, and cover and glasses in one."""
        seen, back = self._finder.look(rgb8, points)
        if self._before is not None:
            moved = np.minimum(np.abs(seen - self._before) / _MOVED, 1.0)
            seen = self._before + (_CALM + (1 - _CALM) * moved) * (seen - self._before)
        self._before = seen
        hair, cover, glasses = to_picture(seen, back, (rgb8.shape[0], rgb8.shape[1]))
        return hair, cv2.max(cover, glasses) if self._whether_glasses else cover
