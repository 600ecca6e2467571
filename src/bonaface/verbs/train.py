"""Train: from a person's face set to an avatar on disk."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path

from bonaface.faces.hair import HairFinder
from bonaface.making.avatar import fit
from bonaface.making.checkpoint import load, save
from bonaface.making.prior import load_prior
from bonaface.making.quality import measure, split
from bonaface.making.unwrapped import unwrap_material
from bonaface.people.consent import permit_training
from bonaface.people.face_set import load_face_set
from bonaface.people.home import home_folder
from bonaface.people.ledger import Ledger
from bonaface.people.store import load_person
from bonaface.terms.errors import CorruptPersonError
from bonaface.terms.progress import Progress, Step, silent

_FEW = 20
"""With fewer pictures none is held out: the avatar needs them all, and a quality from one or two says nothing."""


@dataclass(frozen=True, slots=True)
class Trained:
    """An avatar on disk.

    ``kept``: it was up to date already. ``quality`` is measured on a tenth of the pictures, by an avatar learned from
    the other nine (see `making.quality.Quality`); the avatar that is kept is learned from all. ``statement`` is on the
    consent.
    """

    person: str
    avatar: Path
    frames: int
    seconds: float
    statement: str
    kept: bool = False
    quality: dict[str, float] = field(default_factory=dict)


def train(
    name: str,
    *,
    minutes: float = 5.0,  # noqa: ARG001  # the contract of the command; the avatar never takes so long
    resume: bool = False,
    home: Path | None = None,
    prior_without: Collection[str] = (),
    progress: Progress = silent,
) -> Trained:
    """Learn a person from the face set.

    Args:
        name: the person.
        minutes: at most so long; this version learns the avatar alone, which takes seconds.
        resume: keep an avatar that is newer than the face set; one that cannot be read is learned anew.
        home: folder of the people. prior_without: people whose part is taken out of what is known of all faces, so that
            figures on them are honest.
        progress: called with every step.

    Raises:
        ConsentError: the consent has expired or was changed. NothingToDoError: no pictures. UsageError: no such person.
    """
    folder = home_folder(home)
    person = load_person(name, folder)
    permit = permit_training(person, date.today())
    face_set = load_face_set(person)
    path = person.avatar_path
    if resume and _is_up_to_date(path, person.face_set_path):
        return Trained(name, path, len(face_set), 0.0, permit.statement, kept=True)
    began_s = time.monotonic()
    prior = load_prior(prior_without)
    pictures = unwrap_material(face_set, prior, HairFinder().mask, progress)
    quality: dict[str, float] = {}
    if len(pictures.rows) >= _FEW:
        learned, held_out = split(pictures)
        measured = measure(fit(pictures, prior, learned), pictures, held_out)
        quality = {key: round(float(value), 4) for key, value in asdict(measured).items()}
        progress(Step("fitting", 1, 2, "steps", f"held out: error {measured.texture_error:.2f}"))
    save(fit(pictures, prior), path)
    progress(Step("fitting", 2, 2, "steps", "avatar kept"))
    seconds = time.monotonic() - began_s
    Ledger(folder).record(
        "train", person_id=person.id, consent_sha256=permit.consent_sha256, pictures=len(face_set), quality=quality
    )
    return Trained(name, path, len(face_set), seconds, permit.statement, quality=quality)


def _is_up_to_date(avatar: Path, face_set: Path) -> bool:
    if not avatar.is_file() or avatar.stat().st_mtime < face_set.stat().st_mtime:
        return False
    try:
        load(avatar)
    except CorruptPersonError:
        return False
    return True
