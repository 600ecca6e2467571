"""``bonaface bench swap --curve``: quality over training time, person by person."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bonaface.bench.clips import clip_folders, find_clip
from bonaface.bench.curve_plot import draw_curve, write_plot
from bonaface.bench.pairs import Pair, public_people
from bonaface.bench.perform import Learned
from bonaface.bench.rows import Row, plain
from bonaface.bench.session import Session
from bonaface.bench.swap import choose_pairs, circumstances, people_of
from bonaface.bench.tables import kept_text, text_table
from bonaface.marking.passing import PassingFolder
from bonaface.media.scratch import atomic_path
from bonaface.terms.errors import BonafaceError, MissingFileError, UnreadableMediaError, UsageError
from bonaface.terms.progress import Progress, Step, silent

MINUTES = (0.0, 1 / 6, 1.0, 5.0, 10.0)
"""When it is measured, in minutes of painting in all."""
PAIRS = tuple(
    Pair(*pair)
    for pair in (
        ("A", "single_face"),
        ("single_face", "A"),
        ("B", "A"),
        ("actress", "A"),
        ("d3", "d6"),
        ("d9", "d10"),
    )
)
"""Six people, and whom each is put on."""
_SHIPPED = 2
"""The first so many are measured where no clip is at hand but those that ship."""
_NOT_SHIPPED = ("franck.mp4", "d3.mp4", "d9.mp4")
_JSON, _TEXT, _PLOT = "curve.json", "curve.txt", "curve.png"
_NOTICED = 0.0005  # half of the last digit in the tables


@dataclass(frozen=True, slots=True)
class Point:
    """One person after so many minutes of painting; each figure as in the tables of ``bench swap``.

    ``share`` of the oval's ceiling; ``painted`` share of the face's pixels that the network paints (0: none); ``kept``
    "network", "avatar" or "both" by part, ``error`` what the gate decided by: held-out texture error of avatar and
    network.
    """

    pair: str
    minutes: float
    share: float
    to_source: float
    expression_r: float
    mouth_r: float
    eyes_r: float
    sharpness: float
    painted: float
    kept: dict[str, str]
    error: dict[str, tuple[float, float]]
    fitting_s: float
    frames_per_s: float


FIGURES: tuple[tuple[str, str], ...] = (
    ("share", "share of the oval's ceiling"),
    ("expression_r", "blendshapes r"),
    ("mouth_r", "mouth r"),
    ("eyes_r", "eyes r"),
    ("sharpness", "sharpness of the target's"),
    ("painted", "share of pixels painted"),
)


@dataclass(frozen=True, slots=True)
class Curve:
    """What was measured: ``text`` the tables, ``points`` the figures, ``remarks`` who could not be measured and why."""

    points: tuple[Point, ...]
    remarks: tuple[str, ...]
    text: str
    written: tuple[Path, ...]


def run_curve(
    *,
    clips: Sequence[Path] = (),
    people: Path | None = None,
    only: Sequence[str] = (),
    quick: bool = False,
    out: Path = Path("bench-out"),
    force: bool = False,
    progress: Progress = silent,
    told: Callable[[Point], None] = lambda _: None,
    minutes: Sequence[float] = MINUTES,
) -> Curve:
    """Return quality over training time, and write it to ``out`` as JSON, text and a plot.

    People who are in ``out`` already, all of their points, are kept: an interrupted run goes on with the next person.

    Args:
        clips, people, quick, progress: as `bench.swap.run`. only: directions like ``A>single_face``; of the public
            people those in `PAIRS`.
        force: begin anew. told: called with each point as soon as it is known. minutes: when to measure, rising.

    Raises:
        UsageError: an unknown direction, or points that were measured otherwise are in ``out``.
        BonafaceError: nobody could be measured; the first reason.
    """
    folders = [people] if people else clip_folders(clips)
    crowd = people_of(people) if people else public_people()
    pairs = choose_pairs(only, crowd, public=False) if people else public_pairs(only, folders)
    points = [] if force else kept_points(out / _JSON, quick, minutes)
    remarks: list[str] = []
    failures: list[BonafaceError] = []
    out.mkdir(parents=True, exist_ok=True)
    with PassingFolder() as passing:
        session = Session(crowd, folders, passing, quick, people is None, progress)
        for number, pair in enumerate(pairs):
            progress(Step("measuring people", number, len(pairs), "people", str(pair)))
            if any(point.pair == str(pair) for point in points):
                continue
            try:
                found = []
                for k, spent in enumerate(minutes):
                    row, learned = session.measure_after(pair, number * len(minutes) + k, spent)
                    found.append(_point(row, learned, spent))
                    told(found[-1])
                remarks += [f"{pair}: {remark}" for remark in learned.remarks]
            except BonafaceError as error:
                remarks.append(f"{pair} was not measured: {error}")
                failures.append(error)
                continue
            points += found
            _write(out, points, remarks, quick)
    if failures and not points:
        raise failures[0]
    text = _write(out, points, remarks, quick)
    return Curve(tuple(points), tuple(remarks), text, tuple(out / name for name in (_TEXT, _JSON, _PLOT)))


def kept_points(path: Path, quick: bool, minutes: Sequence[float]) -> list[Point]:
    """Return the points of an earlier run of the same kind, none where there is no file.

    Raises:
        UsageError: it was measured otherwise. UnreadableMediaError: it is no such file.
    """
    if not path.is_file():
        return []
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        points = [_read(row) for row in held["points"]]
        earlier, times = bool(held["quick"]), {point.minutes for point in points}
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise UnreadableMediaError(f"{path} is damaged ({error}); add --force to begin anew.") from error
    if points and (earlier != quick or times != set(minutes)):
        raise UsageError(f"{path} was measured with other frames or times; choose another --out, or add --force.")
    return points


def _read(row: dict[str, Any]) -> Point:
    values: dict[str, Any] = {key: math.nan if value is None else value for key, value in row.items()}
    values["error"] = {part: (float(a), float(b)) for part, (a, b) in row["error"].items()}
    return Point(**values)


def public_pairs(only: Sequence[str], folders: Sequence[Path]) -> list[Pair]:
    """Return the public directions to be measured: those named, all, or two where only what ships is at hand.

    Raises:
        UsageError: one that is not in `PAIRS`.
    """
    known = {str(pair): pair for pair in PAIRS}
    if unknown := [text for text in only if text not in known]:
        raise UsageError(f"The curve has no direction {unknown[0]!r}; it has {', '.join(known)}.")
    if only:
        return [known[text] for text in only]
    more = any(_at_hand(file, folders) for file in _NOT_SHIPPED)
    return list(PAIRS if more else PAIRS[:_SHIPPED])


def _at_hand(file: str, folders: Sequence[Path]) -> bool:
    try:
        find_clip(file, folders)
    except MissingFileError:
        return False
    return True


def _point(row: Row, learned: Learned, minutes: float) -> Point:
    return Point(
        row.pair,
        minutes,
        row.ceilings["oval"].share,
        row.verdicts[0].to_source,
        row.motion.expression_r,
        row.motion.mouth_r,
        row.motion.eyes_r,
        row.surface.sharpness,
        0.0 if math.isnan(learned.painted) else learned.painted,
        dict(learned.kept),
        dict(learned.error),
        learned.fitting_s,
        row.making.frames_per_s if row.making is not None else math.nan,
    )


def _write(out: Path, points: Sequence[Point], remarks: Sequence[str], quick: bool) -> str:
    text = "\n\n".join([curve_tables(points), "\n".join([*losses(points), *remarks])]).strip() + "\n"
    content = {
        **circumstances(quick),
        "points": [plain(asdict(point)) for point in points],
        "mean": {figure: plain(by_time(points, figure).get("mean", {})) for figure, _ in FIGURES},
        "remarks": list(remarks),
    }
    for name, written in ((_JSON, json.dumps(content, indent=1, allow_nan=False) + "\n"), (_TEXT, text)):
        with atomic_path(out / name) as temporary:
            temporary.write_text(written, encoding="utf-8")
    write_plot(draw_curve({title: by_time(points, figure) for figure, title in FIGURES}), out / _PLOT)
    return text


def by_time(points: Sequence[Point], figure: str) -> dict[str, dict[float, float]]:
    """Return a figure by direction and minutes, and its mean over them where there are several."""
    lines: dict[str, dict[float, float]] = {}
    for point in points:
        lines.setdefault(point.pair, {})[point.minutes] = float(getattr(point, figure))
    if len(lines) > 1:
        times = sorted({minutes for line in lines.values() for minutes in line})
        columns = {at: [line[at] for line in lines.values() if at in line] for at in times}
        lines["mean"] = {at: float(np.nanmean(column)) for at, column in columns.items() if not np.isnan(column).all()}
    return lines


def curve_tables(points: Sequence[Point]) -> str:
    """Return a table for each figure: a line each person, a column each time; and what the gate kept."""
    times = sorted({point.minutes for point in points})
    parts = []
    for figure, title in FIGURES:
        lines = list(by_time(points, figure).items())
        columns = [("direction", lambda line: line[0])] + [(time_text(at), _cell(figure, at)) for at in times]
        parts.append(f"{title[0].upper()}{title[1:]}\n{text_table(columns, lines)}")
    kept = {pair: {p.minutes: p for p in points if p.pair == pair} for pair in dict.fromkeys(p.pair for p in points)}
    columns = [("direction", lambda line: line[0])] + [(time_text(at), _kept(at)) for at in times]
    parts.append(f"What the gate left to the network\n{text_table(columns, list(kept.items()))}")
    return "\n\n".join(parts)


def losses(points: Sequence[Point]) -> list[str]:
    """Return a sentence for each share or correlation that was worse after more minutes: 0 to 1, and 5 to 10."""
    out = []
    for figure, title in FIGURES[:4]:
        for pair, line in by_time(points, figure).items():
            for before, after in ((0.0, 1.0), (5.0, 10.0)):
                if before in line and after in line and line[after] < line[before] - _NOTICED:
                    out.append(
                        f"{pair}: {title} fell from {line[before]:.3f} after {time_text(before)} to "
                        f"{line[after]:.3f} after {time_text(after)}."
                    )
    return out


def time_text(minutes: float) -> str:
    """Return minutes as the tables have them: ``0 s``, ``10 s``, ``5 min``."""
    return f"{round(60 * minutes)} s" if minutes < 1 else f"{minutes:g} min"


Line = tuple[str, dict[float, float]]


def _cell(figure: str, at: float) -> Callable[[Line], str]:
    def cell(line: Line) -> str:
        value = line[1].get(at, math.nan)
        if math.isnan(value):
            return "-"
        return f"{100 * value:.1f} %" if figure in ("share", "painted") else f"{value:.3f}"

    return cell


def _kept(at: float) -> Callable[[tuple[str, dict[float, Point]]], str]:
    return lambda line: kept_text(line[1][at].kept) if at in line[1] else "-"
