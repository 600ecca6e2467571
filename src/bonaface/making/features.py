"""What a texture is predicted from: codes of expression and the turn of the head, held within what was filmed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bonaface.making.shape import INNER_LIPS, IRIS, LEFT_EYE, OUTER_LIPS, RIGHT_EYE
from bonaface.terms.arrays import Floats

_FILMED = 0.97
_BEYOND, _WHOLLY = 1.1, 1.7
"""Reach from which an expression counts as never filmed, and wholly so."""
_MAIN = 4
MOUTH = np.concatenate([INNER_LIPS, OUTER_LIPS, [152, 148, 377, 205, 425, 50, 280]])
"""Vertices that tell what a mouth does: lips, chin and the cheeks beside the nose."""
_BROWS = [70, 63, 105, 66, 107, 55, 65, 52, 53, 46, 300, 293, 334, 296, 336, 285, 295, 282, 283, 276]
EYES = np.concatenate([RIGHT_EYE, LEFT_EYE, [k for eye in IRIS for k in eye[:3]], _BROWS])
"""Vertices that tell what the eyes do: lids, irises and brows."""


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """A linear code of vertex displacements, whitened over the person's own film, and head angles.

    ``directions`` (K, D) take the displacements of ``vertices`` (D / 3) to codes; ``mean`` (K,) and ``whiten`` (K, K)
    make them unit; beyond ``radius`` (97 % of what was filmed; ``main_radius`` of the first four alone) a code is
    shrunk back. Angles in degrees are clipped to ``low`` .. ``high`` (3,) and scaled by ``middle`` and ``spread`` (3,).
    """

    vertices: np.ndarray
    directions: Floats
    mean: Floats
    whiten: Floats
    radius: float
    main_radius: float
    low: Floats
    high: Floats
    middle: Floats
    spread: Floats

    def reach(self, displacement: Floats) -> float:
        """How far one displacement (478, 3) lies from what was filmed: up to 1 inside, 2 = twice as far.

        Only the strongest movements count; in the others any two people differ.
        """
        code = (displacement[self.vertices].ravel() @ self.directions.T - self.mean) @ self.whiten.T
        return float(np.linalg.norm(code[:_MAIN])) / self.main_radius

    def beyond(self, displacement: Floats) -> float:
        """How far one displacement (478, 3) is of what was never filmed: 0 filmed, 1 wholly beyond; smooth between."""
        x = float(np.clip((self.reach(displacement) - _BEYOND) / (_WHOLLY - _BEYOND), 0, 1))
        return x * x * (3 - 2 * x)

    def encode(self, displacement: Floats, angles_deg: Floats) -> Floats:
        """Return (N, F) features of displacements (N, 478, 3) from the neutral and angles (N, 3)."""
        moved = displacement[:, self.vertices].reshape(len(displacement), -1)
        code = (moved @ self.directions.T - self.mean) @ self.whiten.T
        length = np.linalg.norm(code, axis=1, keepdims=True)
        code = code * np.minimum(1, self.radius / np.maximum(length, 1e-6))
        turn = (np.clip(angles_deg, self.low, self.high) - self.middle) / self.spread
        return np.concatenate([code, turn, turn**2, np.ones((len(code), 1))], 1).astype(np.float32)


def _make(vertices: np.ndarray, directions: Floats, displacement: Floats, angles_deg: Floats, floor: float) -> Features:
    code = displacement[:, vertices].reshape(len(displacement), -1) @ directions.T
    mean = code.mean(0)
    # The floor keeps directions that were hardly filmed from being blown up to unit variance.
    covariance = np.atleast_2d(np.cov((code - mean).T)) if len(code) > 1 else np.zeros((code.shape[1],) * 2)
    whiten = np.linalg.inv(np.linalg.cholesky(covariance + floor * np.eye(len(mean))))
    unit = (code - mean) @ whiten.T
    radius, main = (float(np.quantile(np.linalg.norm(x, axis=1), _FILMED)) for x in (unit, unit[:, :_MAIN]))
    low, high = np.quantile(angles_deg, [0.01, 0.99], axis=0)
    single = (mean, whiten, low, high, angles_deg.mean(0), np.maximum(angles_deg.std(0), 1.0))
    mean, whiten, low, high, middle, spread = (np.asarray(x, np.float32) for x in single)
    return Features(
        vertices,
        directions.astype(np.float32),
        mean,
        whiten,
        max(radius, 1e-3),
        max(main, 1e-3),
        low,
        high,
        middle,
        spread,
    )


def face_features(displacement: Floats, angles_deg: Floats, codes: Floats) -> Features:
    """Features of the whole face by the people-wide codes (16, 1434)."""
    return _make(np.arange(478), codes, displacement, angles_deg, floor=1e-2)


def part_features(displacement: Floats, angles_deg: Floats, vertices: np.ndarray, most: int) -> Features:
    """Features of a part of the face by the person's own ``most`` principal movements of its vertices."""
    moved = displacement[:, vertices].reshape(len(displacement), -1)
    count = min(most, max(1, len(moved) - 1))
    directions = np.linalg.svd(moved - moved.mean(0), full_matrices=False)[2][:count]
    return _make(vertices, directions, displacement, angles_deg, floor=1e-2)
