"""Mouths of some frames of a person, as filmed, and as they are painted by what was learned from other frames."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np

from bonaface.faces.hair import HairFinder
from bonaface.faces.pose import fit_pose, head_angles_deg, to_canonical, to_picture
from bonaface.making.avatar import Avatar, fit
from bonaface.making.canvas import calm_fold, cross_fit, draw_canvases, some
from bonaface.making.painter import Painter, Pose, Weights
from bonaface.making.patch import mouth_patch
from bonaface.making.prior import Prior
from bonaface.making.rehearsal import rehearse
from bonaface.making.shape import place_irises, ring_offsets, widen
from bonaface.making.texture import predict
from bonaface.making.unwrapped import Unwrapped, unwrap_material
from bonaface.people.face_set import FaceSet
from bonaface.terms.arrays import Floats
from bonaface.terms.errors import GET_TORCH, MissingPartError
from bonaface.terms.progress import Progress, Step, silent


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """A way to paint mouths: its ``name``, and a patch (side, side, 3) float32 0..255 for each frame."""

    name: str
    patches: Sequence[Floats]


def ways_to_paint(
    material: FaceSet, given: np.ndarray, tested: np.ndarray, prior: Prior, minutes: float, progress: Progress = silent
) -> tuple[list[Floats], list[Way]]:
    """Return the ``tested`` rows' mouths as filmed, and as painted by what was learned from the ``given`` rows alone.

    Shape, texture and painter know only the given rows. ``minutes``: how long the painter is adapted to them.

    Raises:
        MissingPartError: adapting without torch, or no painter ships.
    """
    calm = material.chosen(given)
    pictures = unwrap_material(calm, prior, HairFinder().mask, progress)
    avatar = fit(pictures, prior)
    patch = mouth_patch(prior)
    filmed, poses = filmed_mouths(material, tested, pictures, prior)
    base = [predict(avatar.mean, avatar.regions, pose.displacement, pose.angles_deg) for pose in poses]
    mean = patch.take(avatar.mean)
    linear = [np.clip(patch.take(texture), 0, 255) for texture in base]
    ways = [Way("calm mean", [mean] * len(poses)), Way("linear avatar", linear)]
    ways.append(Way("painter as it ships", list(_painted(base, poses, pictures, prior, None))))
    if minutes > 0:
        adapted = _adapted(calm, pictures, avatar, prior, minutes, progress)
        ways.append(Way(f"painter adapted {minutes:g} min", list(_painted(base, poses, pictures, prior, adapted))))
    return filmed, ways


def filmed_mouths(
    material: FaceSet, rows: np.ndarray, pictures: Unwrapped, prior: Prior
) -> tuple[list[Floats], list[Pose]]:
    """Return the mouths of some rows at the patch's resolution, and what the face does there.

    Seen with the neutral of ``pictures``, which may be of other rows.
    """
    patch, rings = mouth_patch(prior), ring_offsets(pictures.neutral)
    filmed, poses = [], []
    for row in rows:
        pose = fit_pose(material.points[row], prior.reference)
        shape = place_irises(to_canonical(material.points[row], pose))
        vertices = to_picture(widen(shape, rings), pose)
        filmed.append(patch.unwrap(material.crop(int(row)), vertices).astype(np.float32))
        angles = np.asarray(head_angles_deg(pose), np.float32)
        poses.append(Pose(shape, shape - pictures.neutral, angles))
    return filmed, poses


def _painted(
    base: Sequence[Floats], poses: Sequence[Pose], pictures: Unwrapped, prior: Prior, weights: Weights | None
) -> Iterator[Floats]:
    painter, patch = Painter("mouth", prior, pictures.face_px, weights), mouth_patch(prior)
    for texture, pose in zip(base, poses, strict=True):
        whole = texture.copy()
        painter.paint(whole, pose)
        yield np.clip(patch.take(whole), 0, 255)


def _adapted(
    material: FaceSet, pictures: Unwrapped, avatar: Avatar, prior: Prior, minutes: float, progress: Progress
) -> Weights:
    if find_spec("torch") is None:
        raise MissingPartError(f"Adapting the painter needs torch; {GET_TORCH}")
    from bonaface.making.adapt import Adapter  # noqa: PLC0415  # torch, which only this needs

    rows = np.arange(len(pictures.rows))
    ways = cross_fit(pictures, prior, rows, calm_fold(pictures, prior, rows))
    own = draw_canvases(material, pictures, ways, some(rows), prior)
    adapter = Adapter(own, rehearse(pictures, avatar, prior))
    began_s = time.monotonic()
    while (spent_s := time.monotonic() - began_s) < 60 * minutes:
        loss = adapter.step()
        progress(Step("adapting the painter", round(spent_s), round(60 * minutes), "seconds", f"loss {loss:.3f}"))
    return adapter.weights("mouth")
