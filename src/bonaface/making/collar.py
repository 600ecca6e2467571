"""The collar: where the person's face is narrower than the target's, the surroundings are drawn in to meet it."""

from __future__ import annotations

import cv2
import numpy as np

from bonaface.making.raster import rasterise
from bonaface.making.shape import OVAL
from bonaface.terms.arrays import Floats

_REACH = 1.45
_LEAST_PX = 0.4


def draw_in(size_hw: tuple[int, int], old: Floats, new: Floats) -> tuple[Floats, np.ndarray] | None:
    """Return where each pixel around the face is taken from, or None where nothing moves.

    A band of triangles runs from the new outline, which shows what lay at the old one, to a fixed line outside. Only
    cheeks, jaw and chin are drawn; the forehead is left to the hair.

    Args:
        size_hw: of the picture that old and new refer to.
        old: (V, 3) vertices of the target's face in pixels; new: of the person's face in its place.

    Returns:
        (H, W, 2) float32 source positions and (H, W) uint8, 255 where they differ from the pixel's own.
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
    far = centre + (was - centre) * _REACH
    inside = centre + (moved - centre) * 0.7
    taken_inside = centre + (was - centre) * 0.7
    count = len(OVAL)
    points = np.concatenate([inside, moved, far])
    taken = np.concatenate([taken_inside, was, far]).astype(np.float32)
    k = np.arange(count)
    after = (k + 1) % count
    triangles = np.concatenate(
        [
            np.stack(t, 1)
            for j in (0, count)
            for t in ((j + k, j + after, j + count + k), (j + after, j + count + after, j + count + k))
        ]
    ).astype(np.int32)
    depth = np.zeros((len(points), 1), np.float32)
    source, inside_mask = rasterise(np.column_stack([points, depth]).astype(np.float32), triangles, taken, size_hw)
    grid = np.stack(np.meshgrid(np.arange(size_hw[1]), np.arange(size_hw[0])), -1).astype(np.float32)
    source = np.where(inside_mask[..., None] > 0, source, grid)
    changed = (np.abs(source - grid).max(-1) > 0.05).astype(np.uint8) * 255
    return cv2.GaussianBlur(source, (0, 0), 1.0), changed
