"""Who is who in media: faces that were followed, told apart by person, and the one that is wanted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from bonaface.terms.arrays import Floats
from bonaface.terms.errors import NothingToDoError, SeveralPeopleError

SAME = 0.363
"""Cosine from which two embeddings are one person's (SFace's own threshold)."""


class StrangerError(NothingToDoError):
    """Nobody in the media is the person who is wanted."""


_ELSE = 0.2
"""Below this it is surely somebody else; between the two lie profiles and bad light, which are left out unasked."""
_ALSO_THERE = 0.15
"""Share of the first person's pictures from which a second one has to be asked about."""


@dataclass(slots=True, eq=False)
class Track:
    """One face followed through one file: ``seen`` times, first at ``at_xy_px`` and ``width_px`` wide."""

    source: int
    first_s: float
    last_s: float
    at_xy_px: tuple[int, int] = (0, 0)
    width_px: int = 0
    seen: int = 0
    embeddings: list[Floats] = field(default_factory=list)

    @property
    def embedding(self) -> Floats:
        """The mean identity (128,)."""
        return unit(np.mean(self.embeddings, axis=0))


def unit(vector: Floats) -> Floats:
    """Return the vector with length 1, float32."""
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9), np.float32)


def mean_identity(person: Sequence[Track]) -> Floats:
    """Return the person's identity (128,): the mean over all that was seen."""
    return unit(np.mean([track.embedding * track.seen for track in person], axis=0))


def tell_apart(tracks: Sequence[Track]) -> list[list[Track]]:
    """Return the tracks grouped by person, the most seen person first.

    Two faces of one moment are two people, however alike.
    """
    people: list[_Group] = []
    for track in sorted(tracks, key=lambda t: -t.seen):
        identity = track.embedding
        likes = [-1.0 if group.is_beside(track) else group.likeness(identity) for group in people]
        if likes and max(likes) > SAME:
            people[int(np.argmax(likes))].add(track, identity)
        else:
            people.append(_Group(track, identity))
    return sorted((group.tracks for group in people), key=lambda person: -_count(person))


class _Group:
    """One person's tracks, with what is asked of them for each further track."""

    def __init__(self, track: Track, identity: Floats) -> None:
        self.tracks: list[Track] = []
        self._identities = np.zeros((4, len(identity)), np.float32)
        self._by_source: dict[int, list[Track]] = {}
        self.add(track, identity)

    def add(self, track: Track, identity: Floats) -> None:
        if len(self.tracks) == len(self._identities):
            self._identities = np.concatenate([self._identities, np.zeros_like(self._identities)])
        self._identities[len(self.tracks)] = identity
        self.tracks.append(track)
        self._by_source.setdefault(track.source, []).append(track)

    def likeness(self, identity: Floats) -> float:
        return float((self._identities[: len(self.tracks)] @ identity).max())

    def is_beside(self, track: Track) -> bool:
        return any(_together(track, other) for other in self._by_source.get(track.source, ()))


def choose_person(people: list[list[Track]], wanted: Floats | None, files: Sequence[Path]) -> list[Track]:
    """Return the tracks of the person who is wanted: like ``wanted`` (128,), or the only one there is.

    Raises:
        StrangerError: nobody is like ``wanted``. SeveralPeopleError: there are several and nothing says which.
    """
    if wanted is not None:
        likes = [max(float(track.embedding @ wanted) for track in person) for person in people]
        if max(likes) < SAME:
            raise StrangerError(
                f"Nobody in these media is like the reference ({len(people)} seen); choose another picture."
            )
        return people[int(np.argmax(likes))]
    asked = [person for person in people[1:] if _is_somebody_else(person, people[0])]
    if asked:
        described = tuple(f"person {k}: {_describe(person, files)}" for k, person in enumerate([people[0], *asked], 1))
        raise SeveralPeopleError(
            f"These media show {len(described)} people ({'; '.join(described)}); say which one with --reference IMAGE.",
            described,
        )
    return people[0]


def _is_somebody_else(person: list[Track], first: list[Track]) -> bool:
    if _count(person) < _ALSO_THERE * _count(first):
        return False
    beside = any(_together(track, other) for track in person for other in first)
    return beside or float(mean_identity(person) @ mean_identity(first)) < _ELSE


def _describe(person: list[Track], files: Sequence[Path]) -> str:
    first = min(person, key=lambda track: (track.source, track.first_s))
    count, (x, y) = _count(person), first.at_xy_px
    pictures = "1 picture" if count == 1 else f"{count} pictures"
    return (
        f"{pictures}, first in {files[first.source].name} at {first.first_s:.1f} s, "
        f"a face of {first.width_px} px at ({x}, {y})"
    )


def _count(person: Sequence[Track]) -> int:
    return sum(track.seen for track in person)


def _together(a: Track, b: Track) -> bool:
    return a.source == b.source and a.first_s <= b.last_s and b.first_s <= a.last_s
