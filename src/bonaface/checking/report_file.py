"""One file in a report: everything that its page shows, and the frames that are saved beside the report."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bonaface.checking.calibration import Calibration
from bonaface.checking.report_pictures import (
    FULL_COLOUR_AT,
    Mark,
    Plate,
    close_up,
    differing,
    mark,
    pictures_at,
    save_png,
    sharpest,
    whole,
)
from bonaface.checking.report_timeline import Timeline, timeline
from bonaface.checking.report_words import KEYS, Said, next_steps, plain, rate_in_words, said_of_face, said_of_file
from bonaface.marking.segments import sha256_of
from bonaface.terms.arrays import Rgb8
from bonaface.terms.errors import BonafaceError, UnreadableMediaError
from bonaface.terms.finding import Evidence, FaceFinding, Finding, Look

MOST_FACES = 10
"""Faces of a file that are shown in detail, the most suspicious first; every face has its line in the table."""
_MOST_VIEWS = 3
_MOST_LOOKS = 60
_KB = 1000


@dataclass(frozen=True, slots=True)
class Size:
    """How large the pictures of one file may be: longest side of a whole one and of a close-up, and bytes in all."""

    whole_px: int
    close_px: int
    most_bytes: int


@dataclass(frozen=True, slots=True)
class Row:
    """One line of evidence; ``share`` of half the bar's length, ``side`` that it points to."""

    examiner: str
    finding: str
    words: str
    side: str
    share: float
    reliability: str


@dataclass(frozen=True, slots=True)
class View:
    """A whole picture of the file with its faces."""

    caption: str
    told: str
    plate: Plate
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class FacePart:
    """One face in detail."""

    face: FaceFinding
    said: Said
    rows: tuple[Row, ...]
    rate: tuple[str, ...]
    plate: Plate | None
    residual: Plate | None
    mark: Mark | None
    told: str
    timeline: Timeline | None


@dataclass(frozen=True, slots=True)
class FilePart:
    """One file in detail; ``frames`` the paths of the pictures saved of it, ``remark`` why whole ones are missing."""

    anchor: str
    name: str
    finding: Finding
    said: Said
    views: tuple[View, ...]
    faces: tuple[FacePart, ...]
    all_faces: tuple[tuple[FaceFinding, Said], ...]
    origin: tuple[Row, ...]
    frames: tuple[Path, ...]
    steps: tuple[str, ...]
    remark: str


