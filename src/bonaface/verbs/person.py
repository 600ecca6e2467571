"""Person: add, list, show, forget, export, import."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bonaface.making.checkpoint import save
from bonaface.marking.claim import Claim
from bonaface.marking.door import release_sheet
from bonaface.people import archive, store
from bonaface.people.consent import check_current, consent_of_nobody, permit_training, read_consent
from bonaface.people.coverage import Coverage, coverage_of
from bonaface.people.coverage_sheet import draw_coverage
from bonaface.people.face_set import load_face_set, save_face_set, take_in
from bonaface.people.gather import Dropped, gather_faces
from bonaface.people.home import home_folder
from bonaface.people.identity import SAME, StrangerError
from bonaface.people.ledger import Ledger
from bonaface.people.names import check_name
from bonaface.terms.errors import ConsentError, SeveralPeopleError, UsageError
from bonaface.terms.permit import Permit
from bonaface.terms.progress import Progress, silent
from bonaface.verbs.nobody import draw_nobody

_WHY = ("blurred", "covered", "duplicates", "alike", "others")


@dataclass(frozen=True, slots=True)
class PersonReport:
    """What is known of a person: consent, crops, coverage.

    ``coverage`` counts crops by tilt (up, level, down) and direction (far left to far right, as seen); ``seen`` by
    expression, light, mouth and eyes; ``sheet`` is the coverage picture, where one was made. ``fictional``: drawn
    from a seed, so that nobody was filmed and nobody is shown.
    """

    name: str
    id: str
    folder: Path
    basis: str
    statement: str
    purposes: tuple[str, ...]
    until: date
    crops: int
    trained: bool
    coverage: tuple[tuple[int, ...], ...]
    seen: dict[str, dict[str, int]]
    advice: tuple[str, ...]
    dropped: dict[str, int]
    remarks: tuple[str, ...] = ()
    sheet: Path | None = None
    fictional: bool = False


def add_person(
    name: str,
    paths: Sequence[Path | str],
    *,
    consent: Path | str | None = None,
    reference: Path | str | None = None,
    fictional: int | None = None,
    home: Path | None = None,
    force: bool = False,
    progress: Progress = silent,
) -> PersonReport:
    """Learn what a person looks like from files and folders; more media may be added to a person later.

    Args:
        name: of the person and of its folder. paths: images, videos, folders.
        consent: the consent file; needed for a new person, and replaces the old one of a known person.
        reference: a picture of the person, where the media show several people.
        fictional: a seed, from which a person who does not exist is drawn, without media and ready to swap.
        force: begin anew with a person that is there already.

    Raises:
        ConsentError: no consent, or an expired one. SeveralPeopleError: the media show more than one person.
        NothingToDoError: no usable face. UsageError: a name that cannot be a folder.
    """
    folder = home_folder(home)
    if fictional is not None:
        if paths or consent is not None or reference is not None:
            raise UsageError(f"{name} is to be drawn from a seed; leave media, --consent and --reference out.")
        return _draw(name, fictional, folder, force=force)
    files = [Path(path) for path in paths]
    likeness = None if reference is None else Path(reference)
    known = store.people_folder(folder) / check_name(name)
    if known.is_dir() and not force:
        return _extend(store.load_person(name, folder), files, consent, likeness, folder, progress)
    if not files:
        raise UsageError(f"{name} is new, and no media were named; add images, videos or folders after the name.")
    if consent is None:
        raise ConsentError(
            f"{name} needs a consent file; write one as docs/consent-file.md shows and give it with --consent FILE."
        )
    check_current(read_consent(Path(consent)), name, date.today())
    with store.create_person(name, Path(consent), folder, force=force) as draft:
        permit = permit_training(draft, date.today())
        face_set, dropped = gather_faces(files, draft.folder / store.CROPS, reference=likeness, progress=progress)
        save_face_set(face_set, draft.face_set_path)
    return _finished(store.load_person(name, folder), permit, dropped, folder)


def list_people(home: Path | None = None) -> list[PersonReport]:
    """Return all people."""
    return [_report(person, None) for person in store.list_people(home_folder(home))]


def show_person(name: str, home: Path | None = None) -> PersonReport:
    """Return one person."""
    return _report(store.load_person(name, home_folder(home)), None)


def forget_person(name: str, home: Path | None = None) -> None:
    """Delete a person: crops, avatar, consent."""
    folder = home_folder(home)
    person = store.load_person(name, folder)
    store.forget_person(person)
    Ledger(folder).record("forget", person_id=person.id)


def export_person(
    name: str, destination: Path | str | None = None, *, home: Path | None = None, force: bool = False
) -> Path:
    """Write a person to one file (``NAME.bonaface`` here, where no other is named) and return its path."""
    person = store.load_person(name, home_folder(home))
    permit_training(person, date.today())
    return archive.export_person(person, Path(destination or f"{name}.bonaface"), force=force)


def import_person(
    path: Path | str, *, name: str | None = None, home: Path | None = None, force: bool = False
) -> PersonReport:
    """Take a person in from a file."""
    folder = home_folder(home)
    person = archive.import_person(Path(path), folder, name=name, force=force)
    Ledger(folder).record("import", person_id=person.id, consent_sha256=person.consent_sha256)
    return _report(person, None)


def _draw(name: str, seed: int, folder: Path, *, force: bool) -> PersonReport:
    """Make a person who does not exist."""
    avatar = draw_nobody(seed)
    consent = consent_of_nobody(check_name(name), seed, date.today())
    with store.create_person(name, consent.encode(), folder, force=force) as draft:
        save(avatar, draft.avatar_path)
    person = store.load_person(name, folder)
    Ledger(folder).record("person", person_id=person.id, consent_sha256=person.consent_sha256, crops=0)
    return _report(person, None)


def _extend(
    person: store.Person,
    files: list[Path],
    consent: Path | str | None,
    reference: Path | None,
    folder: Path,
    progress: Progress,
) -> PersonReport:
    if consent is not None:
        check_current(read_consent(Path(consent)), person.name, date.today())
        person = store.replace_consent(person, Path(consent))
    permit = permit_training(person, date.today())
    if not files:
        return _report(person, None)
    if person.is_drawn:
        raise UsageError(f"{person.name} does not exist, so nobody's media can be added; add them under another name.")
    old = load_face_set(person)
    with tempfile.TemporaryDirectory(prefix=".new-", dir=person.folder) as draft:
        try:
            new, dropped = gather_faces(
                files,
                Path(draft),
                reference=reference,
                like=None if reference is not None else old.embedding,
                first=int(old.number.max()) + 1,
                progress=progress,
            )
        except StrangerError as error:
            raise _somebody_else(person) from error
        if float(new.embedding @ old.embedding) < SAME:
            raise _somebody_else(person)
        dropped.alike += take_in(new, person)
    return _finished(person, permit, dropped, folder)


def _somebody_else(person: store.Person) -> SeveralPeopleError:
    return SeveralPeopleError(f"The new media show somebody else than {person.name}; add them under another name.")


def _finished(person: store.Person, permit: Permit, dropped: Dropped, home: Path) -> PersonReport:
    face_set = load_face_set(person)
    sheet = None
    if permit.basis != "benchmark":
        sheet = person.folder / "coverage.png"
        drawn = draw_coverage(face_set, person.name)
        release_sheet(drawn, sheet, Claim((permit,), as_given=True), home=home, force=True)
    Ledger(home).record("person", person_id=person.id, consent_sha256=person.consent_sha256, crops=len(face_set))
    return _report(person, dropped, sheet)


def _report(person: store.Person, dropped: Dropped | None, sheet: Path | None = None) -> PersonReport:
    consent = read_consent(person.consent_path)
    is_drawn = consent.basis == "synthetic" and person.is_drawn
    face_set = None if is_drawn else load_face_set(person)
    seen: Coverage | None = None if face_set is None else coverage_of(face_set)
    left = (
        {}
        if dropped is None
        else {k: getattr(dropped, k) for k in ("blurred", "covered", "duplicates", "alike", "others")}
    )
    return PersonReport(
        person.name,
        person.id,
        person.folder,
        consent.basis,
        consent.statement,
        tuple(consent.purposes),
        consent.until,
        0 if face_set is None else len(face_set),
        person.avatar_path.is_file(),
        () if seen is None else tuple(tuple(int(n) for n in row) for row in seen.counts),
        {} if seen is None else seen.seen,
        () if seen is None else seen.advice,
        left,
        () if dropped is None else tuple(dropped.unreadable),
        sheet,
        is_drawn,
    )
