"""One direction's figures, as they go into the tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from bonaface.bench.clip_score import ClipScore
from bonaface.bench.gallery import Retrieval
from bonaface.bench.outlines import Outline
from bonaface.bench.pairs import Pair
from bonaface.bench.perform import Learned, Performed
from bonaface.bench.reference import TargetFacts
from bonaface.bench.score import Motion, Surface
from bonaface.bench.speed import Speed


@dataclass(frozen=True, slots=True)
class Verdict:
    """A judge's word: to source with its interval, to target; the share of frames in which it found a face."""

    judge: str
    to_source: float
    interval: tuple[float, float]
    to_target: float
    frames_with_face: float


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The first judge's word on the real face in a fixed outline, and the share of it that the swap reaches."""

    to_source: float
    to_target: float
    share: float


@dataclass(frozen=True, slots=True)
class Making:
    """Times and counts of the swap itself; not known of another tool's clip."""

    crops: int
    following_s: float
    fitting_s: float
    frames: int
    held: int
    hidden: int
    frames_per_s: float


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
        """Return plain values."""
        return asdict(self)


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
        )
    return Row(
        str(pair),
        tool,
        len(facts.frames),
        tuple(
            Verdict(word.judge, word.to_source, word.source_interval, word.to_target, word.frames_with_face)
            for word in score.identities
        ),
        {name: Ceiling(*words, first.to_source / words[0]) for name, words in ceilings.items()},
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
