"""Where the checker's false alarms and misses lie: verdicts by class of face, of file, and by columns of the table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from bonaface.bench.check_faces import Seen
from bonaface.bench.check_figures import Rate, auc, rate, rate_interval
from bonaface.bench.check_marks import Files, own_codes
from bonaface.bench.check_skin import TONES, UNKNOWN, tone_of
from bonaface.checking.calibration import SIZES_PX, Calibration

_MOST_VALUES = 12
_BRIGHTNESS = (60.0, 100.0, 140.0)
_JPEG = (70, 90)


@dataclass(frozen=True, slots=True)
class ClassRow:
    """A class of files, with the checker's own verdicts: false alarms, misses, and how many of each were answered."""

    table: str
    name: str
    alarms: Rate
    real_answered: Rate
    misses: Rate
    fake_answered: Rate
    auc: float


@dataclass(frozen=True, slots=True)
class Untouched:
    """Untouched files besides the labelled ones: false alarms of all and of those answered, and by class."""

    source: str
    alarms: Rate
    alarms_answered: Rate
    over_groups: tuple[float, float]
    answered: Rate
    faceless: int
    classes: tuple[ClassRow, ...]


def untouched_of(files: Files, calibration: Calibration, source: str) -> Untouched:
    """Return the checker's own false alarms on files that are all untouched."""
    codes = own_codes(files)
    alarms = codes == 1
    return Untouched(
        source,
        rate(alarms),
        rate(alarms[codes >= 0]),
        rate_interval(alarms, files.groups),
        rate(codes >= 0),
        sum(not one.faces for one in files.seen),
        tuple(class_rows(files, calibration)),
    )


def class_rows(files: Files, calibration: Calibration) -> list[ClassRow]:
    """Return the checker's own verdicts by face size, detail, JPEG quality, brightness, skin tone and further columns.

    Files without a face are in none of the classes of faces.
    """
    codes, rows = own_codes(files), []
    scores = np.array([one.score for one in files.seen])
    for table, names, order in _divisions(files.seen, calibration):
        for name in order:
            inside = np.array([each == name for each in names])
            if not inside.any():
                continue
            real, fake, scored = inside & ~files.fake, inside & files.fake, inside & np.isfinite(scores)
            rows.append(
                ClassRow(
                    table,
                    name,
                    rate(codes[real] == 1),
                    rate(codes[real] >= 0),
                    rate(codes[fake] == 0),
                    rate(codes[fake] >= 0),
                    auc(scores[scored], files.fake[scored]),
                )
            )
    return rows


def _divisions(seen: Sequence[Seen], calibration: Calibration) -> Iterable[tuple[str, list[str | None], Sequence[str]]]:
    """Yield title, class of each file (None: in none), and the classes in order."""
    qualities = [one.quality for one in seen]
    edges = SIZES_PX[1:]
    yield "face size", *_by_borders([None if q is None else q.face_px for q in qualities], edges, "px")
    detail = [None if q is None else "full" if q.detail >= calibration.detail_border else "reduced" for q in qualities]
    yield "detail", [*detail], ("reduced", "full")
    names = [_jpeg_class(one) for one in seen]
    yield "JPEG quality", [*names], (f"under {_JPEG[0]}", f"{_JPEG[0]} to {_JPEG[1]}", f"above {_JPEG[1]}", "no JPEG")
    yield (
        "brightness of the face",
        *_by_borders([None if q is None else q.brightness for q in qualities], _BRIGHTNESS, ""),
    )
    tones = [tone_of(one.ita_deg) if one.faces else None for one in seen]
    yield "skin tone (ITA)", [*tones], (*TONES, UNKNOWN)
    for column in dict.fromkeys(name for one in seen for name in one.item.traits):
        yield column, *_by_column([one.item.traits.get(column, "") for one in seen])


def _jpeg_class(one: Seen) -> str | None:
    quality = one.cheap.jpeg_quality
    if one.error:
        return None
    if not quality:
        return "no JPEG"
    low, high = _JPEG
    return f"under {low}" if quality < low else f"above {high}" if quality > high else f"{low} to {high}"


def _by_borders(
    values: Sequence[float | None], borders: Sequence[float], unit: str
) -> tuple[list[str | None], Sequence[str]]:
    """Return classes between ascending borders."""
    after = f" {unit}" if unit else ""
    names = [
        f"under {borders[0]:.4g}{after}",
        *(f"{low:.4g} to {high:.4g}{after}" for low, high in pairwise(borders)),
        f"from {borders[-1]:.4g}{after}",
    ]
    return [None if v is None else names[sum(v >= border for border in borders)] for v in values], names


def _by_column(values: Sequence[str]) -> tuple[list[str | None], Sequence[str]]:
    """Return the values as classes, of many numbers thirds; a column of many texts gives none."""
    distinct = sorted(set(values) - {""})
    if len(distinct) <= _MOST_VALUES:
        return [value or UNKNOWN for value in values], [*distinct, UNKNOWN]
    try:
        numbers: Mapping[str, float] = {value: float(value) for value in distinct}
    except ValueError:
        return [None] * len(values), ()
    thirds = np.quantile([numbers[value] for value in values if value], [1 / 3, 2 / 3])
    return _by_borders([numbers.get(value) for value in values], [float(edge) for edge in np.unique(thirds)], "")
