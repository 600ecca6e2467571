"""The collar: where the person's face is narrower than the target's, the surroundings are drawn in to meet it."""

from __future__ import annotations

import cv2
import numpy as np

from bonaface.making.raster import rasterise
from bonaface.making.shape import OVAL
from bonaface.terms.arrays import Floats

_REACH = 1.45
_INSIDE = 0.7
_LEAST_PX = 0.4
_SHOWS_PX = 0.05


def draw_in(size_hw: tuple[int, int], old: Floats, new: Floats) -> tuple[Floats, np.ndarray] | None:
    """Return where each pixel around the face is taken from, or None where nothing moves.

    A band of triangles runs from the new outline, which shows what lay at the old one, to a fixed line outside. Only
    cheeks, jaw and chin are drawn; the forehead is left to the hair.

    Args:
        size_hw: of the picture that old and new refer to.
        old: (V, 3) vertices of the target's face in pixels; new: of the person's face in its place.

    Returns:
        (H, W, 2) float32 source positions and (H, W) bool, where they differ from the pixel's own.
    """
    was, now = old[OVAL, :2], new[OVAL, :2]
    centre = was.mean(0)
    high = (was[:, 1].max() - was[:, 1]) / (np.ptp(was[:, 1]) + 1e-6)
    low = np.clip((0.75 - high) / 0.25, 0, 1)[:, None]
    outward = was - centre
    outward /= np.linalg.norm(outward, axis=1, keepdims=True) + 1e-6
    inwards = -((now - was) * outward).sum(1, keepdims=True)
    # Only what is uncovered is drawn in: an outline that grows simply covers more.
    moved = was + low * np.where(inwards > 0, 1, 0) * (now - was)
    if np.abs(moved - was).max() < _LEAST_PX:
        return None
    lines = [(centre + (moved - centre) * _INSIDE, centre + (was - centre) * _INSIDE), (moved, was)]
    lines.append((centre + (was - centre) * _REACH,) * 2)
    points, taken = (np.concatenate(side).astype(np.float32) for side in zip(*lines, strict=True))
    flat = np.column_stack([points, np.zeros(len(points), np.float32)])
    offset, _ = rasterise(flat, _BAND, taken - points, size_hw)
    offset = cv2.GaussianBlur(offset, (0, 0), 1.0)
    shows = (np.abs(offset[..., 0]) > _SHOWS_PX) | (np.abs(offset[..., 1]) > _SHOWS_PX)
    offset[..., 0] += np.arange(size_hw[1], dtype=np.float32)
    offset[..., 1] += np.arange(size_hw[0], dtype=np.float32)[:, None]
    return offset, shows


def _band(count: int) -> np.ndarray:
    """Return triangles (4 * count, 3) between three closed lines of ``count`` points each."""
    k = np.arange(count)
    after = (k + 1) % count
    halves = [
        corners
        for j in (0, count)
        for corners in ((j + k, j + after, j + count + k), (j + after, j + count + after, j + count + k))
    ]
    return np.concatenate([np.stack(corners, 1) for corners in halves]).astype(np.int32)


_BAND = _band(len(OVAL))
