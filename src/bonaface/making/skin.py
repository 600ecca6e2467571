"""Where the face ends: the region of a texture that is the person's own skin, and what stands in beyond it."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from bonaface.making.layout import Layout
from bonaface.terms.arrays import Floats, Mask

SKIN = 0.42
"""Likeness to the colour of skin from which a texel counts as skin."""
_HAIR = 0.2
_HAIR_MARGIN, _WALL_MARGIN, _FEATURES = 9, 7, 25

_NOTCH, _STRIP = 12, 15
"""Gaps in filmed skin up to so many 256ths of the layout wide are filled, strips of it narrower than the other cut off:
an ear's colour beside the cheek, the tip of a forehead between two locks."""
_NARROW = 3.0  # sigma in texels up to which a blur is cheap


def skin_likeness(texture: Floats, layout: Layout) -> Floats:
    """Return (size, size) 0..1: how like the colour of cheeks, nose and forehead each texel is.

    Robust distance in L*a*b* from the median of the middle of the face; darker counts more than lighter.
    """
    reach = int(layout.size * 0.16) | 1
    core = (cv2.erode(layout.face, np.ones((reach, reach), np.uint8)) > 0) & (layout.lips == 0) & (layout.eyes == 0)
    lab = cv2.cvtColor((np.clip(texture, 0, 255) / 255).astype(np.float32), cv2.COLOR_RGB2LAB)
    middle = np.median(lab[core], axis=0)
    width = np.median(np.abs(lab[core] - middle), axis=0) * 1.5 + np.array([6, 2.5, 2.5])
    away = (lab - middle) / width
    away[..., 0] *= np.where(away[..., 0] < 0, 0.9, 0.7)
    return np.asarray(np.exp(-(away**2).sum(-1) / 12), np.float32)


def skin_region(mean: Floats, hair_share: Floats, layout: Layout) -> Mask:
    """Return (size, size) uint8, 255 where the texture is the person's own skin (eyes and mouth included).

    Hair, ear and background are what has not the colour of skin, or is hair in more than a fifth of the frames, and
    hangs together with the rim.

    Args:
        mean: (size, size, 3) float32 0..255.
        hair_share: (size, size) 0..1, share of frames in which a texel is hair.
        layout: the layout of both.
    """
    unit = layout.size / 256
    likeness = cv2.GaussianBlur(skin_likeness(mean, layout), (0, 0), 2 * unit)
    # Hair throws a shadow and its rim is half skin, as a wall's is: keep a margin around them, but not around features.
    hair = cv2.dilate((hair_share > _HAIR).astype(np.uint8), _disc(_HAIR_MARGIN * unit)) > 0
    other = ((likeness < SKIN) & layout.inside).astype(np.uint8)
    features = cv2.dilate(cv2.bitwise_or(layout.eyes, layout.lips), _disc(_FEATURES * unit)) > 0
    beside = (cv2.dilate(other, _disc(_WALL_MARGIN * unit)) > 0) & ~features
    return without_hanging(other.astype(bool) | beside | hair, layout, lambda side: _disc(side * unit))


def without_hanging(alien: np.ndarray, layout: Layout, kernel: Callable[[int], np.ndarray]) -> Mask:
    """Return (size, size) uint8, 255 in the layout but for what is ``alien`` and hangs together with its rim.

    Args:
        alien: (size, size) bool. kernel: gives the shape of a neighbourhood so many 256ths of the layout wide.
    """
    apart = cv2.morphologyEx((alien & layout.inside).astype(np.uint8), cv2.MORPH_OPEN, kernel(5))
    rim = layout.inside & (cv2.erode(layout.inside.astype(np.uint8), kernel(7)) == 0)
    _, labels = cv2.connectedComponents(apart)
    hanging = np.unique(labels[rim & (apart > 0)])
    region = (layout.inside & ~np.isin(labels, hanging[hanging > 0])).astype(np.uint8)
    region = cv2.erode(cv2.morphologyEx(region, cv2.MORPH_OPEN, kernel(9)), kernel(5))
    return np.asarray(region * 255, np.uint8)


def smoothed(own: Mask, layout: Layout) -> Mask:
    """Return the region without narrow gaps and without narrow strips: (size, size) uint8."""
    unit = layout.size / 256
    closed = cv2.morphologyEx(own, cv2.MORPH_CLOSE, _disc(_NOTCH * unit))
    return np.asarray(cv2.morphologyEx(closed, cv2.MORPH_OPEN, _disc(_STRIP * unit)) * layout.inside, np.uint8)


def fill_beyond(texture: Floats, own: Mask, layout: Layout) -> Floats:
    """Return the texture with the skin of its own region spread over all else.

    Far texels take from far, near ones from near: blurs of growing width are added with quickly falling weights, so
    that the widest one counts only where no narrower one reaches.
    """
    unit = layout.size / 256
    weight = (cv2.erode(own, _disc(5 * unit)) > 0).astype(np.float32)
    total = np.zeros_like(texture)
    share = np.zeros(weight.shape, np.float32)
    for step, sigma in enumerate((3, 6, 12, 24, 48, 96)):
        fall = np.float32(0.02**step)
        total += fall * _wide_blur(texture * weight[..., None], sigma * unit)
        share += fall * _wide_blur(weight, sigma * unit)
    spread = total / np.maximum(share, 1e-20)[..., None]
    soft = cv2.GaussianBlur(weight, (0, 0), 2 * unit)[..., None]
    return np.asarray(texture * soft + spread * (1 - soft), np.float32)


def _wide_blur(picture: Floats, sigma: float) -> Floats:
    """Return a square picture blurred; widely at a lower resolution, which looks the same and takes no time."""
    side = round(len(picture) * _NARROW / sigma)
    if side >= len(picture):
        return cv2.GaussianBlur(picture, (0, 0), sigma)
    small = cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)
    return cv2.resize(cv2.GaussianBlur(small, (0, 0), _NARROW), picture.shape[1::-1], interpolation=cv2.INTER_LINEAR)


def _disc(size: float) -> np.ndarray:
    side = max(3, round(size) | 1)
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
