"""``bonaface bench swap --unseen``: expressions that were never filmed, in texture space.

Of each person the quarter of the frames in which the mouth moves least is learned, and the fifth in which it moves most
is painted: by the linear avatar, by the painter that ships, and by the painter adapted to the calm frames.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import cv2
import numpy as np

from bonaface.bench.clips import clip_folders, find_clip
from bonaface.bench.measures import correlation
from bonaface.bench.pairs import Someone, public_people
from bonaface.bench.perform import bench_home, gather_crops, known_to_prior
from bonaface.bench.rows import plain
from bonaface.bench.swap import circumstances
from bonaface.bench.tables import text_table
from bonaface.bench.unseen_ways import Way, ways_to_paint
from bonaface.faces.pose import fit_pose, to_canonical
from bonaface.making.features import MOUTH
from bonaface.making.patch import mouth_patch
from bonaface.making.prior import load_prior
from bonaface.marking.passing import PassingFolder
from bonaface.media.scratch import atomic_path, check_output
from bonaface.people.face_set import load_face_set
from bonaface.people.store import load_person
from bonaface.terms.arrays import Floats
from bonaface.terms.errors import BonafaceError, NothingToDoError, UsageError
from bonaface.terms.progress import Progress, Step, silent

PEOPLE = ("A", "B", "single_face", "actress", "d3", "d9")
GIVEN, TESTED = 0.25, 0.2
LINEAR = "linear avatar"
_FEWEST = 8
_RIM = 3  # texels by which the mouth is drawn in for the Laplacian, whose stencil must not leave it
_JSON, _TEXT = "unseen.json", "unseen.txt"


@dataclass(frozen=True, slots=True)
class Match:
    """How near a painted mouth comes to the filmed one, in the mean of the frames.

    ``error`` mean absolute difference, 0..255, each patch's mean colour removed; ``gradient_r`` correlation of the
    gradients of grey; ``sharpness`` root of the Laplacian's energy over that of the filmed.
    """

    error: float
    gradient_r: float
    sharpness: float


@dataclass(frozen=True, slots=True)
class Unseen:
    """One person: how many frames were ``given`` and ``tested``, and the match of each way to paint."""

    person: str
    given: int
    tested: int
    matches: dict[str, Match]


@dataclass(frozen=True, slots=True)
class UnseenReport:
    """What was measured: ``text`` the table, ``rows`` the figures, ``remarks`` what could not be measured and why."""

    rows: tuple[Unseen, ...]
    remarks: tuple[str, ...]
    text: str
    written: tuple[Path, ...]


def run_unseen(
    *,
    clips: Sequence[Path] = (),
    only: Sequence[str] = (),
    minutes: float = 0.0,
    quick: bool = False,
    out: Path = Path("bench-out"),
    force: bool = False,
    progress: Progress = silent,
    told: Callable[[Unseen], None] = lambda _: None,
) -> UnseenReport:
    """Return how well expressions are painted that were never filmed, and write it to ``out`` as text and JSON.

    Args:
        clips: folders with the public clips that do not ship. only: names out of `PEOPLE`; without it, all.
        minutes: how long the painter is adapted to the calm frames; 0: not at all.
        quick: a quarter of the tested frames. force: replace what is there. told: called with each person.

    Raises:
        UsageError: somebody unknown. OutputExistsError: the tables are there already. MissingPartError: adapting
            without torch. BonafaceError: nobody could be measured; the first reason.
    """
    if unknown := [name for name in only if name not in PEOPLE]:
        raise UsageError(f"Nobody of this measure is called {unknown[0]!r}; it knows {', '.join(PEOPLE)}.")
    for name in (_JSON, _TEXT):
        check_output(out / name, [], force)
    folders, people = clip_folders(clips), public_people()
    rows: list[Unseen] = []
    remarks: list[str] = []
    failures: list[BonafaceError] = []
    out.mkdir(parents=True, exist_ok=True)
    with PassingFolder() as passing:
        for number, name in enumerate(only or PEOPLE):
            progress(Step("measuring people", number, len(only or PEOPLE), "people", name))
            try:
                clip = find_clip(people[name].learn.file, folders)
                rows.append(measure_unseen(people[name], clip, passing, minutes, 4 if quick else 1, progress))
            except BonafaceError as error:
                remarks.append(f"{name} was not measured: {error}")
                failures.append(error)
                continue
            told(rows[-1])
            _write(out, rows, remarks, quick, minutes)
    if failures and not rows:
        raise failures[0]
    text = _write(out, rows, remarks, quick, minutes)
    return UnseenReport(tuple(rows), tuple(remarks), text, (out / _TEXT, out / _JSON))


def measure_unseen(
    someone: Someone,
    clip: Path,
    passing: PassingFolder,
    minutes: float = 0.0,
    every: int = 1,
    progress: Progress = silent,
) -> Unseen:
    """Return one person's figures; of the tested frames only one of ``every`` so many is painted.

    Raises:
        NothingToDoError: too few frames. BonafaceError: the clip cannot be read.
    """
    gather_crops(someone, clip, passing, progress)
    material = load_face_set(load_person(someone.name, bench_home(passing)))
    prior = load_prior(known_to_prior(someone.name))
    given, tested = split_by_movement(to_canonical(material.points, fit_pose(material.points, prior.reference)))
    tested = tested[::every]
    filmed, ways = ways_to_paint(material, given, tested, prior, minutes, progress)
    return Unseen(someone.name, len(given), len(tested), compare(filmed, ways, mouth_patch(prior).hole > 0.5))


def split_by_movement(canonical: Floats) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows that are given, and those that are tested, each in the order of the frames.

    By the root mean square movement of the mouth's vertices in canonical meshes (N, 478, 3), from where they are in
    the median.

    Raises:
        NothingToDoError: fewer than eight would be given or tested.
    """
    mouth = canonical[:, MOUTH]
    moved = np.sqrt(((mouth - np.median(mouth, axis=0)) ** 2).sum(-1).mean(-1))
    order = np.argsort(moved, kind="stable")
    given, tested = int(GIVEN * len(order)), int(TESTED * len(order))
    if min(given, tested) < _FEWEST:
        raise NothingToDoError(f"{len(order)} frames are too few to hold expressions back; give a longer clip.")
    return np.sort(order[:given]), np.sort(order[-tested:])


