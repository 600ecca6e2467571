"""People on disk: one readable folder each, made whole or not at all."""

from __future__ import annotations

import hashlib
import shutil
import tomllib
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from shlex import quote

from bonaface.media.scratch import atomic_path
from bonaface.people.names import check_name
from bonaface.terms.errors import CorruptPersonError, OutputExistsError, UsageError

PERSON, CONSENT, FACE_SET, AVATAR, PAINTING, CROPS, LESSON = (
    "person.toml", "consent.toml", "face_set.safetensors", "avatar.safetensors", "painting.safetensors", "crops",
    "lesson",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Person:
    """A person: ``id`` is random and never changes, ``name`` is also the folder's, ``created`` an ISO time."""

    id: str
    name: str
    folder: Path
    created: str
    consent_sha256: str

    @property
    def consent_path(self) -> Path:
        """The consent file, byte for byte as it was given."""
        return self.folder / CONSENT

    @property
    def face_set_path(self) -> Path:
        """What was found in the person's media."""
        return self.folder / FACE_SET

    @property
    def is_drawn(self) -> bool:
        """Whether this is nobody: drawn from what is known of people, with an avatar and without a picture."""
        return self.avatar_path.is_file() and not self.face_set_path.is_file()

    @property
    def avatar_path(self) -> Path:
        """What was learned of the person; it need not exist yet."""
        return self.folder / AVATAR

    @property
    def painting_path(self) -> Path:
        """Who paints mouth and eyes, and the network that was learned for it; it need not exist."""
        return self.folder / PAINTING

    @property
    def lesson_path(self) -> Path:
        """The folder of sealed sheets that show how the network learned, from the first step to the last."""
        return self.folder / LESSON


def people_folder(home: Path) -> Path:
    """Return the folder of all people."""
    return home / "people"


@contextmanager
def create_person(name: str, consent: Path | bytes, home: Path, *, force: bool = False) -> Iterator[Person]:
    """Give a new person whose folder takes its place only if the block ends well.

    ``consent`` is a consent file, or the content of one.

    Raises:
        UsageError: a name that cannot be a folder. OutputExistsError: there is such a person (and not ``force``).
    """
    final = people_folder(home) / check_name(name)
    if final.exists() and not force:
        raise OutputExistsError(f"There is a person {name} already; choose another name, or --force to begin anew.")
    draft = people_folder(home) / f".{uuid.uuid4().hex}"
    try:
        (draft / CROPS).mkdir(parents=True)
        (draft / CONSENT).write_bytes(consent if isinstance(consent, bytes) else consent.read_bytes())
        created = datetime.now(UTC).isoformat(timespec="seconds")
        person = Person(str(uuid.uuid4()), name, draft, created, _sum(draft / CONSENT))
        _write(person)
        yield person
        take_place(draft, final)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def take_place(draft: Path, final: Path) -> None:
    """Move a finished folder to its place; what was there goes only once the new one stands."""
    before = draft.with_name(f"{draft.name}.before")
    if final.exists():
        final.replace(before)
    draft.replace(final)
    shutil.rmtree(before, ignore_errors=True)


def replace_consent(person: Person, consent: Path) -> Person:
    """Put a new consent in the place of the old one and return the person with it."""
    with atomic_path(person.consent_path) as temporary:
        temporary.write_bytes(consent.read_bytes())
    renewed = Person(person.id, person.name, person.folder, person.created, _sum(consent))
    _write(renewed)
    return renewed


def load_person(name: str, home: Path) -> Person:
    """Return a person.

    Raises:
        UsageError: there is none of that name. CorruptPersonError: the folder is damaged.
    """
    folder = people_folder(home) / check_name(name)
    if not folder.is_dir():
        known = ", ".join(sorted(p.name for p in _folders(home))) or "nobody yet"
        raise UsageError(
            f"There is no person {name} (known: {known}); add one with: "
            f"bonaface person add {quote(name)} PATH --consent FILE"
        )
    return read_person(folder)


def read_person(folder: Path) -> Person:
    """Return the person in a folder.

    Raises:
        CorruptPersonError: its person.toml is missing or damaged.
    """
    try:
        facts = tomllib.loads((folder / PERSON).read_text(encoding="utf-8"))
        uuid.UUID(str(facts["id"]))
        return Person(facts["id"], folder.name, folder, str(facts["created"]), str(facts["consent_sha256"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CorruptPersonError(f"{folder} is damaged ({error}); forget this person and add it again.") from error


def list_people(home: Path) -> list[Person]:
    """Return all people, by name; damaged folders are passed over."""
    found = []
    for folder in _folders(home):
        try:
            found.append(read_person(folder))
        except CorruptPersonError:
            continue
    return sorted(found, key=lambda person: person.name)


def forget_person(person: Person) -> None:
    """Delete a person with everything that was kept of it."""
    shutil.rmtree(person.folder)


def _folders(home: Path) -> list[Path]:
    parent = people_folder(home)
    return [p for p in parent.iterdir() if p.is_dir() and not p.name.startswith(".")] if parent.is_dir() else []


def _write(person: Person) -> None:
    lines = [f'{key} = "{getattr(person, key)}"' for key in ("id", "created", "consent_sha256")]
    with atomic_path(person.folder / PERSON) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _sum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
