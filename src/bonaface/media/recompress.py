"""What compression alone does to a picture: in memory, and forgotten."""

from __future__ import annotations

import cv2
import numpy as np

from bonaface.terms.arrays import Rgb8


def jpeg(rgb8: Rgb8, quality: int) -> Rgb8:
    """Return a picture (H, W, 3) after JPEG at a quality of 1 to 100."""
    coded = cv2.imencode(".jpg", rgb8[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.ascontiguousarray(np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR))[..., ::-1])
