"""Hands that may come before a face, followed through a clip at little cost."""

from __future__ import annotations

import cv2
import numpy as np

from bonaface.faces.hands import PRESENCE, Hand, HandFinder, hand_mask, region_of_hand
from bonaface.faces.region import Region
from bonaface.terms.arrays import Floats, Mask, Rgb8

_MOST_HANDS = 4
_LOOK_EVERY = 8  # frames between two searches where nothing stirs
_LOOK_SOONEST = 2
_THUMBNAIL_PX = 16
_STIRRED = 7.0  # grey levels in the mean around a face; talking and nodding stay below
_REACH = 4.5  # side of the searched square in face sides
_NEAR_REACH = 2.0
_TURNS_RAD = tuple(float(np.radians(turn)) for turn in (-45, 45, 135, -135))
"""Hands that lie on a face are found in squares turned like a forearm, hardly ever in upright ones."""


class HandFollower:
    """Follows hands near faces. An instance belongs to one clip and one thread."""

    def __init__(self, *, num_threads: int = 2) -> None:
        """Load the networks.

        Raises:
            MissingPartError: a model file is missing.
        """
        self._finder = HandFinder(num_threads=num_threads)
        self._hands: list[Hand] = []
        self._thumbnails: list[Floats] = []
        self._since_look, self._looks = 0, 0

    def step(self, rgb8: Rgb8, boxes: list[Floats], *, cut: bool) -> Mask | None:
        """Return the mask (H, W) of hands in the next frame, or None where there is none.

        ``boxes`` are the faces' x, y, width, height; ``cut`` says that this frame begins a new shot.
        """
        read = [] if cut else [self._finder.read(rgb8, region_of_hand(hand)) for hand in self._hands]
        self._hands = _without_doubles([hand for hand in read if hand.presence >= PRESENCE])
        self._since_look += 1
        lost = len(self._hands) < len(read)
        if boxes and (cut or lost or self._is_due(rgb8, boxes)) and len(self._hands) < _MOST_HANDS:
            self._since_look = 0
            self._thumbnails = [_thumbnail(rgb8, box) for box in boxes]
            for region in (_search_square(rgb8, boxes), *self._turned_squares(boxes, every=cut)):
                self._hands += self._finder.find(rgb8, region, self._hands)
            self._hands = _without_doubles(self._hands)[:_MOST_HANDS]
        return hand_mask(self._hands, (rgb8.shape[0], rgb8.shape[1])) if self._hands else None

    def _turned_squares(self, boxes: list[Floats], *, every: bool) -> list[Region]:
        """Return turned squares around the two largest faces: in ``every`` direction, or in the next one."""
        self._looks += 1
        turns_rad = _TURNS_RAD if every else (_TURNS_RAD[self._looks % len(_TURNS_RAD)],)
        largest = sorted(boxes, key=lambda box: -float(box[2]))[:2]
        return [
            Region(box[:2].astype(np.float64) + box[2:] / 2, _NEAR_REACH * float(box[2:].max()), turn_rad)
            for turn_rad in turns_rad
            for box in largest
        ]

    def _is_due(self, rgb8: Rgb8, boxes: list[Floats]) -> bool:
        if self._since_look < _LOOK_SOONEST:
            return False
        if self._since_look >= _LOOK_EVERY or len(boxes) != len(self._thumbnails):
            return True
        now = [_thumbnail(rgb8, box) for box in boxes]
        return any(float(np.abs(a - b).mean()) > _STIRRED for a, b in zip(now, self._thumbnails, strict=True))


def _thumbnail(rgb8: Rgb8, box: Floats) -> Floats:
    """Return (16, 16, 3) of the face and half its side around it."""
    left, top, width, height = (float(v) for v in box)
    rows, columns = rgb8.shape[:2]
    y0, y1 = (int(np.clip(v, 0, rows - 1)) for v in (top - height / 2, top + 1.5 * height))
    x0, x1 = (int(np.clip(v, 0, columns - 1)) for v in (left - width / 2, left + 1.5 * width))
    every = max(1, (x1 - x0) // (4 * _THUMBNAIL_PX))
    part = rgb8[y0 : y1 + 1 : every, x0 : x1 + 1 : every]
    return cv2.resize(part, (_THUMBNAIL_PX, _THUMBNAIL_PX), interpolation=cv2.INTER_AREA).astype(np.float32)


def _search_square(rgb8: Rgb8, boxes: list[Floats]) -> Region:
    """Return a square around all faces, generous enough for a whole hand; at most what shows the whole picture."""
    rows = np.array(boxes, np.float64)
    reach = (_REACH - 1) / 2 * rows[:, 2:].max(1, keepdims=True)
    low, high = (rows[:, :2] - reach).min(0), (rows[:, :2] + rows[:, 2:] + reach).max(0)
    size = np.array([rgb8.shape[1], rgb8.shape[0]], np.float64)
    low, high = np.clip(low, 0, size), np.clip(high, 0, size)
    return Region((low + high - 1) / 2, max(float((high - low).max()), 8.0), 0.0)


def _without_doubles(hands: list[Hand]) -> list[Hand]:
    """Drop the less sure of two hands whose points lie on each other."""
    kept: list[Hand] = []
    for hand in sorted(hands, key=lambda h: -h.presence):
        size = float(np.ptp(hand.points[:, :2], axis=0).max())
        if all(np.linalg.norm((hand.points - k.points)[:, :2], axis=1).mean() > 0.25 * size for k in kept):
            kept.append(hand)
    return kept
