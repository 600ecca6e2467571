"""One run of the benchmark: what is known of each person is found out once, then direction after direction."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from pathlib import Path

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

    ``pinned``: the frames are those of ``frames.json``, and the files must be the ones it was made for.
    """

    crowd: Mapping[str, Someone]
    folders: Sequence[Path]
    passing: PassingFolder
    quick: bool
    pinned: bool
    progress: Progress
    tools: Tools = field(default_factory=gather_tools)
    _gallery: Path | None = None
    _strangers: Floats | None = None
    _plans: dict[str, FramePlan] = field(default_factory=dict)
    _likenesses: dict[str, Likeness] = field(default_factory=dict)
    _targets: dict[str, TargetFacts] = field(default_factory=dict)
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
        source, target = self._likeness(pair.source), self._likeness(pair.target)
        facts = self._target(pair.target)
        ceilings = {
            outline: find_ceiling(source, target, facts, outline, self.tools)
            for outline in OUTLINES
            if not pair.is_self
        }
        if peer is not None:
            score = self._score(peer, clip, pair, facts)
            return make_row(pair, peer.name, score, facts, ceilings, None, None, None), None
        learned = self._learn(pair)
        part = self.crowd[pair.target].target
        performed = perform(learned, part, clip, self.passing, number, self.progress)
        score = self._score(performed.clip, clip, pair, facts)
        most = _TIMED_FRAMES_QUICK if self.quick else _TIMED_FRAMES
        speed = time_stages(pair.source, clip, part.start_s, bench_home(self.passing), most)
        sheet = None if sheets is None else self._sheet(pair, score, facts, source, sheets)
        row = make_row(pair, "bonaface", score, facts, ceilings, learned, performed, speed)
        performed.clip.unlink()
        return row, sheet

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

    def _sheet(self, pair: Pair, score: ClipScore, facts: TargetFacts, source: Likeness, folder: Path) -> Path:
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

    def _learn(self, pair: Pair) -> Learned:
        name, without = pair.source, known_to_prior(pair.source, pair.target)
        if name not in self._gathered:
            someone = self.crowd[name]
            self._gathered[name] = gather_crops(someone, self._clip(someone.learn), self.passing, self.progress)
        if name not in self._learned or self._learned[name].prior_without != without:
            self._learned[name] = learn(self._gathered[name], self.passing, without, self.progress)
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


def sheet_name(pair: Pair) -> str:
    """Return what the contact sheet of a direction is called."""
    return f"{pair.source}_on_{pair.target}.png"


def _files(someone: Someone) -> list[str]:
    return list(dict.fromkeys(part.file for part in (someone.learn, someone.held_out, someone.target)))
