"""What is to be measured: labelled files from two folders or a table, some of them inside zips."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from bonaface.media.kind import find_media
from bonaface.terms.errors import MissingFileError, NothingToDoError, UnreadableMediaError, UsageError

LABELS = ("real", "fake")
_INDEX = "index.csv"
_GROUP_COLUMNS = ("group", "identity_cluster", "person")
_KNOWN = {"file", "label", "original", "archive", "split", "identity_fine", *_GROUP_COLUMNS}
"""Columns with a meaning of their own; by every other one there is a table."""


@dataclass(frozen=True, slots=True)
class Item:
    """One labelled file: ``member`` of a zip at ``path``, or (empty) the file there.

    ``original`` names the file that a fake was made of, empty where that is not known; ``group`` who belongs together;
    ``traits`` further columns of the table.
    """

    name: str
    fake: bool
    path: Path
    member: str = ""
    original: str = ""
    group: str = ""
    traits: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Listing:
    """All items in order, and what the groups are, in words."""

    items: tuple[Item, ...]
    grouped_by: str


def read_listing(source: Path, *, split: str | None = None, first: int | None = None) -> Listing:
    """Return what lies in a folder (``real/`` and ``fake/``, or ``index.csv``) or in a table.

    Args:
        split: of a table with a column of this name, only these rows. first: only so many sources, each with its fakes.

    Raises:
        UsageError: no such layout, a column or value is missing, only one class. MissingFileError: a file is not there.
        NothingToDoError: nothing is in it.
    """
    if source.is_file():
        listing = _from_table(source, split)
    elif not source.is_dir():
        raise MissingFileError(f"{source} does not exist; name a folder with real/ and fake/, or a CSV.")
    elif any((source / label).is_dir() for label in LABELS):
        if split is not None:
            raise UsageError(f"--split chooses rows of a table, and {source} is two folders; leave it out.")
        listing = _from_folders(source)
    elif (source / _INDEX).is_file():
        listing = _from_table(source / _INDEX, split)
    elif any(source.iterdir()):
        raise UsageError(f"{source} holds neither real/ and fake/ nor {_INDEX}; sort its files so.")
    else:
        raise NothingToDoError(f"{source} is empty; put untouched files into real/ and manipulated ones into fake/.")
    return _checked(_of_first_sources(listing, first), source)


def read_untouched(source: Path, *, first: int | None = None) -> Listing:
    """Return untouched files alone, or the first of them: a folder of images and videos, or a table without labels.

    Raises:
        MissingFileError: a file is not there. NothingToDoError: nothing is in it. UsageError: a column is missing.
    """
    table = source / _INDEX if source.is_dir() else source
    if table.is_file():
        listing = _from_table(table, None, labelled=False)
    else:
        found = find_media([source])
        names = [path.relative_to(source).as_posix() for path in found]
        items = (Item(name, False, path, group=name) for name, path in zip(names, found, strict=True))
        listing = Listing(tuple(items), "files")
    if not listing.items:
        raise NothingToDoError(f"{source} holds no image and no video; name a folder of untouched files.")
    return Listing(listing.items[:first], listing.grouped_by)


def _checked(listing: Listing, source: Path) -> Listing:
    if not listing.items:
        raise NothingToDoError(f"{source} names no image and no video to measure; fill it, or choose another --split.")
    for label, fake in zip(LABELS, (False, True), strict=True):
        if not any(item.fake == fake for item in listing.items):
            raise UsageError(
                f"{source} has nothing labelled {label}; both real and fake are needed to tell them apart."
            )
    return listing


def _from_folders(folder: Path) -> Listing:
    items = []
    for label in LABELS:
        inner = folder / label
        for path in find_media([inner]) if inner.is_dir() else ():
            source = path.relative_to(inner).with_suffix("").as_posix()  # the same name in both: kept together
            items.append(Item(path.relative_to(folder).as_posix(), label == "fake", path, group=source))
    return Listing(tuple(items), "files (no table says who is whom; files of one name belong together)")


def _from_table(table: Path, split: str | None, *, labelled: bool = True) -> Listing:
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            columns, rows = list(reader.fieldnames or ()), list(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{table} is no CSV in UTF-8; save it as one, with the columns file and label.") from error
    missing = [name for name in (("file", "label") if labelled else ("file",)) if name not in columns]
    if missing:
        raise UsageError(f"{table} has no column {' and no column '.join(missing)}; its first line must name them.")
    if split is not None:
        if "split" not in columns:
            raise UsageError(f"{table} has no column split; leave --split out.")
        rows = [row for row in rows if row["split"] == split]
    group = next((name for name in _GROUP_COLUMNS if name in columns), None)
    said = [{name: (value or "").strip() for name, value in row.items() if isinstance(name, str)} for row in rows]
    places = _places([(row["file"], row.get("archive", "")) for row in said], table)
    items = tuple(
        _item(row, number, place, group, table, labelled)
        for number, (row, place) in enumerate(zip(said, places, strict=True), 2)
    )
    if group is not None:
        return Listing(items, f"groups (column {group})")
    return Listing(items, "sources (column original)" if "original" in columns else "files")


def _item(
    said: Mapping[str, str], number: int, place: tuple[Path, str], group: str | None, table: Path, labelled: bool
) -> Item:
    label = said["label"].lower() if labelled else "real"
    if label not in LABELS:
        raise UsageError(f"{table} says {said['label']!r} of {said['file']!r} (row {number}); write real or fake.")
    fake = label == "fake"
    original = said.get("original", "") if fake else ""
    traits = {name: value for name, value in said.items() if name not in _KNOWN}
    return Item(said["file"], fake, *place, original, (said[group] if group else original) or said["file"], traits)


def _places(named: Sequence[tuple[str, str]], table: Path) -> list[tuple[Path, str]]:
    """Return where each file (name, archive or "") lies: path and member of a zip; without an archive's name, as a file
    or in any zip beside the table.
    """
    loose = any(not archive and not (table.parent / name).is_file() for name, archive in named)
    zips = {table.parent / archive for _, archive in named if archive}
    zips |= set(table.parent.glob("*.zip")) if loose else set()
    members = {path: _members(path) for path in sorted(zips) if path.is_file()}
    held_by = {name: path for path, names in members.items() for name in names}
    places, lost = [], []
    for name, archive in named:
        path = table.parent / (archive or name)
        if archive:
            there, place = name in members.get(path, ()), (path, name)
        else:
            there, place = path.is_file() or name in held_by, (path, "")
            place = place if path.is_file() else (held_by.get(name, path), name)
        places.append(place)
        lost += [] if there and name else [name]
    if lost:
        raise MissingFileError(
            f"{table} names {len(lost)} files that are not there ({lost[0]!r} is the first); write their places as "
            "seen from the table's own folder."
        )
    return places


def _members(archive: Path) -> set[str]:
    try:
        with zipfile.ZipFile(archive) as opened:
            return set(opened.namelist())
    except (OSError, zipfile.BadZipFile) as error:
        raise UnreadableMediaError(f"{archive} is no zip, or damaged; get it again.") from error


def _of_first_sources(listing: Listing, first: int | None) -> Listing:
    if first is None:
        return listing
    if first < 1:
        raise UsageError(f"The first {first} sources are none; name at least 1 (--first).")
    if not any(item.original for item in listing.items):
        kept = [item for fake in (False, True) for item in [one for one in listing.items if one.fake == fake][:first]]
        return Listing(tuple(kept), listing.grouped_by)
    sources = dict.fromkeys(item.original or item.name for item in listing.items)
    chosen = set(list(sources)[:first])
    items = (item for item in listing.items if (item.original or item.name) in chosen)
    return Listing(tuple(items), listing.grouped_by)


class Shelf:
    """Open zips, so that a picture inside is read without unpacking; a context manager."""

    def __init__(self) -> None:
        """Open nothing yet."""
        self._open: dict[Path, zipfile.ZipFile] = {}

    def __enter__(self) -> Shelf:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for archive in self._open.values():
            archive.close()

    def read(self, item: Item) -> bytes:
        """Return a file's bytes.

        Raises:
            UnreadableMediaError: it is damaged or may not be read.
        """
        try:
            if not item.member:
                return item.path.read_bytes()
            if item.path not in self._open:
                self._open[item.path] = zipfile.ZipFile(item.path)
            return self._open[item.path].read(item.member)
        except (OSError, zipfile.BadZipFile, KeyError, NotImplementedError, RuntimeError) as error:
            raise UnreadableMediaError(f"{item.name} cannot be read; get it again.") from error
