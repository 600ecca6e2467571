"""Train: from a person's face set to an avatar on disk, and a network that paints over it."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path

from bonaface.faces.hair import HairFinder
from bonaface.making.apprentice import Apprentice, paint_blank
from bonaface.making.avatar import FEW, fit
from bonaface.making.checkpoint import load, save
from bonaface.making.painting import Painting, load_over
from bonaface.making.patch import painted_share
from bonaface.making.prior import load_prior
from bonaface.making.quality import measure, split
from bonaface.making.unwrapped import unwrap_material
from bonaface.marking.segments import sha256_of
from bonaface.people.consent import permit_training
from bonaface.people.face_set import load_face_set
from bonaface.people.home import home_folder
from bonaface.people.ledger import Ledger
from bonaface.people.store import Person, load_person
from bonaface.terms.errors import CorruptPersonError, NothingToDoError
from bonaface.terms.progress import Progress, Step, silent
from bonaface.verbs.lesson import Lesson


@dataclass(frozen=True, slots=True)
class Painted:
    """Who paints mouth and eyes: ``kept`` names avatar or network by part.

    ``error`` (avatar, network) by part: held-out, in grey levels 0..255; ``share`` of the face that is paint, 0..1;
    ``minutes`` of adapting in all.
    """

    minutes: float
    kept: dict[str, str]
    error: dict[str, tuple[float, float]]
    share: float
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Trained:
    """An avatar on disk.

    ``kept``: it was up to date already. ``quality`` is measured on a tenth of the pictures, by an avatar learned from
    the other nine (see `making.quality.Quality`); the avatar that is kept is learned from all. ``painting`` is None
    where no network was asked for. ``statement`` is on the consent.
    """

    person: str
    avatar: Path
    frames: int
    seconds: float
    statement: str
    kept: bool = False
    quality: dict[str, float] = field(default_factory=dict)
    painting: Painted | None = None


def train(
    name: str,
    *,
    minutes: float = 5.0,
    resume: bool = False,
    home: Path | None = None,
    prior_without: Collection[str] = (),
    progress: Progress = silent,
) -> Trained:
    """Learn a person from the face set: the avatar, in seconds, then the network that paints mouth and eyes.

    The avatar can be swapped as soon as it is kept; the network takes its place part by part where it shows held-out
    pictures better.

    Args:
        name: the person.
        minutes: of adapting the network, in all; 0: the avatar alone.
        resume: keep an avatar that is newer than the face set, and go on from the network's last state; what cannot be
            read is learned anew.
        home: folder of the people. prior_without: people whose part is taken out of what is known of all faces, so that
            figures on them are honest.
        progress: called with every step.

    Raises:
        ConsentError: the consent has expired or was changed. NothingToDoError: no pictures. UsageError: no such person.
    """
    folder = home_folder(home)
    person = load_person(name, folder)
    permit = permit_training(person, date.today())
    if permit.basis == "synthetic" and person.is_drawn:
        raise NothingToDoError(f"{name} does not exist and was drawn ready to swap: nothing is to be learned.")
    face_set = load_face_set(person)
    path = person.avatar_path
    up_to_date = resume and _is_up_to_date(path, person.face_set_path)
    painting = _painting_of(person) if up_to_date else None
    if up_to_date and (minutes == 0 or (painting is not None and _is_done(painting, minutes))):
        return Trained(name, path, len(face_set), 0.0, permit.statement, kept=True, painting=_told(painting))
    began_s = time.monotonic()
    prior = load_prior(prior_without)
    pictures = unwrap_material(face_set, prior, HairFinder().mask, progress)
    steps = 1 if len(pictures.rows) < FEW else 2
    if not up_to_date:
        progress(Step("fitting", 0, steps, "steps"))
        save(fit(pictures, prior), path)
        if not minutes or _painting_of(person) is None:  # not wanted, or it painted over another avatar
            person.painting_path.unlink(missing_ok=True)
    progress(Step("fitting", 1, steps, "steps", "avatar kept"))
    quality: dict[str, float] = {}
    if len(pictures.rows) < FEW:
        painting = paint_blank(person.painting_path, sha256_of(path)) if minutes else None
    else:
        learned, held_out = split(pictures)
        tried = fit(pictures, prior, learned)
        measured = measure(tried, pictures, held_out)
        quality = {key: round(float(value), 4) for key, value in asdict(measured).items()}
        progress(Step("fitting", steps, steps, "steps", f"held out: error {measured.texture_error:.2f}"))
        if minutes:
            lesson = Lesson(person, permit, face_set, pictures, tried, held_out, prior)
            apprentice = Apprentice(
                face_set, pictures, tried, learned, held_out, prior, person.painting_path, sha256_of(path)
            )
            painting = apprentice.learn(minutes, resume=resume, progress=progress, shown=lesson.show)
    seconds = time.monotonic() - began_s
    told = _told(painting)
    Ledger(folder).record(
        "train",
        person_id=person.id,
        consent_sha256=permit.consent_sha256,
        pictures=len(face_set),
        quality=quality,
        painted={} if told is None else told.kept,
    )
    return Trained(name, path, len(face_set), seconds, permit.statement, quality=quality, painting=told)


def _is_up_to_date(avatar: Path, face_set: Path) -> bool:
    if not avatar.is_file() or avatar.stat().st_mtime < face_set.stat().st_mtime:
        return False
    try:
        load(avatar)
    except CorruptPersonError:
        return False
    return True


def _painting_of(person: Person) -> Painting | None:
    """Return the painting that lies over the avatar, None where there is none that can be read."""
    try:
        return load_over(person.painting_path, sha256_of(person.avatar_path))
    except (CorruptPersonError, OSError):
        return None


def _is_done(painting: Painting, minutes: float) -> bool:
    return painting.blank or painting.minutes >= minutes


def _told(painting: Painting | None) -> Painted | None:
    if painting is None:
        return None
    verdicts = painting.verdicts
    shares = {part: verdict.share for part, verdict in verdicts.items() if verdict.kept != "avatar"}
    return Painted(
        round(painting.minutes, 3),
        {part: verdict.kept for part, verdict in verdicts.items()},
        {part: (verdict.avatar_error, verdict.network_error) for part, verdict in verdicts.items()},
        round(painted_share(shares, load_prior()), 4),
        painting.remarks,
    )
