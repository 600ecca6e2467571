"""``bonaface bench swap``: learn, swap, and measure the encoded clips, direction by direction."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from bonaface.bench.classical import check_classical
from bonaface.bench.clips import clip_folders
from bonaface.bench.fetch import fetch_franck
from bonaface.bench.pairs import PUBLIC_PAIRS, Pair, Someone, parse_pair, public_people, split_clip
from bonaface.bench.rows import Row, plain, summarise
from bonaface.bench.session import Session, sheet_name
from bonaface.bench.tables import tables
from bonaface.marking.passing import PassingFolder
from bonaface.media.kind import find_media, kind_of
from bonaface.media.scratch import atomic_path, check_output
from bonaface.media.video import VideoReader
from bonaface.terms.errors import BonafaceError, UsageError
from bonaface.terms.progress import Progress, Step, silent
from bonaface.terms.version import __version__

_JSON, _TEXT = "swap.json", "swap.txt"


@dataclass(frozen=True, slots=True)
class Report:
    """What was measured: ``text`` the tables, ``rows`` the figures, ``remarks`` what could not be measured and why."""

    rows: tuple[Row, ...]
    remarks: tuple[str, ...]
    text: str
    json_path: Path
    sheets: tuple[Path, ...]


def run(
    *,
    clips: Sequence[Path] = (),
    fetch: bool = False,
    people: Path | None = None,
    only: Sequence[str] = (),
    peer: Path | None = None,
    minutes: float = 0.0,
    classical: float | None = None,
    quick: bool = False,
    keep_local: bool = False,
    out: Path = Path("bench-out"),
    force: bool = False,
    progress: Progress = silent,
    told: Callable[[Row], None] = lambda _: None,
) -> Report:
    """Return the figures of all directions, and write them to ``out`` as text and JSON.

    Args:
        clips: folders with the public clips that do not ship (franck.mp4, d3.mp4 and so on).
        fetch: get franck.mp4 with npm into ``out`` first. people: a folder of clips, one person each, to be measured
            instead of the public pairs, each on the next.
        only: directions like ``A>B``; without it, all. peer: another tool's swapped clip of the one direction in
            ``only``, scored the same way.
        minutes: how long the network that paints is adapted to each person; 0: the avatar and what ships.
        classical: learn the classical swap too, for so many minutes a direction, as a second row of each.
        quick: a quarter of the frames. keep_local: keep a contact sheet of each direction in ``out``.
        force: replace tables and sheets that are there already.
        told: called with each row as soon as it is known.

    Raises:
        UsageError: an unknown direction, or ``peer`` without exactly one. OutputExistsError: tables or a sheet are
            there already. MissingPartError: the classical swap without torch. BonafaceError: no direction at all could
            be measured; the first reason.
    """
    if classical is not None:
        check_classical(classical)
    _check_outputs([out / _JSON, out / _TEXT], force)
    out.mkdir(parents=True, exist_ok=True)
    folders = clip_folders([*clips, out / "clips"])
    if fetch:
        fetch_franck(out / "clips")
    crowd = people_of(people) if people else public_people()
    pairs = choose_pairs(only, crowd, public=people is None)
    if peer is not None and len(pairs) != 1:
        raise UsageError("A peer's clip shows one direction; name it, for example --only 'A>B'.")
    if keep_local and peer is None:
        _check_outputs([out / sheet_name(pair) for pair in pairs], force)
    remarks: list[str] = []
    failures: list[BonafaceError] = []
    rows, sheets = [], []
    with PassingFolder() as passing:
        session = Session(crowd, [people] if people else folders, passing, quick, people is None, progress, minutes)
        remarks += session.prepare(folders)
        for number, pair in enumerate(pairs):
            progress(Step("measuring directions", number, len(pairs), "directions", str(pair)))
            try:
                row, sheet = session.measure(pair, number, peer, out if keep_local else None)
                rows.append(row)
                sheets += [sheet] if sheet else []
                told(row)
                if classical is not None:
                    rows.append(session.measure_classical(pair, number, classical))
                    told(rows[-1])
            except BonafaceError as error:
                remarks.append(f"{pair} was not measured: {error}")
                failures.append(error)
            if rows:
                _write(out, rows, remarks, quick)  # an interruption in the next hour loses none of it
    if failures and not rows:
        raise failures[0]
    remarks += [f"{row.pair}: {remark}" for row in rows if row.making is not None for remark in row.making.remarks]
    text = _write(out, rows, remarks, quick)
    return Report(tuple(rows), tuple(remarks), text, out / _JSON, tuple(sheets))


def _check_outputs(paths: Sequence[Path], force: bool) -> None:
    for path in paths:
        check_output(path, [], force)


def _write(out: Path, rows: Sequence[Row], remarks: Sequence[str], quick: bool) -> str:
    """Write the tables as text and all figures as JSON, and return the text."""
    text = "\n\n".join([tables(rows), "\n".join(remarks)]).strip() + "\n"
    content = {
        **circumstances(quick),
        "overall": [plain(asdict(whole)) for whole in summarise(rows)],
        "rows": [row.as_json() for row in rows],
        "remarks": remarks,
    }
    for path, written in ((_JSON, json.dumps(content, indent=1, allow_nan=False) + "\n"), (_TEXT, text)):
        with atomic_path(out / path) as temporary:
            temporary.write_text(written, encoding="utf-8")
    return text


def circumstances(quick: bool) -> dict[str, str | bool]:
    """Return when, by which version, on what machine and how thoroughly something was measured."""
    return {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "version": __version__,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "quick": quick,
    }


def choose_pairs(only: Sequence[str], crowd: Mapping[str, Someone], *, public: bool) -> list[Pair]:
    """Return the directions to be measured.

    Raises:
        UsageError: one that is not written like A>B, or names nobody.
    """
    names = list(crowd)
    every = list(PUBLIC_PAIRS) if public else [Pair(a, b) for a, b in zip(names, names[1:] + names[:1], strict=True)]
    if not only:
        return every
    try:
        wanted = [parse_pair(text) for text in only]
    except ValueError as error:
        raise UsageError(f"{error} Known people: {', '.join(names)}.") from error
    for pair in wanted:
        if not {pair.source, pair.target} <= set(names):
            raise UsageError(f"{pair} names somebody unknown; known people: {', '.join(names)}.")
    return wanted


def people_of(folder: Path) -> dict[str, Someone]:
    """Return a person for each clip of a folder, called by the clip's stem; three quarters are learned.

    Raises:
        UsageError: fewer than two clips, or two of one name. MissingFileError: no such folder.
    """
    found = [path for path in find_media([folder]) if path.parent == folder and kind_of(path) == "video"]
    if len(found) < 2:
        raise UsageError(f"{folder} holds {len(found)} clips; put at least two into it, one for each person.")
    people = {}
    for path in found:
        with VideoReader(path) as reader:
            count = sum(1 for _ in reader.frames())
            if path.stem in people:
                raise UsageError(f"{folder} holds two clips called {path.stem}; name each after its person.")
            people[path.stem] = split_clip(path.stem, path.name, count / reader.info.rate)
    return people
