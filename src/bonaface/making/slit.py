"""Slits: lids and lips that are nearly closed, drawn at three times the resolution and shrunk.

Between closed lids all of the eye's texture lies within a pixel. One sample a pixel hits it or misses it: a dark
staircase. Where they stand open one sample is enough, and sharper.
"""

from __future__ import annotations

import cv2
import numpy as np

from bonaface.making.layout import Layout
from bonaface.making.raster import rasterise, sample
from bonaface.making.shape import INNER_LIPS, LEFT_EYE, RIGHT_EYE
from bonaface.terms.arrays import Floats

_TIMES = 3
_AROUND_PX = 3
_THIN_PX, _OPEN_PX = 2.0, 4.0
"""Mean height up to which a slit is drawn finely, and from which it is not."""


def redraw(layer: Floats, texture: Floats, vertices: Floats, layout: Layout) -> None:
    """Draw eyes and mouth, as far as they are slits, finely over ``layer`` (H, W, 3), in place.

    Args:
        texture: (size, size, 3) in ``layout``; vertices: (550, 3) in pixels of the layer.
    """
    size = np.array(layer.shape[1::-1])
    for rim in (RIGHT_EYE, LEFT_EYE, INNER_LIPS):
        outline = np.ascontiguousarray(vertices[rim, :2], np.float32)
        thick = cv2.contourArea(outline) / max(float(np.linalg.norm(np.ptp(outline, axis=0))), 1e-6)
        share = np.float32(np.clip((_OPEN_PX - thick) / (_OPEN_PX - _THIN_PX), 0, 1))
        low = np.clip(np.floor(outline.min(0)).astype(int) - _AROUND_PX, 0, size)
        high = np.clip(np.ceil(outline.max(0)).astype(int) + _AROUND_PX + 1, 0, size)
        width, height = (int(side) for side in high - low)
        if share == 0 or width < 1 or height < 1:
            continue
        # Of the three samples along a pixel the middle one is its own place.
        near = (vertices - np.array([*low, 0], np.float32)) * np.float32(_TIMES) + np.float32((_TIMES - 1) / 2)
        where, inside = rasterise(near, layout.triangles, layout.uv, (height * _TIMES, width * _TIMES))
        fine = cv2.resize(sample(texture, where, cv2.INTER_CUBIC), (width, height), interpolation=cv2.INTER_AREA)
        whole = cv2.resize(inside, (width, height), interpolation=cv2.INTER_AREA) == 255
        part = layer[low[1] : high[1], low[0] : high[0]]
        part[whole] += share * (fine - part)[whole]
