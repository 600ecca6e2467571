"""One run of the benchmark: what is known of each person is found out once, then direction after direction."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from pathlib import Path

from bonaface.bench.classical import perform_classical, tool_name
from bonaface.bench.clip_score import ClipScore, check_clip, score_clip
from bonaface.bench.clips import find_clip
from bonaface.bench.frames import FramePlan, check_file, load_pinned, plan_frames
from bonaface.bench.gallery import embed_strangers, find_strangers
from bonaface.bench.outlines import Outline
from bonaface.bench.pairs import Pair, Part, Someone
from bonaface.bench.perform import (
    PURPOSE,
    Gathered,
    Learned,
    bench_home,
    gather_crops,
    known_to_prior,
    learn,
    perform,
)
from bonaface.bench.reference import (
    Likeness,
    TargetFacts,
    Tools,
    find_ceiling,
    gather_tools,
    study_person,
    study_target,
)
from bonaface.bench.rows import Row, make_row
from bonaface.bench.sheet import contact_sheet, swap_tiles
from bonaface.bench.speed import time_stages
from bonaface.marking.claim import Claim
from bonaface.marking.door import release_sheet
from bonaface.marking.passing import PassingFolder
from bonaface.media.video import VideoReader
from bonaface.people.consent import permit_swap
from bonaface.people.store import load_person
from bonaface.terms.arrays import Floats
from bonaface.terms.progress import Progress

OUTLINES: tuple[Outline, ...] = ("oval", "wide")
_STRANGERS, _STRANGERS_QUICK = 1400, 100
_TIMED_FRAMES, _TIMED_FRAMES_QUICK = 150, 40


@dataclass(slots=True, eq=False)
class Session:
    """Measures directions among ``crowd``, whose clips lie in ``folders``; renders only into ``passing``.

    ``pinned``: the frames are those of ``frames.json``, and the files must be the ones it was made for. ``minutes``:
    how long the network that paints is adapted to each person.
    """

    crowd: Mapping[str, Someone]
    folders: Sequence[Path]
    passing: PassingFolder
    quick: bool
    pinned: bool
    progress: Progress
    minutes: float = 0.0
    tools: Tools = field(default_factory=gather_tools)
    _gallery: Path | None = None
    _strangers: Floats | None = None
    _plans: dict[str, FramePlan] = field(default_factory=dict)
    _likenesses: dict[str, Likeness] = field(default_factory=dict)
    _targets: dict[str, TargetFacts] = field(default_factory=dict)
    _ceilings: dict[Pair, dict[Outline, tuple[float, float]]] = field(default_factory=dict)
    _gathered: dict[str, Gathered] = field(default_factory=dict)
    _learned: dict[str, Learned] = field(default_factory=dict)

    def prepare(self, folders: Sequence[Path]) -> list[str]:
        """Look for strangers in the folders (and beside them in ``data/lfw``) and return what will be missing."""
        remarks = list(self.tools.remarks)
        found = find_strangers([*folders, *(folder.parent / "data" / "lfw" for folder in folders)])
        if found is None:
            remarks.append("No gallery of strangers is at hand, so retrieval was not measured (docs/measures.md).")
        self._gallery = found
        return remarks

    def measure(self, pair: Pair, number: int, peer: Path | None, sheets: Path | None) -> tuple[Row, Path | None]:
        """Return the figures of one direction, and its contact sheet where ``sheets`` names a folder for it.

        Raises:
            BonafaceError: a clip is missing, or learning or swapping failed.
        """
        clip = self._clip(self.crowd[pair.target].target)
        if peer is not None:
            check_clip(peer, clip, self._plan(pair.target))
        facts, ceilings = self._known_of(pair)
        if peer is not None:
            score = self._score(peer, clip, pair, facts)
            return make_row(pair, peer.name, score, facts, ceilings, None, None, None), None
        row, score = self._perform(pair, number, self.minutes, timed=True)
        sheet = None if sheets is None else self._sheet(pair, score, facts, sheets)
        return row, sheet

    def measure_after(self, pair: Pair, number: int, minutes: float) -> tuple[Row, Learned]:
        """Return the figures of one direction after so many minutes of painting in all, and what was learned.

        More minutes go on from fewer. The stages are not timed one by one.

        Raises:
            BonafaceError: as `measure`.
        """
        row, _ = self._perform(pair, number, minutes, timed=False)
        return row, self._learned[pair.source]

    def measure_classical(self, pair: Pair, number: int, minutes: float) -> Row:
        """Return the figures of the classical swap of one direction, learned for so many minutes.

        Raises:
            BonafaceError: as `measure`. MissingPartError: there is no torch.
        """
        part, (facts, ceilings) = self.crowd[pair.target].target, self._known_of(pair)
        clip, gathered = self._clip(part), self._gather(pair.source)
        performed, learning_s, remark = perform_classical(
            pair.source,
            part,
            clip,
            self._plan(pair.target).target,
            facts.followed,
            minutes,
            self.passing,
            number,
            self.progress,
        )
        learned = Learned(pair.source, gathered.crops, gathered.seconds, learning_s, minutes=minutes, remarks=(remark,))
        score = self._score(performed.clip, clip, pair, facts)
        performed.clip.unlink()
        return make_row(pair, tool_name(minutes), score, facts, ceilings, learned, performed, None)

    def _perform(self, pair: Pair, number: int, minutes: float, *, timed: bool) -> tuple[Row, ClipScore]:
        facts, ceilings = self._known_of(pair)
        learned = self._learn(pair, minutes)
        part = self.crowd[pair.target].target
        clip = self._clip(part)
        performed = perform(learned, part, clip, self.passing, number, self.progress)
        score = self._score(performed.clip, clip, pair, facts)
        most = _TIMED_FRAMES_QUICK if self.quick else _TIMED_FRAMES
        speed = time_stages(pair.source, clip, part.start_s, bench_home(self.passing), most) if timed else None
        performed.clip.unlink()
        return make_row(pair, own_name(minutes), score, facts, ceilings, learned, performed, speed), score

    def _known_of(self, pair: Pair) -> tuple[TargetFacts, dict[Outline, tuple[float, float]]]:
        """Return what is known of the target, and the ceilings, before any swap is looked at."""
        source, target = self._likeness(pair.source), self._likeness(pair.target)
        facts = self._target(pair.target)
        if pair not in self._ceilings:
            self._ceilings[pair] = {
                outline: find_ceiling(source, target, facts, outline, self.tools)
                for outline in OUTLINES
                if not pair.is_self
            }
        return facts, self._ceilings[pair]

    def _score(self, swapped: Path, clip: Path, pair: Pair, facts: TargetFacts) -> ClipScore:
        source, target = self._likeness(pair.source), self._likeness(pair.target)
        return score_clip(
            swapped, clip, self._plan(pair.target), facts, source, target, self.tools, self._known_strangers()
        )

    def _known_strangers(self) -> Floats | None:
        """Return the strangers' identities (M, D), found out when they are first needed, or None without a gallery."""
        if self._strangers is None and self._gallery is not None:
            most = _STRANGERS_QUICK if self.quick else _STRANGERS
            self._strangers = embed_strangers(self.tools.judges[0], self._gallery, most)
        return self._strangers

    def _sheet(self, pair: Pair, score: ClipScore, facts: TargetFacts, folder: Path) -> Path:
        source = self._likeness(pair.source)
        drawn = contact_sheet(facts.frames, score.frames, facts.start, source.real_frames, source.real_points)
        home = bench_home(self.passing)
        permit = permit_swap(load_person(pair.source, home), PURPOSE, date.today())
        destination = folder / sheet_name(pair)
        released = release_sheet(
            drawn, destination, Claim((permit,)), home=home, force=True, keep_local=True, tiles=swap_tiles(drawn)
        )
        return released.path

    def _likeness(self, name: str) -> Likeness:
        if name not in self._likenesses:
            someone = self.crowd[name]
            learned, held_out = self._clip(someone.learn), self._clip(someone.held_out)
            self._likenesses[name] = study_person(learned, held_out, self._plan(name), self.tools)
        return self._likenesses[name]

    def _target(self, name: str) -> TargetFacts:
        if name not in self._targets:
            # One target's frames at a time: the pairs come in any order, and frames are large.
            self._targets.clear()
            clip = self._clip(self.crowd[name].target)
            self._targets[name] = study_target(clip, self._plan(name), self.tools, self.progress)
        return self._targets[name]

    def _gather(self, name: str) -> Gathered:
        if name not in self._gathered:
            someone = self.crowd[name]
            self._gathered[name] = gather_crops(someone, self._clip(someone.learn), self.passing, self.progress)
        return self._gathered[name]

    def _learn(self, pair: Pair, minutes: float) -> Learned:
        name, without = pair.source, known_to_prior(pair.source, pair.target)
        gathered, before = self._gather(name), self._learned.get(name)
        if before is not None and (before.prior_without != without or before.minutes > minutes):
            before = None
        if before is None or before.minutes < minutes:
            self._learned[name] = learn(gathered, self.passing, without, self.progress, minutes=minutes, before=before)
        return self._learned[name]

    def _clip(self, part: Part) -> Path:
        return find_clip(part.file, self.folders)

    def _plan(self, name: str) -> FramePlan:
        if name not in self._plans:
            plan = self._pinned_plan(name) if self.pinned else self._plan_by_rule(name)
            self._plans[name] = plan.quick() if self.quick else plan
        return self._plans[name]

    def _pinned_plan(self, name: str) -> FramePlan:
        pinned = load_pinned()
        for file in _files(self.crowd[name]):
            check_file(file, hashlib.sha256(find_clip(file, self.folders).read_bytes()).hexdigest(), pinned)
        return pinned.plans[name]

    def _plan_by_rule(self, name: str) -> FramePlan:
        counts: dict[str, int] = {}
        rates: dict[str, Fraction] = {}
        for file in _files(self.crowd[name]):
            with VideoReader(find_clip(file, self.folders)) as reader:
                counts[file], rates[file] = sum(1 for _ in reader.frames()), reader.info.rate
        return plan_frames(self.crowd[name], counts, rates)


def own_name(minutes: float) -> str:
    """Return what bonaface is called in the tables, with the minutes that its network was adapted for."""
    return f"bonaface ({minutes:g} min)" if minutes else "bonaface"


def sheet_name(pair: Pair) -> str:
    """Return what the contact sheet of a direction is called."""
    return f"{pair.source}_on_{pair.target}.png"


def _files(someone: Someone) -> list[str]:
    return list(dict.fromkeys(part.file for part in (someone.learn, someone.held_out, someone.target)))
