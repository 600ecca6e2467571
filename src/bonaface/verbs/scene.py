"""What a target shows: its faces gathered from all frames, and who of them plays which part."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeVar

import numpy as np

from bonaface.terms.arrays import Floats, Rgb8
from bonaface.terms.errors import NothingToDoError
from bonaface.terms.face import Face, TrackedFrame

T = TypeVar("T")
Embed = Callable[[Rgb8, Floats], Floats]
"""The identity (128,) of a face: picture and mesh points in, unit vector out."""

SAME_PERSON = 0.363
"""SFace cosine above which OpenCV's authors call two faces the same person (their operating point on LFW)."""
_PICTURES = 24
_MESHES = 1500
_REGION = 2.2


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """One look at a face: a square crop (S, S, 3) uint8 and its mesh (478, 3) in the crop's pixels."""

    crop: Rgb8
    points: Floats


@dataclass(slots=True, eq=False)
class Actor:
    """A face of the target, that is one track, with looks at it spread evenly over all its frames.

    ``points`` holds meshes (478, 3) in frame pixels, ``blendshapes`` (52,) beside them; ``width_px`` the widest that
    the face was in each shot. What is held does not grow with the length of the clip.
    """

    track: int
    sightings: list[Sighting] = field(default_factory=list)
    points: list[Floats] = field(default_factory=list)
    blendshapes: list[Floats] = field(default_factory=list)
    width_px: dict[int, float] = field(default_factory=dict)
    _count: int = 0
    _picture_stride: int = 1
    _mesh_stride: int = 1

    def add(self, rgb: Rgb8, face: Face, shot: int) -> None:
        """Take one more frame in."""
        self.width_px[shot] = max(self.width_px.get(shot, 0.0), float(np.ptp(face.points[:468, 0])))
        if self._count % self._mesh_stride == 0:
            self.points.append(face.points)
            self.blendshapes.append(face.blendshapes)
        if self._count % self._picture_stride == 0:
            self.sightings.append(look_at(rgb, face.points))
        if len(self.points) > _MESHES:
            self.points, self.blendshapes = self.points[::2], self.blendshapes[::2]
            self._mesh_stride *= 2
        if len(self.sightings) > 2 * _PICTURES:
            self.sightings = self.sightings[::2]
            self._picture_stride *= 2
        self._count += 1

    def looks(self, most: int = _PICTURES) -> list[Sighting]:
        """Return at most so many looks, spread evenly."""
        return _spread(self.sightings, most)

    def meshes(self) -> tuple[Floats, Floats]:
        """Return points (N, 478, 3) and blendshapes (N, 52)."""
        return np.stack(self.points), np.stack(self.blendshapes)

    def embedding(self, embed: Embed) -> Floats:
        """Return the identity (128,): the mean of a few looks, of length 1."""
        mean = np.mean([embed(look.crop, look.points) for look in self.looks(5)], axis=0)
        return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-9), np.float32)


@dataclass(slots=True, eq=False)
class Survey:
    """Gathers the actors of a clip frame by frame."""

    actors: dict[int, Actor] = field(default_factory=dict)
    _shot: int = 0

    def add(self, rgb: Rgb8, tracked: TrackedFrame) -> None:
        """Take one frame in; ``rgb`` (H, W, 3) uint8."""
        self._shot += tracked.cut
        for face in tracked.faces:
            self.actors.setdefault(face.track, Actor(face.track)).add(rgb, face, self._shot)


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A part to be played: ``rule`` is ``"all"``, ``"largest"`` or the embedding (128,) of the face to be replaced."""

    name: str
    rule: Literal["all", "largest"] | Floats


def give_parts(actors: Sequence[Actor], parts: Sequence[Part], embed: Embed) -> dict[int, int]:
    """Return the index of the part for each track that is to be swapped.

    Parts with a face of their own choose first, each the actors most like it; ``all`` and ``largest`` (the largest face
    of each shot) choose among the others.

    Raises:
        NothingToDoError: no face for any part.
    """
    playing: dict[int, int] = {}
    free = {actor.track: actor for actor in actors}
    wanted = [(index, part.rule) for index, part in enumerate(parts) if not isinstance(part.rule, str)]
    for actor in actors if wanted else ():
        face = actor.embedding(embed)
        likeness, index = max((float(face @ rule), index) for index, rule in wanted)
        if likeness >= SAME_PERSON:
            del free[actor.track]
            playing[actor.track] = index
    for index, part in enumerate(parts):
        if isinstance(part.rule, str):
            chosen = set(free) if part.rule == "all" else _largest(list(free.values()))
            playing |= dict.fromkeys(chosen, index)
    if not playing:
        raise NothingToDoError(_why_nothing(len(actors), bool(wanted)))
    return playing


def look_at(rgb: Rgb8, points: Floats) -> Sighting:
    """Return a square crop around the face, 2.2 times its larger side where the picture reaches, with its mesh."""
    low, high = points[:468, :2].min(0), points[:468, :2].max(0)
    half = float((high - low).max()) * _REGION / 2
    middle = (low + high) / 2
    left, top = np.maximum(np.floor(middle - half), 0).astype(int)
    right, bottom = np.ceil(middle + half).astype(int)
    crop = rgb[top : max(bottom, top + 1), left : max(right, left + 1)].copy()
    return Sighting(crop, points - np.array([left, top, 0], np.float32))


def _largest(actors: Sequence[Actor]) -> set[int]:
    shots = {shot for actor in actors for shot in actor.width_px}
    return {max(actors, key=lambda actor: actor.width_px.get(shot, 0.0)).track for shot in shots}


def _why_nothing(actors: int, by_likeness: bool) -> str:
    if actors == 0:
        return "No face of at least 24 pixels was found; choose another target or another part of it (--from, --to)."
    if by_likeness:
        return f"None of the {actors} faces found is like the picture given; choose another picture or --face all."
    return "Every face found is already played by somebody of the cast; leave one out of --cast."


def _spread(items: list[T], most: int) -> list[T]:
    if len(items) <= most:
        return items
    return [items[k] for k in np.linspace(0, len(items) - 1, most).round().astype(int)]
