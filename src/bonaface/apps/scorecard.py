"""The demo's figures: the benchmark's own measures on the sealed files, those that need nothing but what ships."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from bonaface.apps.terminal import table
from bonaface.bench.ceiling import nearest_look
from bonaface.bench.clip_score import score_clip
from bonaface.bench.follow import read_meshes
from bonaface.bench.frames import FramePlan, load_pinned
from bonaface.bench.judges import embed_all
from bonaface.bench.measures import pose_error_deg
from bonaface.bench.reference import (
    Likeness,
    TargetFacts,
    Tools,
    find_ceiling,
    gather_tools,
    study_person,
    study_target,
)
from bonaface.bench.score import score_identity, score_motion, score_surface
from bonaface.faces.track import FaceTracker
from bonaface.media.image import read_image
from bonaface.terms.arrays import Floats, Rgb8
from bonaface.terms.errors import NothingToDoError
from bonaface.terms.picture import Frame, as_rgb8
from bonaface.terms.progress import Progress, silent

_LONG = 200
_FEW = 6


@dataclass(frozen=True, slots=True)
class Score:
    """Figures of one swap; nan where a measure needs more than one picture."""

    frames: int
    to_person: float
    to_target: float
    ceiling: float
    pose_deg: float
    expression_r: float
    mouth_r: float
    eyes_r: float
    sharpness: float
    flicker: float
    target_flicker: float

    def facts(self) -> dict[str, float]:
        """Return plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What a sheet shows of one swap: frames of target, swap and person beside each other, with meshes (N, 478, 3)."""

    target: Sequence[Rgb8]
    swap: Sequence[Rgb8]
    points: Floats
    person: Sequence[Rgb8]
    person_points: Floats


class Judgement:
    """Measures swaps of one person; what is known of the person is found out once."""

    def __init__(self, learned: Path, held_out: Path, plan: FramePlan, progress: Progress = silent) -> None:
        """Look at the person's clips: the one that was learned, and one that was not; ``plan`` says at which frames.

        Raises:
            NothingToDoError: no face in one of them.
        """
        tools = gather_tools()
        self._tools: Tools = replace(tools, judges=tools.judges[:1])
        self._person: Likeness = study_person(learned, held_out, plan, self._tools)
        self._progress = progress

    def of_clip(self, swapped: Path, target: Path, plan: FramePlan) -> tuple[Score, Seen]:
        """Return the figures of a clip; ``plan`` says which frames of the target are looked at."""
        # Of the target only the likeness is asked for: real faces of a few of the same frames are enough.
        few = replace(plan, held_out=plan.likeness.thinned(_FEW))
        likeness = study_person(target, target, few, self._tools)
        facts = study_target(target, plan, self._tools, self._progress)
        ceiling, _ = find_ceiling(self._person, likeness, facts, "oval", self._tools)
        score = score_clip(swapped, target, plan, facts, self._person, likeness, self._tools)
        word, motion = score.identities[0], score.motion
        figures = Score(
            len(facts.frames), word.to_source, word.to_target, ceiling, motion.pose_deg, motion.expression_r,
            motion.mouth_r, motion.eyes_r, score.surface.sharpness, score.flicker, score.target_flicker,
        )  # fmt: skip
        return figures, self._seen(facts.frames, score.frames, facts.start)

    def of_still(self, swapped: Path, target: Path) -> tuple[Score, Seen]:
        """Return the figures of a picture.

        Raises:
            NothingToDoError: the target shows no face.
        """
        real, ours = (as_rgb8(read_image(path).rgb) for path in (target, swapped))
        faces = FaceTracker(max_faces=1, smooth=False).step(Frame(0, 0, Fraction(0), real)).faces
        judge, reference = self._tools.judges[0], self._tools.canonical.points
        known, _ = embed_all(judge, [real])
        if not faces or not len(known):
            raise NothingToDoError(f"{target} shows no face; choose another picture.")
        start = faces[0].points[None]
        meshes, swap_meshes = (read_meshes(self._tools.mesh, [picture], start) for picture in (real, ours))
        likeness = Likeness({judge.name: judge.centroid(known)}, [real], start)
        motion, surface = score_motion(meshes, meshes, reference), score_surface([ours], [real], start)
        facts = TargetFacts((0,), [real], start, meshes, {0: start[0]}, motion, surface)
        ceiling, _ = find_ceiling(self._person, likeness, facts, "oval", self._tools)
        word = score_identity(judge, [ours], self._person.centroids[judge.name], likeness.centroids[judge.name])
        nan = float("nan")
        pose = pose_error_deg(meshes.points, swap_meshes.points, reference)
        figures = Score(
            1, word.to_source, word.to_target, ceiling, pose, nan, nan, nan, surface.sharpness, nan, nan
        )  # fmt: skip
        return figures, self._seen([real], [ours], start)

    def _seen(self, target: Sequence[Rgb8], swap: Sequence[Rgb8], points: Floats) -> Seen:
        person = nearest_look(points, self._person.real_points, self._tools.canonical.points)
        return Seen(
            target,
            swap,
            points,
            [self._person.real_frames[k] for k in person],
            np.stack([self._person.real_points[k] for k in person]),
        )


def short_plans() -> dict[str, FramePlan]:
    """Return the benchmark's pinned frames at a demo's length: short clips whole, of all else a quarter."""
    plans = load_pinned().plans
    return {
        name: plan.quick() if len(plan.target) > _LONG else replace(plan.quick(), measured=plan.measured)
        for name, plan in plans.items()
    }


def scores_text(scores: Mapping[str, Score], speeds: Mapping[str, float]) -> str:
    """Return the table: a line for each measure, a column for each swap, and what a good figure is."""
    lines: list[tuple[str, Callable[[Score], str], str]] = [
        ("pictures measured", lambda s: str(s.frames), "every 4th frame; every 16th of long clips"),
        ("likeness to the person", lambda s: _two(s.to_person), "SFace cosine; .36: may be the same, 1: equal"),
        ("likeness to the target", lambda s: _two(s.to_target), "low: the target cannot be told"),
        ("ceiling: the real face pasted", lambda s: _two(s.ceiling), "all that the oval of a face allows"),
        ("reached of the ceiling", lambda s: _percent(s.to_person / s.ceiling), "100 %"),
        ("head turned wrong, degrees", lambda s: _two(s.pose_deg), "below 1"),
        ("expression follows, r", lambda s: _two(s.expression_r), "1: as the target (52 blendshapes)"),
        ("mouth follows, r", lambda s: _two(s.mouth_r), "1"),
        ("eyelids follow, r", lambda s: _two(s.eyes_r), "1"),
        ("sharpness of the target's", lambda s: _two(s.sharpness), "1; below .5 looks soft"),
        ("flicker (target's own)", _flicker, "at most the target's"),
    ]
    rows = [(title, *(cell(score) for score in scores.values()), good) for title, cell, good in lines]
    rows.append(("frames a second, all in all", *(_two(speeds[name]) for name in scores), "on this machine"))
    return table(rows, ("", *scores, "good is"))


def _flicker(score: Score) -> str:
    return "-" if math.isnan(score.flicker) else f"{score.flicker:.2f} ({score.target_flicker:.2f})"


def _two(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.2f}"


def _percent(share: float) -> str:
    return "-" if math.isnan(share) else f"{100 * share:.0f} %"
