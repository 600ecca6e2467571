"""Triangles to pixels: a z-buffer that writes, for each pixel, which triangle covers it and where inside.

numba compiles each function once and keeps the result beside the file.
"""

from __future__ import annotations

import cv2
import numba as nb
import numpy as np

from bonaface.terms.arrays import Floats


@nb.njit(cache=True, fastmath=True, nogil=True)
def _fill(points, triangles, attributes, out, inside, depth):  # type: ignore[no-untyped-def]  # numba compiles it
    height, width = inside.shape
    channels = attributes.shape[1]
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        x0, y0, x1, y1, x2, y2 = (
            points[a, 0], points[a, 1], points[b, 0], points[b, 1], points[c, 0], points[c, 1],
        )  # fmt: skip
        area = (y1 - y2) * (x0 - x2) + (x2 - x1) * (y0 - y2)
        if abs(area) < 1e-6:
            continue
        left, right = max(0, int(np.floor(min(x0, x1, x2)))), min(width - 1, int(np.ceil(max(x0, x1, x2))))
        top, bottom = max(0, int(np.floor(min(y0, y1, y2)))), min(height - 1, int(np.ceil(max(y0, y1, y2))))
        for y in range(top, bottom + 1):
            for x in range(left, right + 1):
                u = ((y1 - y2) * (x - x2) + (x2 - x1) * (y - y2)) / area
                v = ((y2 - y0) * (x - x2) + (x0 - x2) * (y - y2)) / area
                w = 1.0 - u - v
                if u >= -1e-4 and v >= -1e-4 and w >= -1e-4:
                    z = u * points[a, 2] + v * points[b, 2] + w * points[c, 2]
                    if z < depth[y, x]:
                        depth[y, x] = z
                        inside[y, x] = 255
                        for k in range(channels):
                            out[y, x, k] = u * attributes[a, k] + v * attributes[b, k] + w * attributes[c, k]


@nb.njit(cache=True, fastmath=True, nogil=True)
def interpolate(corner, weight, values):  # type: ignore[no-untyped-def]  # numba compiles it
    """Return (h, w, K): ``values`` (V, K) float32 mixed at each pixel over ``corner`` (h, w, 3) by ``weight``."""
    height, width, _ = corner.shape
    out = np.empty((height, width, values.shape[1]), np.float32)
    for y in range(height):
        for x in range(width):
            a, b, c = corner[y, x, 0], corner[y, x, 1], corner[y, x, 2]
            u, v, w = weight[y, x, 0], weight[y, x, 1], weight[y, x, 2]
            for k in range(values.shape[1]):
                out[y, x, k] = u * values[a, k] + v * values[b, k] + w * values[c, k]
    return out


def rasterise(
    points: Floats, triangles: np.ndarray, attributes: Floats, size_hw: tuple[int, int]
) -> tuple[Floats, np.ndarray]:
    """Interpolate vertex attributes over the pixels that a mesh covers; the nearest surface wins.

    Args:
        points: (V, 3) float32, x and y in pixels, z smaller is nearer.
        triangles: (T, 3) int32 vertex numbers.
        attributes: (V, K) float32.
        size_hw: height and width of the picture.

    Returns:
        (H, W, K) float32, zero where nothing is, and (H, W) uint8, 255 where the mesh covers the pixel.
    """
    out = np.zeros((*size_hw, attributes.shape[1]), np.float32)
    inside = np.zeros(size_hw, np.uint8)
    depth = np.full(size_hw, np.inf, np.float32)
    _fill(
        np.ascontiguousarray(points, np.float32),
        triangles,
        np.ascontiguousarray(attributes, np.float32),
        out,
        inside,
        depth,
    )
    return out, inside


def sample(picture: np.ndarray, xy_px: Floats, interpolation: int = cv2.INTER_LINEAR) -> np.ndarray:
    """Return the picture (H, W, C) at the positions ``xy_px`` (h, w, 2); beyond the border its edge repeats."""
    return cv2.remap(picture, xy_px[..., 0], xy_px[..., 1], interpolation, borderMode=cv2.BORDER_REPLICATE)
