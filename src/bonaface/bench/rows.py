"""The figures of each direction and of all together, as they go into tables and JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from bonaface.bench.clip_score import ClipScore
from bonaface.bench.gallery import Retrieval
from bonaface.bench.measures import people_interval
from bonaface.bench.outlines import Outline
from bonaface.bench.pairs import Pair, parse_pair
from bonaface.bench.perform import Learned, Performed
from bonaface.bench.reference import TargetFacts
from bonaface.bench.score import Motion, Surface
from bonaface.bench.speed import Speed


@dataclass(frozen=True, slots=True)
class Verdict:
    """A judge's word: to source, to target; the share of frames in which it found a face.

    ``interval`` of ``to_source``, 95 %, is over runs of frames of this one clip, not over people.
    """

    judge: str
    to_source: float
    interval: tuple[float, float]
    to_target: float
    frames_with_face: float


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The first judge's word on the real face in a fixed outline, and the share of it that the swap reaches.

    ``share`` is nan where the ceiling is not above a stranger's 0.
    """

    to_source: float
    to_target: float
    share: float


@dataclass(frozen=True, slots=True)
class Making:
    """Times and counts of the swap itself; not known of another tool's clip.

    ``painted``: share of the face's pixels that the network paints; ``kept``: "network", "avatar" or "both" for each
    part; ``remarks`` say what was missing while learning.
    """

    crops: int
    following_s: float
    fitting_s: float
    frames: int
    held: int
    hidden: int
    frames_per_s: float
    painted: float = float("nan")
    kept: Mapping[str, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """All figures of one direction; ``encoder_...`` is what re-encoding the target alone does."""

    pair: str
    tool: str
    measured: int
    verdicts: tuple[Verdict, ...]
    ceilings: dict[str, Ceiling]
    retrieval: Retrieval | None
    motion: Motion
    encoder_motion: Motion
    surface: Surface
    encoder_surface: Surface
    flicker: float
    target_flicker: float
    making: Making | None
    speed: Speed | None

    def as_json(self) -> dict[str, Any]:
        """Return plain values that JSON can hold: what is nan or infinite becomes None."""
        return {key: plain(value) for key, value in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class Overall:
    """One judge's mean to source over the directions of one tool.

    ``interval``, 95 %, is over the ``people`` whose faces they show.
    """

    tool: str
    judge: str
    directions: int
    people: int
    to_source: float
    interval: tuple[float, float]


def summarise(rows: Sequence[Row]) -> list[Overall]:
    """Return each judge's mean over all directions but people as themselves, for each tool by itself."""
    swaps = [row for row in rows if not parse_pair(row.pair).is_self]
    said: dict[tuple[str, str], list[tuple[str, float]]] = {}
    for row in swaps:
        for verdict in row.verdicts:
            if not math.isnan(verdict.to_source):
                key = row.tool, verdict.judge
                said.setdefault(key, []).append((parse_pair(row.pair).source, verdict.to_source))
    out = []
    for (tool, judge), words in said.items():
        people, values = [person for person, _ in words], np.array([value for _, value in words])
        interval = people_interval(values, people)
        out.append(Overall(tool, judge, len(words), len(set(people)), float(values.mean()), interval))
    return out


def plain(value: Any) -> Any:
    """Return a value as JSON can hold it, None for a number that is nan or infinite."""
    match value:
        case dict():
            return {key: plain(one) for key, one in value.items()}
        case list() | tuple():
            return [plain(one) for one in value]
        case float() if not math.isfinite(value):
            return None
        case _:
            return value


def make_row(
    pair: Pair,
    tool: str,
    score: ClipScore,
    facts: TargetFacts,
    ceilings: Mapping[Outline, tuple[float, float]],
    learned: Learned | None,
    performed: Performed | None,
    speed: Speed | None,
) -> Row:
    """Return the figures of one direction; the last three are None for another tool's clip."""
    first = score.identities[0]
    making = None
    if learned is not None and performed is not None:
        swapped = performed.swapped
        making = Making(
            learned.crops,
            learned.following_s,
            learned.fitting_s,
            swapped.frames,
            swapped.held,
            swapped.hidden,
            swapped.frames / max(performed.seconds, 1e-9),
            learned.painted,
            dict(learned.kept),
            learned.remarks,
        )
    return Row(
        str(pair),
        tool,
        len(facts.frames),
        tuple(
            Verdict(word.judge, word.to_source, word.source_interval, word.to_target, word.frames_with_face)
            for word in score.identities
        ),
        {name: Ceiling(*words, _share(first.to_source, words[0])) for name, words in ceilings.items()},
        score.retrieval,
        score.motion,
        facts.encoder_motion,
        score.surface,
        facts.encoder_surface,
        score.flicker,
        score.target_flicker,
        making,
        speed,
    )


def _share(reached: float, ceiling: float) -> float:
    return reached / ceiling if ceiling > 0 else float("nan")
