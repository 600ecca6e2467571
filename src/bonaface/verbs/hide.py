"""Hide a face whose place is known but whose shape is not: the original must never flash through."""

from __future__ import annotations

import cv2
import numpy as np

from bonaface.terms.arrays import Floats, Mask, Rgb

_WIDER = 1.25
"""The face may have moved since it was last seen: what is hidden reaches this much further than its last outline."""
_BLOCKS = 9
"""Across the face; too few to recognise anyone (below 12 blocks faces are no longer told apart)."""
_HEAD = 1.7
"""A head over the box of its face, in both directions."""


def hide_face(rgb: Rgb, points: Floats) -> tuple[Rgb, Mask]:
    """Return the frame with the face blurred away, and an (H, W) mask of what was touched.

    Args:
        rgb: (H, W, 3) uint8 or uint16; the result has the same depth.
        points: (478, 3) the mesh where it was last seen, pixels.
    """
    outline = points[:468, :2]
    middle = outline.mean(0)
    return _hide(rgb, cv2.convexHull(((outline - middle) * _WIDER + middle).astype(np.float32)), _BLOCKS)


def hide_head(rgb: Rgb, box_xywh_px: Floats, blocks: int = _BLOCKS) -> tuple[Rgb, Mask]:
    """Return the frame with the whole head around a face's box (4,) blurred away, and a mask as `hide_face` does.

    ``blocks`` across it: with 1 nothing is left but its mean colour.
    """
    middle, half = box_xywh_px[:2] + box_xywh_px[2:4] / 2, box_xywh_px[2:4] / 2 * _HEAD
    turn = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    ring = middle + half * np.stack([np.cos(turn), np.sin(turn)], 1)
    return _hide(rgb, ring.astype(np.float32), blocks)


def _hide(rgb: Rgb, outline: Floats, blocks: int) -> tuple[Rgb, Mask]:
    height, width = rgb.shape[:2]
    hull = outline.round().astype(np.int32)
    mask = np.zeros((height, width), np.uint8)
    cv2.fillConvexPoly(mask, hull, 255)
    left, top, wide, high = cv2.boundingRect(hull)
    right, bottom = min(left + wide, width), min(top + high, height)
    left, top = max(left, 0), max(top, 0)
    if right <= left or bottom <= top:
        return rgb, np.zeros((height, width), np.uint8)
    region = rgb[top:bottom, left:right]
    few = cv2.resize(region, (blocks, blocks), interpolation=cv2.INTER_AREA)
    blurred = cv2.resize(few, (right - left, bottom - top), interpolation=cv2.INTER_CUBIC)
    out = rgb.copy()
    inside = mask[top:bottom, left:right] > 0
    out[top:bottom, left:right][inside] = blurred[inside]
    return out, mask
