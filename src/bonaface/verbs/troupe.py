"""Everyone who plays in one call of swap: their permits, their avatars, and which faces they take."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from shlex import quote
from typing import Literal

from bonaface.faces.detect import FaceDetector
from bonaface.faces.embed import Embedder
from bonaface.faces.hair import HairFinder
from bonaface.faces.mask import MaskFollower
from bonaface.faces.mesh import FaceMesh
from bonaface.making.aim import find_aim
from bonaface.making.avatar import Avatar
from bonaface.making.checkpoint import load
from bonaface.making.painting import Painting, load_over
from bonaface.making.prior import Prior, load_prior
from bonaface.making.render import Renderer
from bonaface.making.target import study
from bonaface.marking.claim import Claim
from bonaface.marking.segments import sha256_of
from bonaface.media.image import read_image
from bonaface.people.consent import permit_swap
from bonaface.people.store import Person, load_person
from bonaface.terms.arrays import Floats
from bonaface.terms.errors import NothingToDoError, SeveralPeopleError, UsageError
from bonaface.terms.permit import Permit
from bonaface.terms.picture import as_rgb8
from bonaface.verbs.scene import Actor, Part, drawn_among, give_parts
from bonaface.verbs.stage import Role


@dataclass(frozen=True, slots=True, eq=False)
class Troupe:
    """``permits``, ``avatars``, ``paintings`` and ``parts`` side by side, one for each person.

    ``settings`` stands for all that makes the pixels of a result beside the target: avatars and rules of the parts.
    """

    permits: tuple[Permit, ...]
    avatars: tuple[Avatar, ...]
    paintings: tuple[Painting | None, ...]
    parts: tuple[Part, ...]
    prior: Prior
    embedder: Embedder
    hair: HairFinder
    settings: str

    @property
    def name(self) -> str:
        """The names as they stand in the result's file name."""
        return "+".join(part.name for part in self.parts)

    @property
    def purpose(self) -> str:
        """What the result is for."""
        return self.permits[0].purpose

    @property
    def statement(self) -> str:
        """What every reader is told about the consent of everybody who plays."""
        return "; ".join(dict.fromkeys(permit.statement for permit in self.permits))

    def claim(self) -> Claim:
        """Return what the seal will say."""
        return Claim(self.permits, self.settings)

    def roles(self, actors: Mapping[int, Actor]) -> dict[int, Role]:
        """Return a role for each track that somebody plays.

        Raises:
            NothingToDoError: no face for any part.
        """
        everybody = list(actors.values())
        drawn = drawn_among(everybody, self.prior.reference)
        playing = give_parts(everybody, self.parts, self.embedder.embed, drawn)
        return {track: Role(self._renderer(actors[track], to.part), to.shots, to.part) for track, to in playing.items()}

    def absent(self, roles: Mapping[int, Role]) -> list[str]:
        """Return a sentence for each person who plays nobody."""
        played = {role.part for role in roles.values()}
        return [
            f"No face was found for {part.name}, who is not seen in the result."
            for number, part in enumerate(self.parts)
            if number not in played
        ]

    def _renderer(self, actor: Actor, index: int) -> Renderer:
        looks = [(look.crop, look.points) for look in actor.looks()]
        target = study(looks, *actor.meshes(), self.prior, self.hair.mask)
        avatar, painting = self.avatars[index], self.paintings[index]
        painters = () if painting is None else painting.painters(self.prior, avatar.face_px)
        renderer = Renderer(avatar, target, self.prior, None, painters)
        find_aim(renderer, looks, FaceMesh())
        renderer.masks = MaskFollower(self.hair, whether_glasses=self.hair.wears(looks))
        return renderer


def gather(
    name: str,
    face: str,
    cast: Mapping[str, Path],
    purpose: str | None,
    home: Path,
    prior_without: Collection[str] = (),
) -> Troupe:
    """Return the troupe of one call.

    ``face`` is ``"all"``, ``"largest"`` or the path of a picture of the face that ``name`` takes; ``cast`` gives
    further people and for each a picture of the face that they take; ``prior_without`` people whose part is taken
    out of what is known of all faces.

    Raises:
        ConsentError: somebody's consent does not cover the purpose.
        UsageError: an unknown person, or a person in two parts.
        NothingToDoError: no avatar yet, or a picture without a face.
    """
    if name in cast:
        raise UsageError(f"{name} has two parts; give each of the cast one face (--cast) or use --face for {name}.")
    people = [load_person(person, home) for person in (name, *cast)]
    permits = tuple(permit_swap(person, purpose, date.today()) for person in people)
    avatars, paintings = tuple(map(_avatar, people)), tuple(map(_painting, people))
    embedder = Embedder()
    parts = (
        Part(name, _rule(face, embedder)),
        *(Part(person, face_in(path, embedder)) for person, path in cast.items()),
    )
    prior, settings = load_prior(prior_without), _settings(people, face, cast, prior_without)
    return Troupe(permits, avatars, paintings, parts, prior, embedder, HairFinder(), settings)


def face_in(path: Path, embedder: Embedder) -> Floats:
    """Return the identity (128,) of the one face in a picture.

    Raises:
        NothingToDoError: no face. SeveralPeopleError: several. MissingFileError, UnreadableMediaError: no picture.
    """
    rgb8 = as_rgb8(read_image(path).rgb)
    mesh = FaceMesh()
    faces = [face for found in FaceDetector().find(rgb8) if (face := mesh.face(rgb8, found)) is not None]
    if not faces:
        raise NothingToDoError(f"{path} shows no face; give a picture of the face that is to be replaced.")
    if len(faces) > 1:
        raise SeveralPeopleError(f"{path} shows {len(faces)} faces; cut it down to the one that is to be replaced.")
    return embedder.embed(rgb8, faces[0].points)


def _rule(face: str, embedder: Embedder) -> Literal["all", "largest"] | Floats:
    match face:
        case "all" | "largest":
            return face
        case _:
            return face_in(Path(face), embedder)


def _avatar(person: Person) -> Avatar:
    path = person.avatar_path
    if not path.is_file():
        raise NothingToDoError(f"{person.name} has no avatar yet; make one with: bonaface train {quote(person.name)}")
    return load(path)


def _painting(person: Person) -> Painting | None:
    """Return the painting of the avatar; one of an older avatar counts as none."""
    return load_over(person.painting_path, sha256_of(person.avatar_path))


def _settings(people: list[Person], face: str, cast: Mapping[str, Path], prior_without: Collection[str]) -> str:
    """Return a text that changes with every avatar, every rule and every picture that a rule names."""
    files = [path for person in people for path in (person.avatar_path, person.painting_path) if path.is_file()]
    avatars = [sha256_of(path) for path in files]
    rules = [face if face in ("all", "largest") else sha256_of(Path(face)), *map(sha256_of, cast.values())]
    return hashlib.sha256(repr((avatars, rules, sorted(prior_without))).encode()).hexdigest()
