"""Turned squares: what the networks look at, and the crops made of them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from bonaface.terms.arrays import Doubles, Floats, Rgb8


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """A square of the picture: ``centre_xy_px`` (2,) float64, ``side_px``, turned clockwise by ``angle_rad``."""

    centre_xy_px: Doubles
    side_px: float
    angle_rad: float


def crop_region(rgb8: Rgb8, region: Region, size_px: int, border: int = cv2.BORDER_REPLICATE) -> tuple[Rgb8, Doubles]:
    """Return the region as an upright (size_px, size_px, 3) picture, and the way back.

    The second value is (2, 3) float64: it maps (x, y, 1) of the crop's pixels to the picture's. Regions much larger
    than the crop are shrunk by area first, so that nothing aliases.
    """
    scale = region.side_px / size_px
    turn = _turn(region.angle_rad) * scale
    middle = (size_px - 1) / 2
    back = np.column_stack([turn, region.centre_xy_px - turn @ (middle, middle)])
    factor = max(1, int(scale / 0.75) // 2)
    if factor == 1:
        crop = cv2.warpAffine(
            rgb8, back, (size_px, size_px), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=border
        )
        return crop, back
    part, origin = _surroundings(rgb8, region)
    small_hw = [max(1, round(n / factor)) for n in part.shape[:2]]
    small = cv2.resize(part, (small_hw[1], small_hw[0]), interpolation=cv2.INTER_AREA)
    shrink = np.array([small_hw[1] / part.shape[1], small_hw[0] / part.shape[0]])
    into = back * shrink[:, None]
    into[:, 2] = (back[:, 2] - origin + 0.5) * shrink - 0.5
    crop = cv2.warpAffine(
        small, into, (size_px, size_px), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=border
    )
    return crop, back


def points_to_picture(points: Floats, back: Doubles) -> Floats:
    """Map (N, 3) points of a crop to the picture; z keeps the scale of x and y. Returns float32."""
    scale = np.hypot(back[0, 0], back[1, 0])
    flat = points[:, :2] @ back[:, :2].T + back[:, 2]
    return np.column_stack([flat, points[:, 2] * scale]).astype(np.float32)


def _turn(angle_rad: float) -> Doubles:
    cosine, sine = np.cos(angle_rad), np.sin(angle_rad)
    return np.array([[cosine, -sine], [sine, cosine]])


def _surroundings(rgb8: Rgb8, region: Region) -> tuple[Rgb8, Doubles]:
    """Return the upright part of the picture that holds the region, at least one pixel, and its (x, y) origin."""
    reach = region.side_px * 0.7072 + 2
    height, width = rgb8.shape[:2]
    x, y = region.centre_xy_px
    left, top = (int(np.clip(v - reach, 0, n - 1)) for v, n in ((x, width), (y, height)))
    right, bottom = (int(np.clip(v + reach + 1, low + 1, n)) for v, low, n in ((x, left, width), (y, top, height)))
    return rgb8[top:bottom, left:right], np.array([left, top], np.float64)
