"""Cut a face out of a picture with room around it."""

from __future__ import annotations

import cv2
import numpy as np

from bonaface.terms.arrays import Floats, Rgb8

GROWTH = 2.2
"""Side of the square over the larger side of the mesh: hair, chin and neck are inside."""


def crop_face(rgb: Rgb8, points: Floats, most_px: int | None = None) -> tuple[Rgb8, Floats]:
    """Return a square crop around a face as far as the picture reaches, not rotated, and the mesh in its pixels.

    Args:
        rgb: (H, W, 3) uint8; points: (478, 3) mesh in picture pixels.
        most_px: longest side of the crop; a larger one is shrunk.
    """
    low, high = points[:468, :2].min(0), points[:468, :2].max(0)
    half = float((high - low).max()) * GROWTH / 2
    middle = (low + high) / 2
    left, top = np.maximum(np.floor(middle - half), 0).astype(int)
    right, bottom = np.ceil(middle + half).astype(int)
    crop = rgb[top : max(bottom, top + 1), left : max(right, left + 1)].copy()
    moved = points - np.array([left, top, 0], np.float32)
    longer = max(crop.shape[:2])
    if most_px is None or longer <= most_px:
        return crop, moved.astype(np.float32)
    scale = most_px / longer
    small = cv2.resize(crop, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return small, (moved * scale).astype(np.float32)