def file_part(finding: Finding, number: int, calibration: Calibration, folder: Path, size: Size) -> FilePart:
    """Return one file in detail, and save its sharpest frames in ``folder``.

    Raises:
        NoSpaceError: the disk is full or the folder cannot be written.
    """
    ranked = sorted(finding.faces, key=lambda face: (KEYS.index(said_of_face(face).key), -face.score))
    shown = ranked[:MOST_FACES]
    close_px = size.close_px if len(shown) <= 4 else size.close_px * 2 // 3
    best = {face.number: sharpest(face.looks) for face in shown if face.looks}
    pictures, remark = _pictures(finding, list(best.values()))
    stem = f"{number:03d}-{re.sub(r'[^A-Za-z0-9_-]+', '_', finding.path.stem)[:40].strip('_') or 'file'}"
    frames: list[Path] = []
    end_s = max((face.last_s or 0.0 for face in finding.faces), default=0.0)
    parts = []
    for face in shown:
        plates: tuple[Plate | None, Plate | None] = None, None
        look = best.get(face.number)
        outline = None if look is None else mark(face.number, look)
        if look is not None and look.time_s in pictures:
            *both, pixels = close_up(
                pictures[look.time_s], look, close_px, int(0.3 * size.most_bytes / (2 * len(shown)))
            )
            plates = both[0], both[1]
            frames.append(_saved(pixels, folder / f"{stem}-face{face.number}.png"))
        parts.append(
            FacePart(
                face,
                said_of_face(face),
                _rows(face.evidence),
                tuple(rate_in_words(face.error, face.verdict)) if face.error else (),
                *plates,
                outline,
                "" if outline is None else _told([outline]),
                timeline(
                    face, calibration, end_s, most_looks=max(6, _MOST_LOOKS // len(shown)),
                    most_bytes=int(0.2 * size.most_bytes / len(shown)),
                ),
            )
        )  # fmt: skip
    views = (*_views(shown, best, pictures, size), *_difference(finding, pictures, size))
    if finding.kind == "video":
        times = dict.fromkeys(look.time_s for look in best.values() if look.time_s in pictures)
        frames += [_saved(pictures[t], folder / f"{stem}-frame-{t or 0.0:.2f}s.png") for t in times]
    return FilePart(
        f"file-{number}",
        plain(finding.path.name),
        finding,
        said_of_file(finding),
        views,
        tuple(parts),
        tuple((face, said_of_face(face)) for face in finding.faces),
        _rows(finding.origin),
        tuple(frames),
        tuple(next_steps(finding, [path.name for path in frames])),
        remark,
    )


def _pictures(finding: Finding, looks: Sequence[Look]) -> tuple[dict[float | None, Rgb8], str]:
    """Return the file's pictures, read again, and why there are none."""
    if finding.error is not None:
        return {}, ""
    try:
        if finding.sha256 and sha256_of(finding.path) != finding.sha256:
            raise UnreadableMediaError("it is not the file any more that was examined; check it anew.")
        return pictures_at(finding.path, finding.kind, [look.time_s for look in looks] or [0.0]), ""
    except (BonafaceError, OSError) as error:
        return {}, f"The file could not be shown: {plain(str(error))}"


def _views(
    faces: Sequence[FaceFinding], best: dict[int, Look], pictures: dict[float | None, Rgb8], size: Size
) -> tuple[View, ...]:
    """Return the whole picture of a still, or the frames of a clip in which the faces are sharpest."""
    times = list(dict.fromkeys(best[face.number].time_s for face in faces if face.number in best)) or list(pictures)
    times = [time_s for time_s in times if time_s in pictures][:_MOST_VIEWS]
    most_bytes = int(0.35 * size.most_bytes / max(1, len(times)))
    views = []
    for time_s in times:
        seen = [(face, _look_at(face, time_s)) for face in faces]
        marks = tuple(mark(face.number, look) for face, look in seen if look is not None)
        caption = "The whole picture" if time_s is None else f"The frame at {time_s:.2f} s"
        views.append(View(caption, _told(marks), whole(pictures[time_s], size.whole_px, most_bytes), marks))
    return tuple(views)


def _difference(finding: Finding, pictures: dict[float | None, Rgb8], size: Size) -> tuple[View, ...]:
    """Return where a still differs from its original, if that was given."""
    away, rgb8 = finding.difference, pictures.get(None)
    if away is None or rgb8 is None or away.shape != rgb8.shape[:2]:
        return ()
    told = f"The stronger the colour, the greater the difference: full at {FULL_COLOUR_AT} of 255 grey levels."
    plate = differing(rgb8, away, size.whole_px, int(0.2 * size.most_bytes))
    return (View("Where it differs from the original", told, plate, ()),)


def _told(marks: Sequence[Mark]) -> str:
    """Return in words what outlines and map show."""
    if not marks:
        return ""
    marks = sorted(marks, key=lambda one: one.number)
    numbers = ", ".join(str(one.number) for one in marks)
    words = f"Face {numbers} is outlined." if len(marks) == 1 else f"Faces {numbers} are outlined and numbered."
    if all(one.share is None for one in marks):
        return words
    shares = {one.number: f"{100 * one.share:.0f}\xa0%" for one in marks if one.share and one.share >= 0.005}
    if len(marks) == 1 and shares:
        return f"{words} The map marks {shares[marks[0].number]} of the square."
    parts = ", ".join(f"{share} of the square of face {number}" for number, share in shares.items())
    return f"{words} The map marks {parts or 'nothing'}."


def _look_at(face: FaceFinding, time_s: float | None) -> Look | None:
    return next((look for look in face.looks if look.time_s == time_s), None)


def _rows(evidence: Sequence[Evidence]) -> tuple[Row, ...]:
    most = max((abs(one.weight) for one in evidence), default=0.0) or 1.0
    return tuple(
        Row(
            plain(one.examiner[:1].upper() + one.examiner[1:]),
            plain(one.finding, 1000),
            _weight(one.weight),
            "for" if one.weight > 0 else "against" if one.weight < 0 else "none",
            round(50 * abs(one.weight) / most, 1),
            plain(one.reliability, 1000),
        )
        for one in evidence
    )


def _weight(weight: float) -> str:
    if weight == 0:
        return "shown only"
    return f"{'for' if weight > 0 else 'against'}, {abs(weight):.2f}"


def _saved(rgb8: Rgb8, path: Path) -> Path:
    save_png(rgb8, path)
    return path
