"""A face through a clip, for the report: what the learned examiner said of each look, laid out along time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bonaface.checking.calibration import Calibration
from bonaface.checking.report_pictures import data_uri, map_uri
from bonaface.checking.report_words import clock
from bonaface.terms.finding import FaceFinding, Look

_REACH = 42.0
"""How far the strongest look stands from the middle line, in percent of the chart's height."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One look: its picture and map, its time in words, what it says, and its place in a chart of 100 by 100."""

    uri: str
    map_uri: str
    side: int
    time: str
    words: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Timeline:
    """The ``moments`` in order, the line and dots through them as SVG paths, and which is shown first."""

    moments: tuple[Moment, ...]
    line: str
    dots: str
    shown: int
    end: str
    summary: str


def timeline(
    face: FaceFinding, calibration: Calibration, end_s: float, *, most_looks: int, most_bytes: int
) -> Timeline | None:
    """Return the line of a face through a clip that ends at ``end_s``; None where time tells nothing.

    Args:
        most_looks: so many are shown, evenly spread. most_bytes: for all their pictures together.
    """
    looks = _spread([look for look in face.looks if look.time_s is not None], most_looks)
    if len(looks) < 2:
        return None
    scores = [calibration.learned(look.logit) for look in looks]
    scale = max(1.0, *(abs(score) for score in scores))
    moments = tuple(
        Moment(
            data_uri(look.crop, most_bytes // len(looks)),
            "" if look.where is None else map_uri(look.where),
            look.crop.shape[0],
            clock(look.time_s or 0.0),
            _words(score),
            round(100 * min(1.0, (look.time_s or 0.0) / max(end_s, 1e-6)), 2),
            round(50 - _REACH * score / scale, 2),
        )
        for look, score in zip(looks, scores, strict=True)
    )
    line = "M" + "L".join(f"{one.x} {one.y}" for one in moments)
    dots = "".join(f"M{one.x} {one.y}h0" for one in moments)
    strongest = max(range(len(looks)), key=lambda k: scores[k])
    speaking = sum(score > 0 for score in scores)
    summary = (
        f"{speaking} of {len(looks)} looks speak for manipulation, {sum(score < 0 for score in scores)} against; the "
        f"strongest at {moments[strongest].time}."
    )
    return Timeline(moments, line, dots, strongest, clock(end_s), summary)


def _words(score: float) -> str:
    says = "speaks for manipulation" if score > 0 else "speaks against manipulation" if score < 0 else "says nothing"
    return f"{says} ({score:+.2f})".replace("-", "\N{MINUS SIGN}")


def _spread(looks: Sequence[Look], most: int) -> list[Look]:
    if len(looks) <= most:
        return list(looks)
    return [looks[round(k * (len(looks) - 1) / max(most - 1, 1))] for k in range(most)]
