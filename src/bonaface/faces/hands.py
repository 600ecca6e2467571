"""Hands: 21 points each, and the mask of what they cover (MediaPipe's hand network, run by LiteRT)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from bonaface.faces.network import LiteNetwork
from bonaface.faces.palm import Palm, PalmDetector
from bonaface.faces.region import Region, crop_region, points_to_picture
from bonaface.terms.arrays import Doubles, Floats, Mask, Rgb8

PRESENCE = 0.5

_CROP_PX = 224
_PALM_GROWTH, _PALM_SHIFT = 2.6, 0.5  # the region reaches from the palm towards the fingers
_HAND_GROWTH, _HAND_SHIFT = 2.0, 0.1
_REGION_POINTS = np.array([0, 1, 2, 3, 5, 6, 9, 10, 13, 14, 17, 18])  # finger tips left out, they fidget
_FINGERS = ((1, 2, 3, 4), (5, 6, 7, 8), (9, 10, 11, 12), (13, 14, 15, 16), (17, 18, 19, 20))
_PALM_OUTLINE = (0, 1, 2, 5, 9, 13, 17)
_FINGER_WIDTH = 0.28  # of the palm's width
_LEAST_PALM_WIDTH = 0.55  # of wrist to middle knuckle: a hand seen from the edge is no line
_GROWN = 0.08
"""Of the palm's width, on each side. On six marked stills the sum, .44, overlaps by .849 and finds 95.7 % of the hand;
.41 would overlap by .854 and leave 5.6 % of it to be painted over, .56 by .791 and leave 1.1 %."""
_SUBPIXEL_BITS = 4


@dataclass(frozen=True, slots=True, eq=False)
class Hand:
    """``points`` (21, 3) float32 in pixels as for `Face`: wrist, then four of each finger from the thumb on.

    ``presence`` 0..1: how sure the network is that this is a hand.
    """

    points: Floats
    presence: float


class HandFinder:
    """Finds hands. An instance belongs to one thread."""

    def __init__(self, *, num_threads: int = 2) -> None:
        """Load both networks.

        Raises:
            MissingPartError: a model file is missing.
        """
        self._palms = PalmDetector(num_threads=num_threads)
        self._network = LiteNetwork("hand_landmark_full.tflite", num_threads=num_threads)

    def find(self, rgb8: Rgb8, region: Region | None = None, known: Sequence[Hand] = ()) -> list[Hand]:
        """Return the hands in a square of the picture, by default all of it; ``known`` ones are left out."""
        hands: list[Hand] = []
        for palm in self._palms.find(rgb8, region):
            middle = palm.points_xy_px[[0, 2]].mean(0)
            if any(_is_on(middle, hand) for hand in (*known, *hands)):
                continue
            hand = self.read(rgb8, region_of_palm(palm))
            if hand.presence >= PRESENCE:
                hands.append(hand)
        return hands

    def read(self, rgb8: Rgb8, region: Region) -> Hand:
        """Return the hand seen in one region."""
        crop, back = crop_region(rgb8, region, _CROP_PX, cv2.BORDER_CONSTANT)
        out = self._network.run_picture(crop)
        return Hand(points_to_picture(out["Identity"].reshape(21, 3), back), float(out["Identity_1"][0]))


def region_of_palm(palm: Palm) -> Region:
    """Return the square in which the hand network looks for the hand of a palm."""
    size = palm.box_xywh_px[2:]
    wrist, knuckle = palm.points_xy_px[0], palm.points_xy_px[2]
    angle = _angle_upwards(knuckle - wrist)
    centre = palm.box_xywh_px[:2] + size / 2 + _upwards(angle) * (_PALM_SHIFT * size[1])
    return Region(centre, float(max(*size, 4.0)) * _PALM_GROWTH, angle)


def region_of_hand(hand: Hand) -> Region:
    """Return the square in which the hand network looks for the hand in the next frame."""
    flat = hand.points[:, :2].astype(np.float64)
    knuckles = (flat[9] + (flat[5] + flat[13]) / 2) / 2
    angle = _angle_upwards(knuckles - flat[0])
    up = _upwards(angle)
    axes = np.stack([[-up[1], up[0]], -up])  # right and down of the turned square
    turned = flat[_REGION_POINTS] @ axes.T
    low, high = turned.min(0), turned.max(0)
    centre = ((low + high) / 2) @ axes + up * (_HAND_SHIFT * (high[1] - low[1]))
    return Region(centre, max(float((high - low).max()), 4.0) * _HAND_GROWTH, angle)


def hand_mask(hands: Sequence[Hand], hw: tuple[int, int]) -> Mask:
    """Return (H, W) uint8, 255 where a hand is: fingers as thick lines, the palm as a polygon, slightly grown."""
    mask = np.zeros(hw, np.uint8)
    for hand in hands:
        flat = hand.points[:, :2]
        width = max(
            float(np.linalg.norm(flat[17] - flat[5])), _LEAST_PALM_WIDTH * float(np.linalg.norm(flat[9] - flat[0]))
        )
        thick = max(1, round(width * (_FINGER_WIDTH + 2 * _GROWN)))
        exact = np.round(flat * 2**_SUBPIXEL_BITS).astype(np.int32)
        for finger in _FINGERS:
            cv2.polylines(mask, [exact[list(finger)]], False, 255, thick, cv2.LINE_8, _SUBPIXEL_BITS)
        palm = exact[list(_PALM_OUTLINE)]
        cv2.fillPoly(mask, [palm], 255, cv2.LINE_8, _SUBPIXEL_BITS)
        cv2.polylines(mask, [palm], True, 255, thick, cv2.LINE_8, _SUBPIXEL_BITS)
    return mask


def _is_on(point: Doubles, hand: Hand) -> bool:
    low, high = hand.points[:, :2].min(0), hand.points[:, :2].max(0)
    return bool(((point > low) & (point < high)).all())


def _angle_upwards(direction: Doubles) -> float:
    """Return the clockwise turn of a square in which this direction points up."""
    return float(np.arctan2(direction[0], -direction[1]))


def _upwards(angle_rad: float) -> Doubles:
    return np.array([np.sin(angle_rad), -np.cos(angle_rad)])
