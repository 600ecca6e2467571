"""What of a face can be seen: everything but hair, hands and other things before it."""

from __future__ import annotations

import cv2
import numpy as np

from bonaface.faces.hair import HairFinder, to_picture
from bonaface.terms.arrays import Floats, Mask, Rgb8
from bonaface.terms.face import Face

_CALM = 0.45  # weight of the new mask where it hardly differs from the one before
_MOVED = 0.25  # a difference from which the new mask counts wholly: a hand that comes must not lag


def visibility(hair: Mask, *covers: Mask | None) -> Mask:
    """Return (H, W) uint8, 255 where neither hair nor any of ``covers`` hides the face, 0 where one does."""
    hidden = hair
    for cover in covers:
        if cover is not None:
            hidden = cv2.max(hidden, cover)
    return 255 - hidden


class MaskFollower:
    """Hair, cover and visibility of one face through a clip, steadied. Belongs to one track and one thread.

    Masks are blended in the upright square around the face, so that a head that moves drags no shadow behind.
    """

    def __init__(self, finder: HairFinder | None = None) -> None:
        """Begin before the first frame; several followers of one thread may share a finder.

        Raises:
            MissingPartError: the model file is missing.
        """
        self._finder = finder or HairFinder()
        self._before: Floats | None = None

    def reset(self) -> None:
        """Forget what came before: a new shot begins."""
        self._before = None

    def step(self, rgb8: Rgb8, points: Floats) -> tuple[Mask, Mask]:
        """Return hair and cover in the next frame, as `HairFinder.masks` does."""
        seen, back = self._finder.look(rgb8, points)
        if self._before is not None:
            moved = np.minimum(np.abs(seen - self._before) / _MOVED, 1.0)
            seen = self._before + (_CALM + (1 - _CALM) * moved) * (seen - self._before)
        self._before = seen
        return to_picture(seen, back, (rgb8.shape[0], rgb8.shape[1]))

    def visibility(self, rgb8: Rgb8, face: Face, covers: Mask | None = None) -> Mask:
        """Return what can be seen of the face in the next frame; ``covers`` are the hands of `TrackedFrame`."""
        return visibility(*self.step(rgb8, face.points), covers)
