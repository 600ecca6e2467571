"""Which frames count. For the public pairs they are pinned by the committed file ``frames.json``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path

from bonaface.bench.pairs import Part, Someone
from bonaface.terms.errors import UnreadableMediaError

EVERY = 4
"""Identity, pose, expression and pixels are measured on every fourth frame; flicker needs all of them."""
_LIKENESS = 120
_HELD_OUT = 400
_QUICK = 4


@dataclass(frozen=True, slots=True)
class Run:
    """Frame numbers ``start``, ``start + step``, ... below ``stop``, counted from 0 at the clip's beginning."""

    start: int
    stop: int
    step: int = 1

    def __contains__(self, number: int) -> bool:
        return number in range(self.start, self.stop, self.step)

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.start, self.stop, self.step))

    def __len__(self) -> int:
        return len(range(self.start, self.stop, self.step))

    def thinned(self, times: int) -> Run:
        """Return every so-many-th of these frames."""
        return Run(self.start, self.stop, self.step * times)


@dataclass(frozen=True, slots=True)
class FramePlan:
    """The frames of one person's parts.

    ``likeness``: of the learned part, for the centroids that stand for the person. ``held_out``: real faces for the
    ceilings. ``target``: all frames of the part that is swapped into. ``measured``: those that are compared.
    """

    likeness: Run
    held_out: Run
    target: Run
    measured: Run

    def quick(self) -> FramePlan:
        """Return a plan of a quarter of the frames that are measured, for a first look."""
        return FramePlan(
            self.likeness.thinned(_QUICK), self.held_out.thinned(_QUICK), self.target, self.measured.thinned(_QUICK)
        )


def plan_frames(someone: Someone, frame_counts: Mapping[str, int], rates: Mapping[str, Fraction]) -> FramePlan:
    """Return the frames that count, by rule; ``frame_counts`` and ``rates`` (frames a second) are by file name."""

    def run(part: Part, most: int | None, step: int = 1) -> Run:
        rate = rates[part.file]
        start = 0 if part.start_s is None else -int(-part.start_s * rate // 1)
        stop = frame_counts[part.file]
        if part.end_s is not None:
            stop = min(stop, -int(-part.end_s * rate // 1))
        if most is not None:
            step = max(1, -(-(stop - start) // most))
        return Run(start, stop, step)

    return FramePlan(
        run(someone.learn, _LIKENESS),
        run(someone.held_out, _HELD_OUT),
        run(someone.target, None),
        run(someone.target, None, EVERY),
    )


@dataclass(frozen=True, slots=True)
class Pinned:
    """What ``frames.json`` says: the plan of each person, and the SHA-256 of each file that it was made from."""

    plans: Mapping[str, FramePlan]
    files: Mapping[str, str]


def load_pinned() -> Pinned:
    """Return the committed plan of the public pairs."""
    content = json.loads(Path(__file__).with_name("frames.json").read_text(encoding="utf-8"))
    plans = {
        name: FramePlan(**{part: Run(*numbers) for part, numbers in runs.items()})
        for name, runs in content["people"].items()
    }
    return Pinned(plans, content["files"])


def write_pinned(pinned: Pinned) -> str:
    """Return the text of ``frames.json``: one line a person."""
    people = {
        name: {part: [run["start"], run["stop"], run["step"]] for part, run in asdict(plan).items()}
        for name, plan in pinned.plans.items()
    }
    rows = ",\n".join(f"  {json.dumps(name)}: {json.dumps(runs)}" for name, runs in people.items())
    files = json.dumps(dict(pinned.files), indent=2).replace("\n", "\n ")
    return f'{{\n "numbers": "start, stop, step; counted from 0",\n "people": {{\n{rows}\n }},\n "files": {files}\n}}\n'


def check_file(name: str, sha256: str, pinned: Pinned) -> None:
    """Do nothing for the very file that the frames were pinned for.

    Raises:
        UnreadableMediaError: it is another file of the same name.
    """
    if pinned.files.get(name, sha256) != sha256:
        raise UnreadableMediaError(
            f"{name} is not the clip that the frame numbers were fixed for; get the original (docs/measures.md)."
        )
