"""Hide a face whose place is known but whose shape is not: the original must never flash through."""

from __future__ import annotations

import cv2
import numpy as np

from bonaface.terms.arrays import Floats, Mask, Rgb

_WIDER = 1.25
"""The face may have moved since it was last seen: what is hidden reaches this much further than its last outline."""
_BLOCKS = 9
"""Across the face; too few to recognise anyone (below 12 blocks faces are no longer told apart)."""


def hide_face(rgb: Rgb, points: Floats) -> tuple[Rgb, Mask]:
    """Return the frame with the face blurred away, and an (H, W) mask of what was touched.

    Args:
        rgb: (H, W, 3) uint8 or uint16; the result has the same depth.
        points: (478, 3) the mesh where it was last seen, pixels.
    """
    height, width = rgb.shape[:2]
    outline = points[:468, :2]
    middle = outline.mean(0)
    hull = cv2.convexHull(((outline - middle) * _WIDER + middle).astype(np.float32)).round().astype(np.int32)
    mask = np.zeros((height, width), np.uint8)
    cv2.fillConvexPoly(mask, hull, 255)
    left, top, wide, high = cv2.boundingRect(hull)
    right, bottom = min(left + wide, width), min(top + high, height)
    left, top = max(left, 0), max(top, 0)
    if right <= left or bottom <= top:
        return rgb, np.zeros((height, width), np.uint8)
    region = rgb[top:bottom, left:right]
    few = cv2.resize(region, (_BLOCKS, _BLOCKS), interpolation=cv2.INTER_AREA)
    blurred = cv2.resize(few, (right - left, bottom - top), interpolation=cv2.INTER_CUBIC)
    out = rgb.copy()
    inside = mask[top:bottom, left:right] > 0
    out[top:bottom, left:right][inside] = blurred[inside]
    return out, mask
