"""A contact sheet beside the figures: target, swap and person in columns, a few moments in rows."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from bonaface.faces.region import Region, crop_region
from bonaface.marking.label import Box
from bonaface.terms.arrays import Doubles, Floats, Rgb8
from bonaface.terms.picture import Unmarked

TILE_PX = 240
GREY = 88
"""Of what lies beyond the picture: dark enough to be told from paper, light enough to be told from night."""

_REGION = 1.9  # side of a tile over the face's larger side
_MOMENTS = 6


def contact_sheet(
    target: Sequence[Rgb8],
    swap: Sequence[Rgb8],
    points: Floats,
    person: Sequence[Rgb8],
    person_points: Floats,
    moments: int = _MOMENTS,
) -> Unmarked:
    """Return a sheet (3 * 240, moments * 240, 3): target, swap, and real frames of the person, one above the other.

    ``points`` (N, 478, 3) are the target's meshes, for ``target`` and ``swap`` alike; ``person_points`` (M, 478, 3).
    """
    at = np.linspace(0, len(target) - 1, min(moments, len(target))).round().astype(int)
    real = np.linspace(0, len(person) - 1, len(at)).round().astype(int)
    rows = [
        [(target[k], points[k]) for k in at],
        [(swap[k], points[k]) for k in at],
        [(person[k], person_points[k]) for k in real],
    ]
    rgb = np.vstack([np.hstack([face_tile(*look) for look in row]) for row in rows])
    boxes = [_face_box(face, line, column) for line, row in enumerate(rows) for column, (_, face) in enumerate(row)]
    return Unmarked(rgb, None, tuple(boxes))


def swap_tiles(sheet: Unmarked) -> tuple[Box, ...]:
    """Return the places of the swapped pictures on a contact sheet, from left to right."""
    columns = sheet.rgb.shape[1] // TILE_PX
    return tuple((column * TILE_PX, TILE_PX, TILE_PX, TILE_PX) for column in range(columns))


def face_tile(frame: Rgb8, points: Floats, side_px: int = TILE_PX) -> Rgb8:
    """Return (side, side, 3): the face and what is around it; beyond the picture it is grey."""
    middle, reach = _square(points)
    tile, back = crop_region(frame, Region(middle, reach, 0.0), side_px)
    if reach < side_px:  # enlarged: what is drawn finer than the pixels must look like the pixels, not like fog
        how = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
        tile = cv2.warpAffine(frame, back, (side_px, side_px), flags=how, borderMode=cv2.BORDER_REPLICATE)
    x, y = (back[:, :2] @ np.stack([np.arange(side_px)] * 2) + back[:, 2:]).round()
    height, width = frame.shape[:2]
    tile[(y < 0) | (y >= height)] = GREY
    tile[:, (x < 0) | (x >= width)] = GREY
    return tile


def _square(points: Floats) -> tuple[Doubles, float]:
    """Return middle and side of what a tile shows."""
    low, high = points[:468, :2].min(0), points[:468, :2].max(0)
    return ((low + high) / 2).astype(np.float64), float((high - low).max()) * _REGION


def _face_box(points: Floats, line: int, column: int) -> Box:
    """Return where the face lies on the sheet."""
    wide, high = np.ptp(points[:468, :2], axis=0) * (TILE_PX / _square(points)[1])
    left, top = column * TILE_PX + (TILE_PX - wide) / 2, line * TILE_PX + (TILE_PX - high) / 2
    return round(left), round(top), round(wide), round(high)
