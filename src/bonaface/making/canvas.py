"""What a network that paints a person learns from: patches as filmed, beside patches as an avatar would show them.

An avatar shows the frames that it was learned from too well. So each frame is shown by avatars that were learned from
others: from the other half of the time, and where the face moves much, from the half in which it moves little.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bonaface.faces.pose import fit_pose, to_picture
from bonaface.making.avatar import Avatar, fit
from bonaface.making.painter import PARTS, Pose, patches_of, told
from bonaface.making.prior import Prior
from bonaface.making.shape import ring_offsets, widen
from bonaface.making.texture import predict
from bonaface.making.unwrapped import Material, Unwrapped
from bonaface.terms.arrays import Floats

MOST = 600
"""Frames that are painted; more teach no more in the minutes at hand, and take memory."""
_MOST_TO_FIT = 400
_LIPS = (13, 14)
_OPEN = 14.0
"""Distance of the inner lips, of a face 100 wide, from which what lies between them counts fully."""
_LEAST = 0.08


@dataclass(frozen=True, slots=True, eq=False)
class Canvas:
    """Frames of one part; both eyes are rows of their own.

    ``true`` (N, side, side, 3) uint8; ``shown`` (V, N, side, side, 3) uint8 the same as V avatars show it; ``geometry``
    (N, 6, side / 2, side / 2) and ``code`` (N, K) what the network is told; ``weight`` (N, side, side) 0..1 how far a
    texel counts: what lies between closed lips is stretched out of nothing.
    """

    true: np.ndarray
    shown: np.ndarray
    geometry: Floats
    code: Floats
    weight: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Fold:
    """An avatar, and the rows (N,) bool that it was not learned from."""

    avatar: Avatar
    others: np.ndarray


def cross_fit(pictures: Unwrapped, prior: Prior, rows: np.ndarray) -> tuple[tuple[Fold, ...], ...]:
    """Return two ways to show ``rows`` by avatars that were not learned from them."""
    half = len(rows) // 2
    moved = np.linalg.norm(pictures.displacement[rows], axis=2).mean(axis=1)
    calm = rows[np.sort(np.argsort(moved)[:half])]
    parts = (rows[:half], rows[half:], calm)
    first, second, still = (fit(pictures, prior, some(part, _MOST_TO_FIT)) for part in parts)
    count = len(pictures.rows)
    early, little = (np.isin(np.arange(count), part) for part in (parts[0], calm))
    by_time = (Fold(first, ~early), Fold(second, early))
    return by_time, (Fold(still, ~little), *by_time)


def draw_canvases(
    material: Material, pictures: Unwrapped, ways: tuple[tuple[Fold, ...], ...], rows: np.ndarray, prior: Prior
) -> dict[str, Canvas]:
    """Return the canvas of each part for some rows of ``pictures``, which were laid flat from ``material``.

    In each of the ``ways`` a row is shown by the first fold whose avatar was not learned from it.
    """
    return {part: _canvas(part, material, pictures, ways, rows, prior) for part in PARTS}


def some(rows: np.ndarray, most: int = MOST) -> np.ndarray:
    """Return at most so many rows, evenly."""
    return rows[np.unique(np.linspace(0, len(rows) - 1, min(len(rows), most)).astype(int))]


def _canvas(
    part: str,
    material: Material,
    pictures: Unwrapped,
    ways: tuple[tuple[Fold, ...], ...],
    rows: np.ndarray,
    prior: Prior,
) -> Canvas:
    patches = patches_of(part, prior)
    rings = ring_offsets(pictures.neutral)
    true, weight, geometry, code = [], [], [], []
    shown: list[list[np.ndarray]] = [[] for _ in ways]
    for row in rows:
        number = int(pictures.rows[row])
        displacement, angles = pictures.displacement[row], pictures.angles_deg[row]
        shape = pictures.neutral + displacement
        vertices = to_picture(widen(shape, rings), fit_pose(material.points[number], prior.reference))
        crop = material.crop(number)
        true += [patch.unwrap(crop, vertices) for patch in patches]
        between = float(np.clip(np.linalg.norm(shape[_LIPS[0]] - shape[_LIPS[1]]) / _OPEN, _LEAST, 1))
        share = between if part == "mouth" else 1.0
        weight += [patch.soft * np.where(patch.inner > 0, share, 1) for patch in patches]
        face, words = told(patches, Pose(shape, displacement, angles), prior, pictures.face_px)
        geometry.append(face)
        code.append(words)
        for into, folds in zip(shown, ways, strict=True):
            avatar = next(fold.avatar for fold in folds if fold.others[row])
            texture = predict(avatar.mean, avatar.regions, displacement, angles)
            texture8 = np.clip(texture, 0, 255).astype(np.uint8)
            into += [patch.take(texture8) for patch in patches]
    return Canvas(
        np.stack(true),
        np.stack([np.stack(each) for each in shown]),
        np.concatenate(geometry),
        np.concatenate(code),
        np.stack(weight).astype(np.float32),
    )
