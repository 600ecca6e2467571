"""A contact sheet beside the figures: target, swap and person in columns, a few moments in rows."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from bonaface.terms.arrays import Floats, Rgb8

TILE_PX = 240
_REGION = 1.9  # side of a tile over the face's larger side
_MOMENTS = 6


def contact_sheet(
    target: Sequence[Rgb8],
    swap: Sequence[Rgb8],
    points: Floats,
    person: Sequence[Rgb8],
    person_points: Floats,
    moments: int = _MOMENTS,
) -> Rgb8:
    """Return (3 * 240, moments * 240, 3): target, swap, and real frames of the person, one above the other.

    ``points`` (N, 478, 3) are the target's meshes, for ``target`` and ``swap`` alike; ``person_points`` (M, 478, 3).
    """
    at = np.linspace(0, len(target) - 1, min(moments, len(target))).round().astype(int)
    real = np.linspace(0, len(person) - 1, len(at)).round().astype(int)
    rows = [
        np.hstack([face_tile(target[k], points[k]) for k in at]),
        np.hstack([face_tile(swap[k], points[k]) for k in at]),
        np.hstack([face_tile(person[k], person_points[k]) for k in real]),
    ]
    return np.vstack(rows)


def face_tile(frame: Rgb8, points: Floats, side_px: int = TILE_PX) -> Rgb8:
    """Return (side, side, 3): the face and what is around it; beyond the picture its rim is repeated."""
    low, high = points[:468, :2].min(0), points[:468, :2].max(0)
    scale = side_px / (float((high - low).max()) * _REGION)
    shift = side_px / 2 - scale * (low + high) / 2
    turn = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    tile: Rgb8 = cv2.warpAffine(frame, turn, (side_px, side_px), flags=how, borderMode=cv2.BORDER_REPLICATE)
    return tile
