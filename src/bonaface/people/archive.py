"""A person as one file: a zip with a list of hashes. Hostile archives are refused before anything is written."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import uuid
import zipfile
import zlib
from dataclasses import replace
from datetime import date
from pathlib import Path, PurePosixPath

from PIL import Image

from bonaface.media.scratch import atomic_path, room_in
from bonaface.people.consent import permit_training
from bonaface.people.face_set import load_face_set
from bonaface.people.names import check_name
from bonaface.people.store import (
    AVATAR,
    CONSENT,
    CROPS,
    FACE_SET,
    PAINTING,
    PERSON,
    Person,
    people_folder,
    read_person,
    take_place,
)
from bonaface.terms.errors import CorruptPersonError, MissingFileError, OutputExistsError

_MANIFEST = "manifest.json"
_ALLOWED = re.compile(rf"{PERSON}|{CONSENT}|{FACE_SET}|{AVATAR}|{PAINTING}|crops/\d{{6,9}}\.jpg")
_MOST_FILES = 50_000
_MOST_BYTES = 8 << 30
_MOST_FILE_BYTES = 2 << 30
_MANIFEST_BYTES = 16 << 20
_BLOCK = 1 << 20
_LARGEST_CROP_PX = 4096


def export_person(person: Person, destination: Path, *, force: bool = False) -> Path:
    """Write a person to one ``.bonaface`` file and return its path.

    Raises:
        OutputExistsError: the file is there. NoSpaceError: the disk is full.
    """
    if destination.exists() and not force:
        raise OutputExistsError(f"{destination} exists already; add --force to replace it.")
    files = {p.relative_to(person.folder).as_posix(): p for p in sorted(person.folder.rglob("*")) if p.is_file()}
    kept = {name: path for name, path in files.items() if _ALLOWED.fullmatch(name)}
    sums = {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in kept.items()}
    manifest = json.dumps({"format": 1, "name": person.name, "files": sums}, indent=1)
    with atomic_path(destination) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(_MANIFEST, manifest)
        for name, path in kept.items():
            archive.write(path, name)
    return destination


def import_person(archive_path: Path, home: Path, *, name: str | None = None, force: bool = False) -> Person:
    """Take a person in from a ``.bonaface`` file; its consent is checked as at every use.

    Raises:
        MissingFileError: no such file. CorruptPersonError: damaged or hostile; nothing was written.
        OutputExistsError: there is such a person. ConsentError: the consent has expired or was changed.
    """
    if not archive_path.is_file():
        raise MissingFileError(f"{archive_path} is no file; name a .bonaface file.")
    draft = people_folder(home) / f".{uuid.uuid4().hex}"
    try:
        with zipfile.ZipFile(archive_path) as archive:
            sums, named = _checked(archive, archive_path)
            final = people_folder(home) / check_name(name or named)
            if final.exists() and not force:
                raise OutputExistsError(
                    f"There is a person {final.name} already; import under another name with --name."
                )
            with room_in(draft.parent):
                _unpack(archive, sums, draft, archive_path)
        permit_training(replace(read_person(draft), name=final.name), date.today())
        _check_pictures(draft, archive_path)
        if (draft / FACE_SET).is_file():
            load_face_set(read_person(draft))
        take_place(draft, final)
        return read_person(final)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, RuntimeError, UnicodeError) as error:
        raise CorruptPersonError(f"{archive_path} is damaged or no person file ({error}); export it again.") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _checked(archive: zipfile.ZipFile, path: Path) -> tuple[dict[str, str], str]:
    """Sums by file name and the person's name, after all that can be checked without unpacking."""
    members = archive.infolist()
    names = [member.filename for member in members]
    if len(members) > _MOST_FILES or len(set(names)) != len(names):
        raise CorruptPersonError(f"{path} holds too many files or one twice; export it again.")
    if sum(member.file_size for member in members) > _MOST_BYTES:
        raise CorruptPersonError(f"{path} would unpack to more than {_MOST_BYTES >> 30} GiB; export it again.")
    for member in members:
        kind = member.external_attr >> 28
        if member.filename != _MANIFEST and not _ALLOWED.fullmatch(member.filename):
            raise CorruptPersonError(
                f"{path} holds a file that no person has ({member.filename[:80]!r}); it was refused."
            )
        if kind not in (0, 8) or member.flag_bits & 1 or ".." in PurePosixPath(member.filename).parts:
            raise CorruptPersonError(f"{path} holds a link or an encrypted file; it was refused.")
    if _MANIFEST not in names or archive.getinfo(_MANIFEST).file_size > _MANIFEST_BYTES:
        raise CorruptPersonError(f"{path} has no list of its files; export it again.")
    try:
        manifest = json.loads(archive.read(_MANIFEST))
        sums, named = dict(manifest["files"]), str(manifest["name"])
    except (ValueError, KeyError, TypeError) as error:
        raise CorruptPersonError(f"{path} has a damaged list of its files; export it again.") from error
    if set(sums) != set(names) - {_MANIFEST} or not {PERSON, CONSENT} <= set(sums):
        raise CorruptPersonError(f"{path} does not hold the files that its list names; export it again.")
    return sums, named


def _unpack(archive: zipfile.ZipFile, sums: dict[str, str], folder: Path, path: Path) -> None:
    for name, wanted in sums.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        digest, size = hashlib.sha256(), 0
        with archive.open(name) as packed, target.open("wb") as out:
            while block := packed.read(_BLOCK):
                size += len(block)
                if size > min(_MOST_FILE_BYTES, archive.getinfo(name).file_size):
                    raise CorruptPersonError(f"{path}: {name} is larger than it claims; it was refused.")
                digest.update(block)
                out.write(block)
        if digest.hexdigest() != wanted:
            raise CorruptPersonError(f"{path}: {name} was changed after the export; export it again.")


def _check_pictures(folder: Path, path: Path) -> None:
    """Refuse crops that claim to be larger than a crop is: a few bytes could fill the memory of whoever reads them."""
    for crop in (folder / CROPS).glob("*"):
        try:
            with Image.open(crop, formats=["JPEG"]) as image:
                width, height = image.size
        except Image.DecompressionBombError:
            width = height = _LARGEST_CROP_PX + 1
        except (OSError, ValueError, SyntaxError) as error:
            raise CorruptPersonError(f"{path}: {crop.name} is no picture; export it again.") from error
        if max(width, height) > _LARGEST_CROP_PX:
            raise CorruptPersonError(f"{path}: {crop.name} claims more pixels than a crop has; it was refused.")
