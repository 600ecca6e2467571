"""``bonaface bench check``: the checker on labelled files, beside other detectors, with what its verdicts cost."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bonaface.bench.check_classes import ClassRow, Untouched, class_rows, untouched_of
from bonaface.bench.check_damage import DAMAGES
from bonaface.bench.check_detector import Detector, DetectorError
from bonaface.bench.check_faces import Observer, Seen
from bonaface.bench.check_index import Item, Listing, Shelf, read_listing, read_untouched
from bonaface.bench.check_marks import BASELINE, OURS, Files, Marks, baseline_scores, marks_of, own_marks
from bonaface.bench.check_plot import PLOTS, draw_plots
from bonaface.bench.check_speed import Speed, speed_of
from bonaface.bench.check_tables import check_text
from bonaface.bench.curve_plot import write_plot
from bonaface.bench.rows import plain
from bonaface.bench.swap import circumstances
from bonaface.checking.calibration import Calibration, shipped_calibration
from bonaface.media.scratch import atomic_path, check_output
from bonaface.terms.arrays import Doubles
from bonaface.terms.errors import NothingToDoError, UsageError
from bonaface.terms.progress import Progress, Step, silent
from bonaface.verbs.check import ERROR_RATE, hold_to

_JSON, _TEXT = "check.json", "check.txt"
_MOST_TOLD = 5


@dataclass(frozen=True, slots=True)
class Report:
    """What was measured: ``marks`` ours first, then other detectors, the compression-only baseline last."""

    marks: tuple[Marks, ...]
    classes: tuple[ClassRow, ...]
    untouched: Untouched | None
    speed: Speed
    remarks: tuple[str, ...]
    text: str
    written: tuple[Path, ...]


def run_check(
    source: Path,
    *,
    split: str | None = None,
    first: int | None = None,
    damage: str | None = None,
    detectors: Sequence[str] = (),
    untouched: Path | None = None,
    error_rate: float = ERROR_RATE,
    calibration: Calibration | None = None,
    out: Path = Path("bench-out"),
    force: bool = False,
    progress: Progress = silent,
) -> Report:
    """Return the checker's figures on labelled files, and write them to ``out`` as text, JSON and plots.

    Args:
        source: a folder with ``real/`` and ``fake/``, or a table (CSV; a folder's ``index.csv``).
        split: only these rows of a table that has the column. first: only so many sources, with their fakes, and so
            many of the untouched besides.
        damage: what happens to every picture first, one of `check_damage.DAMAGES`.
        detectors: Python files with ``predict(path)``, or commands with ``{path}``, measured on the same faces.
        untouched: more untouched files, for false alarms alone. error_rate: what the verdicts hold to.
        calibration: another than the one that ships. force: replace what is there already.

    Raises:
        UsageError: the layout, a column, a class or the damage is none, or a detector never gives a number.
        MissingFileError: a file is not there. NothingToDoError: nothing to measure, or no face in it.
        OutputExistsError: figures are there already. MissingPartError: the network is not there.
    """
    if damage is not None and damage not in DAMAGES:
        raise UsageError(f"The damage {damage!r} is unknown; choose {', '.join(DAMAGES)}.")
    hold_to(error_rate)
    written = tuple(out / name for name in (_JSON, _TEXT, *PLOTS))
    for path in written:
        check_output(path, [], force)
    calibration = calibration or shipped_calibration()
    with ExitStack() as stack:
        others = _opened(detectors, stack)
        listing = read_listing(source, split=split, first=first)
        more = read_untouched(untouched, first=first) if untouched else None
        observer = Observer(calibration, stack.enter_context(Shelf()), error_rate, DAMAGES[damage] if damage else None)
        watched = _Watched(observer, others, progress, len(listing.items) + (len(more.items) if more else 0))
        files = Files.of([watched.see(item) for item in listing.items])
        for other in others:
            other.check_useful()
        scores = watched.scores
        besides = Files.of([watched.see(item, alone=True) for item in more.items]) if more else None
    if not any(one.faces for one in files.seen):
        raise NothingToDoError(f"No face was found in {source}; there is nothing to measure.")
    own = own_marks(files, calibration, error_rate)
    rated = {OURS: np.array([one.score for one in files.seen]), **scores, BASELINE: baseline_scores(files)}
    marks = (own, *(marks_of(name, rated[name], files, error_rate) for name in rated if name != OURS))
    classes, speed = tuple(class_rows(files, calibration)), speed_of(files.seen)
    alarms = None if besides is None or untouched is None else untouched_of(besides, calibration, untouched.name)
    remarks = (*_unread([*files.seen, *(besides.seen if besides else ())]), *watched.remarks())
    heading = _heading(source, listing, files, damage, calibration)
    text = check_text(marks, classes, speed, alarms, heading, remarks, error_rate)
    report = Report(marks, classes, alarms, speed, remarks, text, written)
    settings: dict[str, Any] = {
        "source": source.name, "split": split, "first": first, "damage": damage, "error_rate": error_rate,
        "grouped_by": listing.grouped_by, "calibration": dict(calibration.about),
    }  # fmt: skip
    _write(report, settings, [*files.seen, *(besides.seen if besides else ())], scores)
    for path, plot in zip(written[2:], draw_plots(marks, rated, files), strict=True):
        write_plot(plot, path)
    return report


class _Watched:
    """Sees one file after the other, and asks the other detectors about the same faces."""

    def __init__(self, observer: Observer, others: Sequence[Detector], progress: Progress, total: int) -> None:
        self._observer, self._others, self._progress, self._total = observer, others, progress, total
        self._done = 0
        self._scores: dict[str, list[float]] = {other.name: [] for other in others}
        self._failures: dict[str, list[str]] = {other.name: [] for other in others}

    @property
    def scores(self) -> dict[str, Doubles]:
        """Of each other detector its scores (N,), nan where it gave none."""
        return {name: np.array(values) for name, values in self._scores.items()}

    def see(self, item: Item, *, alone: bool = False) -> Seen:
        """Return what is seen in a file; ``alone``: without asking the others."""
        seen, crops = self._observer.see(item, crops=bool(self._others) and not alone)
        for other in self._others if not alone else ():
            score = float("nan")
            try:
                score = other.score(crops) if crops else score
            except DetectorError as error:
                self._failures[other.name].append(f"{item.name}: {error}")
            self._scores[other.name].append(score)
        self._done += 1
        self._progress(Step("checking", self._done, self._total, "files", item.name))
        return seen

    def remarks(self) -> list[str]:
        """Return what the other detectors failed on."""
        return [line for name, told in self._failures.items() for line in _told(f"{name} gave no score for", told)]


def _opened(detectors: Sequence[str], stack: ExitStack) -> list[Detector]:
    others = [stack.enter_context(Detector(said)) for said in detectors]
    names = [OURS, BASELINE, *(other.name for other in others)]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"Two detectors are called {name}; give one of their files another name.")
    return others


def _told(what: str, failures: Sequence[str]) -> list[str]:
    rest = [f"... and {len(failures) - _MOST_TOLD} more."] if len(failures) > _MOST_TOLD else []
    return [f"{what} {len(failures)} files:", *failures[:_MOST_TOLD], *rest] if failures else []


def _unread(seen: Sequence[Seen]) -> list[str]:
    return _told("Not read were", [f"{one.item.name}: {one.error}" for one in seen if one.error])


def _heading(source: Path, listing: Listing, files: Files, damage: str | None, calibration: Calibration) -> list[str]:
    blind = sum(not one.faces and not one.error for one in files.seen)
    return [
        f"{source.name}: {int((~files.fake).sum())} untouched and {int(files.fake.sum())} manipulated files, "
        f"{len(set(files.groups))} groups: {listing.grouped_by}. Calibration {calibration.about['id']}.",
        f"In {blind} no face was found; they count as not answered and have no score.",
        f"Every picture after {damage} (file size and JPEG quality are the file's as it lies)."
        if damage
        else "Pictures as they are.",
        "Pixels alone: seals and what files say of their origin were not asked.",
    ]


def _write(report: Report, settings: Mapping[str, Any], seen: Sequence[Seen], scores: Mapping[str, Doubles]) -> None:
    content = {
        **circumstances(False),
        **settings,
        "detectors": [_as_json(one) for one in report.marks],
        "classes": [asdict(row) for row in report.classes],
        "untouched": None if report.untouched is None else asdict(report.untouched),
        "speed": asdict(report.speed),
        "remarks": list(report.remarks),
        "files": [
            {
                "file": one.item.name,
                "label": "fake" if one.item.fake else "real",
                "group": one.item.group,
                "score": one.score,
                "verdict": None if one.verdict is None else str(one.verdict),
                "why": one.why or one.error or None,
                "quality": None if one.quality is None else asdict(one.quality),
                "ita_deg": one.ita_deg,
                "others": {name: values[row] for name, values in scores.items() if row < len(values)},
            }
            for row, one in enumerate(seen)
        ],
    }
    written = (json.dumps(plain(content), indent=1, allow_nan=False) + "\n", report.text)
    for path, each in zip(report.written, written, strict=False):
        with atomic_path(path) as temporary:
            temporary.write_text(each, encoding="utf-8")


def _as_json(marks: Marks) -> dict[str, Any]:
    bins = marks.reliability
    held = {"promised": bins.promised.tolist(), "true": bins.true.tolist(), "count": bins.count.tolist()}
    return {**asdict(marks), "reliability": {**held, "error": bins.error}}
