"""How well a face can be seen: what a verdict can rest on depends on it."""

from __future__ import annotations

import cv2
import numpy as np

from bonaface.terms.arrays import Rgb8
from bonaface.terms.finding import Quality

_FINE_PX = 1.0
_LEAST = 1e-3


def quality_of(crop: Rgb8, face_px: float) -> Quality:
    """Return the quality of a crop (side, side, 3) made by `face_crop` of a face ``face_px`` wide in the picture.

    Detail is measured in the crop, since what a file says of its own compression is lost with every re-encode.
    """
    luma = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY).astype(np.float32)
    fine = luma - cv2.GaussianBlur(luma, (0, 0), _FINE_PX)
    contrast = float(luma.std()) + 1.0
    return Quality(float(face_px), float(np.log(fine.std() / contrast + _LEAST)), float(luma.mean()))
