"""The common layout: every face laid flat on the same square, so that a texel is the same spot on all people.

A cylinder around an average face *with the mouth opened*, so that teeth have texels of their own, and wide in the
middle, so that eyes and mouth have as many texels as pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from scipy.spatial import Delaunay

from bonaface.making.raster import interpolate, rasterise, sample
from bonaface.making.shape import INNER_LIPS, LEFT_EYE, OUTER_LIPS, OVAL, RIGHT_EYE, widen
from bonaface.terms.arrays import Floats, Mask

BORDER = 4
"""Texels left free around the layout, at every size."""
_SPREAD = 60.0
"""Length of a radian around the cylinder, beside heights on a face 100 wide."""
_WIDE = 1.0
"""Radians from the middle beyond which the layout narrows: eyes and mouth face the viewer and need the texels."""
_SKIPPED = (470, 472, 475, 477)
"""Top and bottom of the irises: the lids cover them, so that they say nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Where each vertex lies on the square, for textures of ``size`` x ``size`` texels.

    ``uv`` (550, 2) float32 in texels; ``triangles`` (T, 3) int32; ``corner`` (size, size, 3) int32 the vertices of
    the triangle over each texel, ``triangle`` (size, size) int32 its number, ``weight`` (size, size, 3) float32
    the shares of its vertices; ``inside`` (size, size) bool.
    """

    size: int
    uv: Floats
    triangles: np.ndarray
    triangle: np.ndarray
    corner: np.ndarray
    weight: Floats
    inside: np.ndarray

    def unwrap(self, picture: np.ndarray, vertices: Floats, interpolation: int = cv2.INTER_LINEAR) -> np.ndarray:
        """Return (size, size, C): the picture as seen through the mesh ``vertices`` (550, 3), in its own dtype."""
        return sample(picture, self.spread(vertices[:, :2]), interpolation)

    def spread(self, per_vertex: Floats) -> Floats:
        """Interpolate (550, K) values over the texels: (size, size, K) float32."""
        return interpolate(self.corner, self.weight, np.ascontiguousarray(per_vertex, np.float32))

    def polygon(self, vertices: np.ndarray) -> Mask:
        """Fill the outline through the given vertex numbers: (size, size) uint8, 0 or 255."""
        mask = np.zeros((self.size, self.size), np.uint8)
        cv2.fillPoly(mask, [np.round(self.uv[vertices]).astype(np.int32)], 255)
        return mask

    @property
    def face(self) -> Mask:
        """The outline of the 468-point mesh."""
        return self.polygon(OVAL)

    @property
    def mouth(self) -> Mask:
        """What lies between the lips."""
        return self.polygon(INNER_LIPS)

    @property
    def lips(self) -> Mask:
        """Lips and mouth."""
        return self.polygon(OUTER_LIPS)

    @property
    def eyes(self) -> Mask:
        """What lies between the lids."""
        return cv2.bitwise_or(self.polygon(RIGHT_EYE), self.polygon(LEFT_EYE))


def flatten(open_mouth: Floats, rings: Floats) -> tuple[Floats, np.ndarray]:
    """Lay a face flat once: (550, 2) positions in 0..1 and (T, 3) triangles.

    Args:
        open_mouth: (478, 3) canonical shape of an average face whose mouth is open.
        rings: its ring offsets (2, 36, 3).
    """
    shape = widen(open_mouth, rings)
    x = shape[:, 0] - shape[:468, 0].mean()
    z = shape[:, 2] - shape[:468, 2].max() - 0.35 * np.ptp(shape[:468, 0])
    flat = np.stack([np.arctan2(x, -z) * _SPREAD, shape[:, 1]], 1)
    centre = flat[:468].mean(0)
    outward = flat[OVAL] - centre
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    inner = flat[OVAL]
    for k in range(2):
        step = np.linalg.norm(rings[k] - (rings[k - 1] if k else 0), axis=1, keepdims=True)
        inner = inner + outward * step
        flat[478 + 36 * k : 514 + 36 * k] = inner
    flat[:, 0] = _SPREAD * _WIDE * np.tanh(flat[:, 0] / (_SPREAD * _WIDE))
    flat -= flat.min(0)
    flat /= flat.max(0)
    used = np.array([k for k in range(len(flat)) if k not in _SKIPPED])
    triangles = used[Delaunay(flat[used]).simplices].astype(np.int32)
    rim = flat[514:].astype(np.float32)
    keep = [cv2.pointPolygonTest(rim, tuple(map(float, flat[t].mean(0))), False) >= 0 for t in triangles]
    return flat.astype(np.float32), np.ascontiguousarray(triangles[keep])


def scale_between(size: int, other: int) -> float:
    """Return how many texels of a layout of ``size`` go into the length of one of a layout of ``other``."""
    return (size - 1 - 2 * BORDER) / (other - 1 - 2 * BORDER)


@lru_cache(maxsize=8)
def _layout(size: int, uv_bytes: bytes, triangle_bytes: bytes) -> Layout:
    uv = np.frombuffer(uv_bytes, np.float32).reshape(-1, 2) * (size - 1 - 2 * BORDER) + BORDER
    triangles = np.frombuffer(triangle_bytes, np.int32).reshape(-1, 3)
    flat = np.column_stack([uv, np.zeros(len(uv), np.float32)])
    number = np.arange(len(triangles), dtype=np.float32)
    weight = np.zeros((size, size, 3), np.float32)
    which = np.full((size, size), -1, np.int32)
    for corner in range(3):
        # Each corner's share is an attribute that is 1 at that corner; triangles do not share vertices for this.
        split = flat[triangles].reshape(-1, 3)
        own = np.arange(len(split), dtype=np.int32).reshape(-1, 3)
        share = np.zeros((len(split), 2), np.float32)
        share[own[:, corner], 0] = 1
        share[:, 1] = np.repeat(number, 3)
        out, inside = rasterise(split, own, share, (size, size))
        weight[..., corner] = out[..., 0]
        which = np.where(inside > 0, np.round(out[..., 1]).astype(np.int32), -1)
    triangle = np.maximum(which, 0)
    return Layout(size, uv, triangles, triangle, triangles[triangle], weight, which >= 0)


def make_layout(uv: Floats, triangles: np.ndarray, size: int) -> Layout:
    """Return the layout at a resolution, from positions in 0..1; the last few are kept in memory."""
    return _layout(size, uv.astype(np.float32).tobytes(), triangles.astype(np.int32).tobytes())
