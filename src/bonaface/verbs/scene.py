"""What a target shows: its faces gathered from all frames, and who of them plays which part."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeVar

import numpy as np

from bonaface.faces.crop import crop_face
from bonaface.faces.proportion import LARGEST_IRIS, iris_share
from bonaface.terms.arrays import Floats, Rgb8
from bonaface.terms.errors import NothingToDoError
from bonaface.terms.face import Face, TrackedFrame

T = TypeVar("T")
Embed = Callable[[Rgb8, Floats], Floats]
"""The identity (128,) of a face: picture and mesh points in, unit vector out."""

SAME_PERSON = 0.363
"""SFace cosine above which OpenCV's authors call two faces the same person (their operating point on LFW)."""
_CLEARLY = 0.2
"""By so much is a face more like a picture than others in the same frame are, so that those must be somebody else."""
_PICTURES = 24
_FEWEST_PICTURES = 6
_ALL_PICTURES = 240
_MESHES = 1500
_TELLING_PX = 40.0
_MOST_PX = 512
"""Longest side of a look: the face is about 230 pixels wide in it, as many as its layout has texels."""


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """One look at a face: a square crop (S, S, 3) uint8 and its mesh (478, 3) in the crop's pixels."""

    crop: Rgb8
    points: Floats


@dataclass(slots=True, eq=False)
class Actor:
    """A face of the target, that is one track, with looks at it spread evenly over all its frames.

    ``points`` holds meshes (478, 3) in frame pixels, ``blendshapes`` (52,) beside them; ``width_px`` the widest that
    the face was in each shot; ``together`` the tracks seen beside it; ``pictures`` is how many looks are kept, up to
    twice as many on the way. What is held does not grow with the length of the clip.
    """

    track: int
    sightings: list[Sighting] = field(default_factory=list)
    points: list[Floats] = field(default_factory=list)
    blendshapes: list[Floats] = field(default_factory=list)
    width_px: dict[int, float] = field(default_factory=dict)
    together: set[int] = field(default_factory=set)
    pictures: int = _PICTURES
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
            self.sightings.append(Sighting(*crop_face(rgb, face.points, _MOST_PX)))
        if len(self.points) > _MESHES:
            self.points, self.blendshapes = self.points[::2], self.blendshapes[::2]
            self._mesh_stride *= 2
        self._count += 1
        self.thin_out(self.pictures)

    def thin_out(self, pictures: int) -> None:
        """Keep only so many looks, up to twice as many on the way."""
        self.pictures = pictures
        while len(self.sightings) > 2 * self.pictures:
            self.sightings = self.sightings[::2]
            self._picture_stride *= 2

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
            if face.track not in self.actors:
                self._welcome(face.track)
            self.actors[face.track].add(rgb, face, self._shot)
            self.actors[face.track].together |= {other.track for other in tracked.faces if other is not face}

    def _welcome(self, track: int) -> None:
        """Take in one more actor; where there are many, each is remembered by fewer looks."""
        self.actors[track] = Actor(track)
        pictures = min(_PICTURES, max(_FEWEST_PICTURES, _ALL_PICTURES // len(self.actors)))
        for actor in self.actors.values():
            actor.thin_out(pictures)


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A part to be played: ``rule`` is ``"all"``, ``"largest"`` or the embedding (128,) of the face to be replaced."""

    name: str
    rule: Literal["all", "largest"] | Floats


def drawn_among(actors: Sequence[Actor], reference: Floats) -> frozenset[int]:
    """Return the tracks of faces that are drawn characters, by their eyes; ``reference`` is the canonical face.

    Small children have such eyes too (see `LARGEST_IRIS`), which is why a picture of the face overrules it. Faces under
    40 pixels are too small to tell.
    """
    return frozenset(
        actor.track
        for actor in actors
        if max(actor.width_px.values()) >= _TELLING_PX and iris_share(actor.meshes()[0], reference) > LARGEST_IRIS
    )


@dataclass(frozen=True, slots=True)
class Playing:
    """Who plays a track: the index of the part, and the shots in which (counted from 1; None: all)."""

    part: int
    shots: frozenset[int] | None = None


def give_parts(
    actors: Sequence[Actor], parts: Sequence[Part], embed: Embed, drawn: Collection[int] = ()
) -> dict[int, Playing]:
    """Return who plays each track that is to be swapped.

    Parts with a face of their own choose first, each the actors most like it; ``all`` and ``largest`` (the largest face
    of each shot) choose among the others, the ``drawn`` left out.

    Raises:
        NothingToDoError: no face for any part.
    """
    playing: dict[int, Playing] = {}
    free = {actor.track: actor for actor in actors}
    wanted = [(index, part.rule) for index, part in enumerate(parts) if not isinstance(part.rule, str)]
    likest = sorted((_likest(actor, wanted, embed) for actor in actors if wanted), key=lambda found: -found[0])
    for likeness, index, actor in likest:
        rivals = [sure for sure, part, other in likest if part == index and other.track in actor.together]
        if likeness >= SAME_PERSON and likeness > max(rivals, default=0.0) - _CLEARLY:
            del free[actor.track]
            playing[actor.track] = Playing(index)
    left_alone = [free.pop(track) for track in drawn if track in free]
    for index, part in enumerate(parts):
        if not isinstance(part.rule, str):
            continue
        if part.rule == "all":
            playing |= dict.fromkeys(free, Playing(index))
        else:
            playing |= {track: Playing(index, shots) for track, shots in _largest(list(free.values())).items()}
    if not playing:
        raise NothingToDoError(_why_nothing(len(actors), len(left_alone), bool(wanted)))
    return playing


def _likest(actor: Actor, wanted: Sequence[tuple[int, Floats]], embed: Embed) -> tuple[float, int, Actor]:
    """Return how like an actor is to the part that is most like it, that part's index, and the actor."""
    face = actor.embedding(embed)
    likeness, index = max((float(face @ rule), index) for index, rule in wanted)
    return likeness, index, actor


def _largest(actors: Sequence[Actor]) -> dict[int, frozenset[int]]:
    """Return the tracks that are the largest of some shot, with these shots."""
    shots: dict[int, set[int]] = {}
    for shot in {shot for actor in actors for shot in actor.width_px}:
        widest = max(actors, key=lambda actor: actor.width_px.get(shot, 0.0))
        shots.setdefault(widest.track, set()).add(shot)
    return {track: frozenset(numbers) for track, numbers in shots.items()}


def _why_nothing(actors: int, drawn: int, by_likeness: bool) -> str:
    if actors == 0:
        return "No face of at least 24 pixels was found; choose another target or another part of it (--from, --to)."
    if actors == drawn and not by_likeness:
        return (
            "The face found has eyes as large as a drawn character's or a small child's; if it is a person's, name it "
            "by a picture of it (--face IMAGE)."
        )
    if by_likeness:
        return f"None of the {actors} faces found is like the picture given; choose another picture or --face all."
    return "Every face found is already played by somebody of the cast; leave one out of --cast."


def _spread(items: list[T], most: int) -> list[T]:
    if len(items) <= most:
        return items
    return [items[k] for k in np.linspace(0, len(items) - 1, most).round().astype(int)]
