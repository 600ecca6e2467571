"""What a network that paints a person learns from: patches as filmed, beside patches as an avatar would show them.

An avatar shows the frames that it was learned from too well. So each frame is shown by avatars that were learned from
others: from the other quarters of the time, and where the face moves much, from the half in which it moves little. What
an avatar shows is first lit as the frame is: light drifts over a clip, and a network that is shown the drift learns it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from bonaface.faces.pose import fit_pose, to_picture
from bonaface.making.avatar import Avatar, fit
from bonaface.making.painter import PARTS, Pose, patches_of, told
from bonaface.making.patch import Patch
from bonaface.making.prior import Prior
from bonaface.making.shape import mouth_opening, ring_offsets, widen
from bonaface.making.texture import predict
from bonaface.making.unwrapped import Material, Unwrapped
from bonaface.terms.arrays import Floats

MOST = 600
"""Frames that are painted; more teach no more in the minutes at hand, and take memory."""
_MOST_TO_FIT = 400
_FOLDS = 4
_MOVED = 0.4
_LIGHT_STEP, _LIGHT_ROUNDS, _LIGHT_LEAST = 3, 2, 4.0
_GAIN = (0.5, 2.0)
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


def calm_fold(pictures: Unwrapped, prior: Prior, rows: np.ndarray) -> Fold:
    """Return an avatar of the half of ``rows`` in which the face moves least."""
    moved = np.linalg.norm(pictures.displacement[rows], axis=2).mean(axis=1)
    return _fold(pictures, prior, rows[np.sort(np.argsort(moved)[: len(rows) // 2])])


def most_moved(pictures: Unwrapped, rows: np.ndarray, calm: Fold, vertices: np.ndarray) -> np.ndarray:
    """Return the two fifths of ``rows`` unknown to the calm avatar in which these vertices move most."""
    unknown = rows[calm.others[rows]]
    moved = np.linalg.norm(pictures.displacement[unknown][:, vertices], axis=2).mean(axis=1)
    return unknown[np.sort(np.argsort(moved)[-max(1, round(_MOVED * len(unknown))) :])]


def cross_fit(pictures: Unwrapped, prior: Prior, rows: np.ndarray, calm: Fold) -> tuple[tuple[Fold, ...], ...]:
    """Return two ways to show ``rows`` by avatars that were not learned from them: by time, and by calm frames."""
    rest = [np.setdiff1d(rows, part) for part in np.array_split(rows, min(_FOLDS, len(rows)))]
    by_time = tuple(_fold(pictures, prior, part) for part in rest)
    return by_time, (calm, *by_time)


def _fold(pictures: Unwrapped, prior: Prior, rows: np.ndarray) -> Fold:
    return Fold(fit(pictures, prior, some(rows, _MOST_TO_FIT)), ~np.isin(np.arange(len(pictures.rows)), rows))


def draw_canvases(
    material: Material,
    pictures: Unwrapped,
    ways: tuple[tuple[Fold, ...], ...],
    rows: np.ndarray,
    prior: Prior,
    parts: Sequence[str] = PARTS,
) -> dict[str, Canvas]:
    """Return the canvas of each of the ``parts`` for some rows of ``pictures``, which were laid flat from ``material``.

    In each of the ``ways`` a row is shown by the first fold whose avatar was not learned from it.
    """
    drafts = {part: _Draft(patches_of(part, prior), [[] for _ in ways]) for part in parts}
    rings = ring_offsets(pictures.neutral)
    for row in rows:
        number = int(pictures.rows[row])
        displacement, angles = pictures.displacement[row], pictures.angles_deg[row]
        pose = Pose(pictures.neutral + displacement, displacement, angles)
        vertices = to_picture(widen(pose.shape, rings), fit_pose(material.points[number], prior.reference))
        crop = material.crop(number)
        between = float(np.clip(mouth_opening(pose.shape) / _OPEN, _LEAST, 1))
        for part, draft in drafts.items():
            draft.true += [patch.unwrap(crop, vertices) for patch in draft.patches]
            share = between if part == "mouth" else 1.0
            draft.weight += [patch.soft * np.where(patch.inner > 0, share, 1) for patch in draft.patches]
            geometry, code = told(draft.patches, pose, prior, pictures.face_px)
            draft.geometry.append(geometry)
            draft.code.append(code)
        for way, folds in enumerate(ways):
            avatar = next(fold.avatar for fold in folds if fold.others[row])
            texture = predict(avatar.mean, avatar.regions, displacement, angles)
            texture8 = np.clip(texture, 0, 255).astype(np.uint8)
            for draft in drafts.values():
                for patch, true in zip(draft.patches, draft.true[-len(draft.patches) :], strict=True):
                    draft.shown[way].append(_lit_as(patch.take(texture8), true, patch))
    return {part: draft.canvas() for part, draft in drafts.items()}


def _lit_as(shown: np.ndarray, true: np.ndarray, patch: Patch) -> np.ndarray:
    """Return a patch (side, side, 3) uint8 in the light of another: a gain over the skin that rises or falls evenly."""
    axis = np.linspace(-1, 1, patch.side)
    plane = np.stack([np.ones((patch.side,) * 2), *np.meshgrid(axis, axis)], -1)
    where = np.zeros((patch.side,) * 2, bool)
    where[::_LIGHT_STEP, ::_LIGHT_STEP] = True
    where &= (patch.hole == 0) & (patch.soft > 0)
    gains = np.empty(shown.shape, np.float64)
    for channel in range(3):
        known = plane[where] * shown[where, channel].astype(np.float64)[:, None]
        wanted = true[where, channel].astype(np.float64)
        weight = np.ones(len(wanted))
        for _ in range(_LIGHT_ROUNDS):
            square = (known * weight[:, None]).T @ known + np.eye(3)
            gain = np.linalg.solve(square, (known * weight[:, None]).T @ wanted)
            weight = 1 / np.maximum(np.abs(known @ gain - wanted), _LIGHT_LEAST)
        gains[..., channel] = plane @ gain
    return np.clip(shown * np.clip(gains, *_GAIN), 0, 255).astype(np.uint8)


def some(rows: np.ndarray, most: int = MOST) -> np.ndarray:
    """Return at most so many rows, evenly."""
    return rows[np.unique(np.linspace(0, len(rows) - 1, min(len(rows), most)).astype(int))]


@dataclass(slots=True, eq=False)
class _Draft:
    """The canvas of a part while its rows are drawn."""

    patches: tuple[Patch, ...]
    shown: list[list[np.ndarray]]
    true: list[np.ndarray] = field(default_factory=list)
    geometry: list[Floats] = field(default_factory=list)
    code: list[Floats] = field(default_factory=list)
    weight: list[Floats] = field(default_factory=list)

    def canvas(self) -> Canvas:
        return Canvas(
            np.stack(self.true),
            np.stack([np.stack(each) for each in self.shown]),
            np.concatenate(self.geometry),
            np.concatenate(self.code),
            np.stack(self.weight).astype(np.float32),
        )
