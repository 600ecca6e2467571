"""What may have happened to a picture on its way: the same to untouched and manipulated, before anybody looks."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import cv2
import numpy as np

from bonaface.bench.reencode import reencode
from bonaface.media.recompress import jpeg
from bonaface.terms.arrays import Rgb8

_JPEG, _CRF = 50, "30"
_DARK_GAMMA, _DARK_SHARE = 1.6, 0.6


def jpeg50(rgb8: Rgb8) -> Rgb8:
    """Return a picture (H, W, 3) after JPEG at quality 50."""
    return jpeg(rgb8, _JPEG)


def half(rgb8: Rgb8) -> Rgb8:
    """Return a picture at half its width and height."""
    height, width = rgb8.shape[:2]
    smaller: Rgb8 = cv2.resize(rgb8, (max(1, width // 2), max(1, height // 2)), interpolation=cv2.INTER_AREA)
    return smaller


def dark(rgb8: Rgb8) -> Rgb8:
    """Return a picture as if it had been taken in poor light: values to the power of 1.6, times .6."""
    curve = 255 * (np.arange(256) / 255) ** _DARK_GAMMA * _DARK_SHARE
    return np.round(curve).astype(np.uint8)[rgb8]


def beauty(rgb8: Rgb8) -> Rgb8:
    """Return a picture as a phone's beauty filter hands it on: smoothed where it was smooth, lighter and warmer."""
    smooth = cv2.bilateralFilter(rgb8, 9, 35, 7).astype(np.float32)
    lighter = (0.25 * rgb8 + 0.75 * smooth) * np.array([1.03, 1.0, 0.97], np.float32) + 6
    return np.clip(np.round(lighter), 0, 255).astype(np.uint8)


def h264(rgb8: Rgb8) -> Rgb8:
    """Return a picture after H.264 (CRF 30), as the only frame of a clip; an odd last row or column is cut off.

    One so narrow that nothing would be left stays as it is.
    """
    if min(rgb8.shape[:2]) < 2:
        return rgb8.copy()
    return reencode([rgb8], crf=_CRF)[0]


DAMAGES: Mapping[str, Callable[[Rgb8], Rgb8]] = {
    "jpeg50": jpeg50,
    "half": half,
    "dark": dark,
    "beauty": beauty,
    "h264": h264,
}
