"""Palms: where a hand is, before its points are read (MediaPipe's palm detector, run by LiteRT)."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from bonaface.faces.network import LiteNetwork
from bonaface.faces.region import Region, crop_region
from bonaface.terms.arrays import Doubles, Floats, Rgb8

_INPUT_PX = 192
_SCORE = 0.5
_SAME_PALM = 0.3  # intersection over union, as the public graph file says
# (cells a side, anchors a cell) of the two anchor grids: strides 8 and, three layers together, 16.
_GRIDS = ((24, 2), (12, 6))


@dataclass(frozen=True, slots=True, eq=False)
class Palm:
    """``box_xywh_px`` (4,) and ``points_xy_px`` (7, 2) float64: wrist, knuckles, thumb; ``score`` 0..1."""

    box_xywh_px: Doubles
    points_xy_px: Doubles
    score: float


class PalmDetector:
    """Finds palms. An instance belongs to one thread."""

    def __init__(self, *, num_threads: int = 2) -> None:
        """Load the network.

        Raises:
            MissingPartError: the model file is missing.
        """
        self._network = LiteNetwork("palm_detection_full.tflite", num_threads=num_threads)
        self._anchors = np.concatenate([_grid_centres(cells, count) for cells, count in _GRIDS])

    def find(self, rgb8: Rgb8, region: Region | None = None) -> list[Palm]:
        """Return the palms in a square of the picture, by default all of it, the surest first."""
        height, width = rgb8.shape[:2]
        if region is None:
            region = Region(np.array([(width - 1) / 2, (height - 1) / 2]), float(max(height, width)), 0.0)
        crop, back = crop_region(rgb8, region, _INPUT_PX, cv2.BORDER_CONSTANT)
        out = self._network.run_picture(crop)
        scores = 1 / (1 + np.exp(-np.clip(out["Identity_1"], -100, 100)))
        sure = np.flatnonzero(scores > _SCORE)
        if not len(sure):
            return []
        # A row: box centre and size, then seven points, all in input pixels relative to the anchor.
        rows = out["Identity"].reshape(-1, 9, 2)[sure].astype(np.float64)
        rows[:, [0, 2, 3, 4, 5, 6, 7, 8]] += self._anchors[sure, None]
        scale = float(np.hypot(back[0, 0], back[1, 0]))
        rows[:, [0, 2, 3, 4, 5, 6, 7, 8]] = rows[:, [0, 2, 3, 4, 5, 6, 7, 8]] @ back[:, :2].T + back[:, 2]
        rows[:, 1] *= scale
        return [_palm(row, score) for row, score in _merge(rows, scores[sure])]


def _grid_centres(cells: int, count: int) -> Doubles:
    """Return (cells * cells * count, 2): centres of the cells in input pixels, each repeated, row by row."""
    steps = (np.arange(cells) + 0.5) * (_INPUT_PX / cells) - 0.5
    y, x = np.meshgrid(steps, steps, indexing="ij")
    return np.repeat(np.stack([x.ravel(), y.ravel()], 1), count, axis=0)


def _merge(rows: Doubles, scores: Floats) -> list[tuple[Doubles, float]]:
    """Suppress by weighted means: finds that overlap the surest are averaged with it by their scores."""
    low, high = rows[:, 0] - rows[:, 1] / 2, rows[:, 0] + rows[:, 1] / 2
    left = list(np.argsort(-scores))
    merged = []
    while left:
        first = left[0]
        common = np.clip(np.minimum(high[left], high[first]) - np.maximum(low[left], low[first]), 0, None).prod(1)
        area = rows[left, 1].prod(1)
        same = common / (area + rows[first, 1].prod() - common) > _SAME_PALM
        same[0] = True
        group = [k for k, is_same in zip(left, same, strict=True) if is_same]
        weights = scores[group] / scores[group].sum()
        merged.append((np.tensordot(weights, rows[group], 1), float(scores[first])))
        left = [k for k in left if k not in group]
    return merged


def _palm(row: Doubles, score: float) -> Palm:
    centre, size = row[0], row[1]
    return Palm(np.concatenate([centre - size / 2, size]), row[2:], score)
