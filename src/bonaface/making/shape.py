"""The shape of a face in canonical space: pose removed, the face about 100 units wide, nearer is smaller z.

Vertices: 0 to 467 the mesh, 468 to 477 the irises, then two rings of 36 outside the oval, which carry forehead,
temples and the edge of the jaw.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from bonaface.terms.arrays import Floats


class ExpressionPrior(Protocol):
    """What `making.prior.Prior` knows of faces and of expression."""

    @property
    def reference(self) -> Floats: ...  # noqa: D102
    @property
    def expression(self) -> Floats: ...  # noqa: D102
    @property
    def calm(self) -> Floats: ...  # noqa: D102
    @property
    def calm_spread(self) -> Floats: ...  # noqa: D102


OVAL = np.array(
    [10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
     152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109]
)  # fmt: skip
"""Outline of the mesh, clockwise as seen, from the forehead."""
INWARD = np.array(
    [151, 337, 299, 333, 298, 301, 368, 264, 447, 366, 401, 435, 367, 364, 394, 395, 369, 396,
     175, 171, 140, 170, 169, 135, 138, 215, 177, 137, 227, 34, 139, 71, 68, 104, 69, 108]
)  # fmt: skip
"""For each vertex of the oval, its neighbour towards the middle of the face."""
INNER_LIPS = np.array([78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95])
OUTER_LIPS = np.array([61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146])
RIGHT_EYE = np.array([33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7])
LEFT_EYE = np.array([263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249])
IRIS = ((468, 469, 471, 33, 133, 159, 145), (473, 474, 476, 263, 362, 386, 374))
"""Per eye: centre and the two sides of the iris, outer and inner corner, middle of the upper and lower lid."""
_CALM_SPREADS = 1.5
_NEAR_CALM = 1.0
"""Distance of a vertex, of 100 across the face, from which an expression taken away costs a frame its weight."""
_TRUSTED = 3.5
"""Distance at which the person's own frames say no more than the average face."""

_RING_LENGTH = (9.0, 9.0)
_RING_BEND_RAD = (np.radians(25.0), np.radians(55.0))


def ring_offsets(neutral: Floats) -> Floats:
    """Return (2, 36, 3): where the rings lie, seen from the oval of ``neutral`` (478, 3).

    They go on along the surface and bend back with the skull; long at forehead and temples, short at the chin.
    """
    outline = neutral[OVAL]
    outward = outline - neutral[INWARD]
    outward[:, 2] *= 0.5
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    outward = (np.roll(outward, 1, 0) + 2 * outward + np.roll(outward, -1, 0)) / 4
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    top, chin = outline[:, 1].min(), outline[:, 1].max()
    height = (chin - outline[:, 1]) / (chin - top)
    size = np.clip(0.35 + 1.2 * np.clip(height - 0.25, 0, 1), 0.35, 1.15)[:, None]
    back = np.array([0.0, 0.0, 1.0])
    rings, here = [], np.zeros_like(outline)
    for length, bend in zip(_RING_LENGTH, _RING_BEND_RAD, strict=True):
        here = here + length * size * (outward * np.cos(bend) + back * np.sin(bend))
        rings.append(here)
    return np.stack(rings).astype(np.float32)


def widen(canonical: Floats, rings: Floats) -> Floats:
    """Add the rings to canonical meshes (..., 478, 3); returns (..., 550, 3)."""
    oval = canonical[..., OVAL, :]
    return np.concatenate([canonical, oval + rings[0], oval + rings[1]], axis=-2).astype(np.float32)


def place_irises(canonical: Floats) -> Floats:
    """Return a copy of (..., 478, 3) whose irises stay between corners and lids, so that no triangle folds."""
    out = canonical.copy()
    for centre, side_a, side_b, outer, inner, upper, lower in IRIS:
        start = canonical[..., outer, :2]
        axis = canonical[..., inner, :2] - start
        length2 = (axis**2).sum(-1) + 1e-9
        normal = np.stack([-axis[..., 1], axis[..., 0]], -1)

        def place(k: int, towards: Floats, start: Floats = start, length2: Floats = length2) -> Floats:
            return np.asarray(((canonical[..., k, :2] - start) * towards).sum(-1) / length2)

        lids = np.stack([place(upper, normal), place(lower, normal)])
        low, high = lids.min(0), lids.max(0)
        margin = 0.15 * (high - low)
        across = np.clip(place(centre, normal), low + margin, high - margin)
        depth = canonical[..., inner, 2] - canonical[..., outer, 2]
        for k in (centre, side_a, side_b):
            along = np.clip(place(k, axis), 0.04, 0.96)
            out[..., k, :2] = start + along[..., None] * axis + across[..., None] * normal
            out[..., k, 2] = canonical[..., outer, 2] + along * depth
    return out


def mouth_opening(vertices: Floats) -> Floats:
    """Return (...): the distance of the inner lips' middles, of meshes or of displacements (..., 478, 3)."""
    return np.asarray(np.linalg.norm(vertices[..., 13, :] - vertices[..., 14, :], axis=-1))


def neutral_shape(canonical: Floats, blendshapes: Floats, prior: ExpressionPrior) -> Floats:
    """Return the person's own shape (478, 3): the weighted median of what is left when expression is taken away.

    Only what goes beyond the readings that calm people differ by is taken away: a brow that the network always reads
    as lowered is this person's brow. What is known of expression in general is wrong by a share of what it takes away,
    so that frames count less the more had to go, and where all are expressive the average face has a say.

    Args:
        canonical: (N, 478, 3) meshes; blendshapes: (N, 52).
        prior: the average face, how expression moves vertices, and what is read of calm people.
    """
    away = blendshapes - prior.calm
    beyond = np.sign(away) * np.maximum(np.abs(away) - _CALM_SPREADS * prior.calm_spread, 0)
    moved = beyond @ prior.expression
    taken = (moved**2).sum(axis=1) / len(prior.reference)
    weight = 1 / (1 + taken / _NEAR_CALM**2) ** 2
    own = _weighted_median(canonical.reshape(moved.shape) - moved, weight).reshape(-1, 3)
    doubt = float(weight @ taken / weight.sum())
    average = doubt / (doubt + _TRUSTED**2)
    return np.asarray(own * (1 - average) + prior.reference * average, np.float32)


def _weighted_median(values: Floats, weight: Floats) -> Floats:
    """Return for each column of (N, K) the value at which half the weight (N,) lies on either side: (K,)."""
    order = np.argsort(values, axis=0)
    share = np.cumsum(weight[order], axis=0)
    middle = (share >= share[-1] / 2).argmax(axis=0)
    return np.asarray(np.take_along_axis(values, np.take_along_axis(order, middle[None], 0), 0)[0])
