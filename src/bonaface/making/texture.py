"""A texture that moves with expression: ridge regression from features to texels, region by region."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numba as nb
import numpy as np

from bonaface.making.features import Features
from bonaface.terms.arrays import Floats

_RIDGE = 100.0
_THREADS, _PIECE = 2, 4096


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """A part of the layout with features of its own.

    ``texels`` (M,) int32 flat indices into size * size; ``share`` (M,) float32 how far this region counts there (the
    shares of all regions over a texel add up to 1); ``weights`` (F, M * 3) int16 times ``step`` (F,) float32 are grey
    levels a unit of feature.
    """

    features: Features
    texels: np.ndarray
    share: Floats
    weights: np.ndarray
    step: Floats


@nb.njit(cache=True, fastmath=True, nogil=True)
def _add(out, texels, share, weights, features):  # type: ignore[no-untyped-def]  # numba compiles it
    block = 512
    total = np.empty(block * 3, np.float32)
    for start in range(0, texels.shape[0], block):
        n = min(block, texels.shape[0] - start)
        part = total[: 3 * n]
        part[:] = 0
        for f in range(features.shape[0]):
            value = features[f]
            # Slices and the cast to single precision let the compiler use vector instructions: 7 times faster.
            row = weights[f, 3 * start : 3 * start + 3 * n]
            for k in range(row.shape[0]):
                part[k] += value * np.float32(row[k])
        for k in range(n):
            for c in range(3):
                out[texels[start + k], c] += share[start + k] * part[3 * k + c]


def predict(mean: Floats, regions: Sequence[Region], displacement: Floats, angles_deg: Floats) -> Floats:
    """Return the texture (size, size, 3) float32 0..255 for one displacement (478, 3) and head angles (3,)."""
    out = mean.reshape(-1, 3).copy()
    for region in regions:
        features = region.features.encode(displacement[None], angles_deg[None])[0]
        _add(out, region.texels, region.share, region.weights, features * region.step)
    return out.reshape(mean.shape)


def quantise(weights: Floats) -> tuple[np.ndarray, Floats]:
    """Return weights (F, K) as int16 and the step (F,) of each row."""
    step = np.maximum(np.abs(weights).max(axis=1), 1e-6) / 32767
    return np.round(weights / step[:, None]).astype(np.int16), step.astype(np.float32)


def regress(features: Floats, textures: np.ndarray, seen: np.ndarray, mean: Floats, where: np.ndarray) -> Floats:
    """Return the weights (F, M * 3) that predict textures minus their mean.

    Args:
        features: (N, F).
        textures: (N, K, 3) uint8.
        seen: (N, K) bool; an unseen texel counts as the mean, so that it pulls towards no change.
        mean: (M, 3) of the texels wanted.
        where: (M,) which of the K texels these are; they are gathered piece by piece, since a copy may be a gigabyte.
    """
    n, m = len(features), len(where)
    left = np.linalg.solve(features.T @ features + _RIDGE * np.eye(features.shape[1]), features.T).astype(np.float32)
    out = np.empty((features.shape[1], m * 3), np.float32)

    def solve(start: int) -> None:
        part = slice(start, min(start + _PIECE, m))
        moved = textures[:, where[part]].astype(np.float32)
        moved -= mean[part]
        moved *= seen[:, where[part], None]
        out[:, 3 * part.start : 3 * part.stop] = left @ moved.reshape(n, -1)

    with ThreadPoolExecutor(_THREADS) as threads:
        for _ in threads.map(solve, range(0, m, _PIECE)):
            pass
    return out
