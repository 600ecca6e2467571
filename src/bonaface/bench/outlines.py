"""The two fixed outlines within which faces are judged: the mesh's own, and a wider one. No swap's mask has a say."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np

from bonaface.terms.arrays import Doubles, Floats, Mask

Outline = Literal["oval", "wide"]

OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
"""The rim of the 468-point mesh, clockwise as seen, from the forehead."""

HIGHER = 1.2
FURTHER = 1.1
"""Stretch of the oval about its middle: what lies above it reaches 20 % higher, both sides 10 % further out."""

_EYE_CORNERS = (33, 263)


def outline_mask(points: Floats, hw: tuple[int, int], outline: Outline = "oval") -> Mask:
    """Return the filled outline of a mesh (478, 2 or 3) in a picture of this height and width: 0 or 255."""
    mask = np.zeros(hw, np.uint8)
    cv2.fillPoly(mask, [np.round(outline_xy(points, outline)).astype(np.int32)], 255)
    return mask


def outline_xy(points: Floats, outline: Outline = "oval") -> Doubles:
    """Return the outline's corners (36, 2) in pixels.

    The wide one is the oval, seen upright (the outer eye corners level) and stretched about the middle of its box:
    by 1.2 upwards and by 1.1 to both sides; the lower half keeps its height.
    """
    rim = points[list(OVAL), :2].astype(np.float64)
    if outline == "oval":
        return rim
    right, left = points[list(_EYE_CORNERS), :2].astype(np.float64)
    across = (left - right) / max(float(np.linalg.norm(left - right)), 1e-9)
    turn = np.array([across, [-across[1], across[0]]])
    upright = rim @ turn.T
    middle = (upright.max(0) + upright.min(0)) / 2
    from_middle = upright - middle
    stretch = np.column_stack([np.full(len(rim), FURTHER), np.where(from_middle[:, 1] < 0, HIGHER, 1.0)])
    return (middle + from_middle * stretch) @ turn
