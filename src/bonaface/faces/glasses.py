"""Whether somebody wears glasses: shadows and brows are taken for rims here and there, but seldom below the eyes."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from bonaface.terms.arrays import Floats

_RINGS = ((33, 160, 158, 133, 153, 144), (362, 385, 387, 263, 373, 380))
_UNDER = (
    ((7, 117), (163, 118), (144, 119), (145, 119), (153, 120), (154, 121)),
    ((249, 346), (390, 347), (373, 348), (374, 348), (380, 349), (381, 350)),
)
"""Lines from a lower lid down the cheek, by mesh points; each is followed so far, as a share of its length:"""
_ALONG = np.linspace(0.3, 2.2, 20, dtype=np.float32)
_FOUND = 0.4
_LIDS = np.ones((7, 7), np.uint8)
_DARK = 0.8  # share of an eye that is hidden from which its lens counts as dark
_OFTEN, _ONCE = 0.2, 0.4


def below_eyes(glasses: Floats, points_xy_px: Floats) -> float:
    """Return the share of the lines down the cheek that cross glasses, of the eye with more of them.

    Args:
        glasses: (H, W) float32 0..1.
        points_xy_px: (478, 2) mesh in its pixels.
    """
    ends = points_xy_px[np.array(_UNDER)].astype(np.float32)
    along = ends[:, :, :1] + (ends[:, :, 1:] - ends[:, :, :1]) * _ALONG[:, None]
    flat = along.reshape(-1, len(_ALONG), 2)
    values = cv2.remap(glasses, flat[..., 0], flat[..., 1], cv2.INTER_LINEAR)
    return float((values.max(1) > _FOUND).reshape(2, -1).mean(1).max())


def wears(shares: Sequence[float]) -> bool:
    """Tell from `below_eyes`, one number a look, whether a person wears glasses; a single look has to be plainer."""
    return bool(shares) and float(np.mean(shares)) > _OFTEN + _ONCE / len(shares)


def spare_eyes(glasses: Floats, points_xy_px: Floats) -> None:
    """Take the eyes out of the glasses, in place, where they are not hidden nearly wholly: the lens is clear."""
    for ring in _RINGS:
        eye = np.round(points_xy_px[list(ring)] * 8).astype(np.int32)
        mask = cv2.fillPoly(np.zeros(glasses.shape, np.uint8), [eye], 1, cv2.LINE_8, 3)
        if (glasses[mask > 0] > 0.5).mean() < _DARK:
            glasses *= 1 - cv2.blur(cv2.dilate(mask, _LIDS), (3, 3)).astype(np.float32)