def compare(filmed: Sequence[Floats], ways: Sequence[Way], inside: np.ndarray) -> dict[str, Match]:
    """Return the match of each way with the filmed patches (side, side, 3) where ``inside`` (side, side) is true."""
    out = {}
    for way in ways:
        pairs = zip(way.patches, filmed, strict=True)
        figures = np.mean([_match(painted, true, inside) for painted, true in pairs], axis=0)
        out[way.name] = Match(*(float(figure) for figure in figures))
    return out


def _match(painted: Floats, true: Floats, inside: np.ndarray) -> tuple[float, float, float]:
    return colour_free_error(painted, true, inside), gradient_r(painted, true, inside), detail(painted, true, inside)


def colour_free_error(painted: Floats, true: Floats, inside: np.ndarray) -> float:
    """Return the mean absolute difference inside, each picture's mean colour there taken away."""
    away = painted[inside].astype(np.float64) - true[inside]
    return float(np.abs(away - away.mean(0)).mean())


def gradient_r(painted: Floats, true: Floats, inside: np.ndarray) -> float:
    """Return the correlation of both components of the grey gradients inside; 0 where one picture is flat."""
    ours, theirs = (
        np.concatenate([along[inside] for along in np.gradient(picture.astype(np.float64).mean(-1))])
        for picture in (painted, true)
    )
    return correlation(ours, theirs)


def detail(painted: Floats, true: Floats, inside: np.ndarray) -> float:
    """Return the root of the Laplacian's energy inside over that of the true picture."""
    inner = cv2.erode(inside.astype(np.uint8), np.ones((_RIM, _RIM), np.uint8)) > 0
    ours, theirs = (
        float((cv2.Laplacian(picture.astype(np.float32).mean(-1), cv2.CV_32F)[inner] ** 2).mean())
        for picture in (painted, true)
    )
    return float(np.sqrt(ours / max(theirs, 1e-9)))


def gains(rows: Sequence[Unseen], way: str) -> list[float]:
    """Return by which share each person's error is below the linear avatar's."""
    both = [(row.matches[LINEAR].error, row.matches[way].error) for row in rows if way in row.matches]
    return [1 - painted / linear for linear, painted in both]


def unseen_table(rows: Sequence[Unseen]) -> str:
    """Return the table: a line each person, a column each way, and what they gain over the linear avatar."""
    names = list(dict.fromkeys(name for row in rows for name in row.matches))

    def cell(name: str) -> Callable[[Unseen], str]:
        return lambda row: _words(row.matches[name]) if name in row.matches else "-"

    columns: list[tuple[str, Callable[[Unseen], str]]] = [
        ("person", lambda row: row.person),
        ("given", lambda row: str(row.given)),
        ("tested", lambda row: str(row.tested)),
        *((name, cell(name)) for name in names),
    ]
    lines = [*rows, Unseen("mean", 0, 0, _mean(rows, names))] if len(rows) > 1 else list(rows)
    title = "Expressions never filmed: the mouth's error 0-255 without colour / correlation of gradients / sharpness"
    words = [
        f"{name}: error below the linear avatar's by "
        + ", ".join(f"{_whole(gain)} % ({row.person})" for gain, row in zip(gains(rows, name), rows, strict=False))
        + f"; {_whole(float(np.mean(gains(rows, name))))} % in the mean of people"
        for name in names
        if name != LINEAR and rows
    ]
    return "\n".join([title, text_table(columns, lines), *words])


def _mean(rows: Sequence[Unseen], names: Sequence[str]) -> dict[str, Match]:
    out = {}
    for name in names:
        held = [row.matches[name] for row in rows if name in row.matches]
        out[name] = Match(*(float(np.mean([getattr(one, f.name) for one in held])) for f in fields(Match)))
    return out


def _whole(share: float) -> int:
    return round(100 * share)


def _words(match: Match) -> str:
    return f"{match.error:.1f} / {match.gradient_r:.2f} / {match.sharpness:.2f}"


def _write(out: Path, rows: Sequence[Unseen], remarks: Sequence[str], quick: bool, minutes: float) -> str:
    text = "\n\n".join([unseen_table(rows), "\n".join(remarks)]).strip() + "\n"
    content: Mapping[str, object] = {
        **circumstances(quick),
        "minutes": minutes,
        "rows": [plain(asdict(row)) for row in rows],
        "remarks": list(remarks),
    }
    for name, written in ((_JSON, json.dumps(content, indent=1, allow_nan=False) + "\n"), (_TEXT, text)):
        with atomic_path(out / name) as temporary:
            temporary.write_text(written, encoding="utf-8")
    return text
