"""What is known of a benchmark's people and targets before any swap is looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bonaface.bench.ceiling import pasted
from bonaface.bench.clips import numbered_frames
from bonaface.bench.follow import Meshes, read_meshes
from bonaface.bench.frames import FramePlan
from bonaface.bench.judges import Judge, embed_all, judges_at_hand
from bonaface.bench.outlines import Outline
from bonaface.bench.reencode import reencode
from bonaface.bench.score import Motion, Surface, score_motion, score_surface
from bonaface.bench.unwrap import FlatFace, flat_face
from bonaface.faces.detect import FaceDetector
from bonaface.faces.mesh import FaceMesh
from bonaface.faces.pose import CanonicalFace, load_canonical_face
from bonaface.faces.track import FaceTracker
from bonaface.media.video import VideoReader
from bonaface.terms.arrays import Floats, Rgb8
from bonaface.terms.errors import NothingToDoError
from bonaface.terms.picture import as_rgb8
from bonaface.terms.progress import Progress, Step, silent


@dataclass(frozen=True, slots=True, eq=False)
class Tools:
    """Networks and layouts that every measurement shares; ``remarks`` say which judge is missing."""

    mesh: FaceMesh
    detector: FaceDetector
    canonical: CanonicalFace
    layout: FlatFace
    judges: tuple[Judge, ...]
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Likeness:
    """How a person looks: a centroid (D,) by judge, and held-out real frames with their meshes (M, 478, 3)."""

    centroids: Mapping[str, Floats]
    real_frames: Sequence[Rgb8]
    real_points: Floats


@dataclass(frozen=True, slots=True, eq=False)
class TargetFacts:
    """A target's measured frames, and what the encoder alone does to them.

    ``numbers`` of the measured frames that show a face, ``frames`` and ``meshes`` of just these; ``start`` (N, 478, 3)
    and ``followed`` (by number, of all frames of the part) are the steadied meshes of the tracker.
    """

    numbers: tuple[int, ...]
    frames: Sequence[Rgb8]
    start: Floats
    meshes: Meshes
    followed: Mapping[int, Floats]
    encoder_motion: Motion
    encoder_surface: Surface


def gather_tools() -> Tools:
    """Return the tools; a judge that is not installed is left out with a remark."""
    canonical = load_canonical_face()
    judges, remarks = judges_at_hand()
    return Tools(FaceMesh(), FaceDetector(), canonical, flat_face(canonical), tuple(judges), tuple(remarks))


def study_person(learned: Path, held_out: Path, plan: FramePlan, tools: Tools) -> Likeness:
    """Return how a person looks in the clip that is learned, and real faces from the one that is held out.

    Raises:
        NothingToDoError: no face in one of them.
    """
    frames = [frame for _, frame in numbered_frames(learned, plan.likeness)]
    centroids = {}
    for judge in tools.judges:
        embeddings, _ = embed_all(judge, frames)
        if not len(embeddings):
            raise NothingToDoError(f"{judge.name} found no face in {learned}; choose a clip that shows the person.")
        centroids[judge.name] = judge.centroid(embeddings)
    real_frames, points = [], []
    for _, frame in numbered_frames(held_out, plan.held_out):
        found = tools.detector.find_quickly(frame)
        face = tools.mesh.face(frame, found[0]) if found else None
        if face is not None:
            real_frames.append(frame)
            points.append(face.points)
    if not points:
        raise NothingToDoError(f"No face was found in {held_out}; choose a clip that shows the person.")
    return Likeness(centroids, real_frames, np.stack(points))


def study_target(path: Path, plan: FramePlan, tools: Tools, progress: Progress = silent) -> TargetFacts:
    """Return what is known of a target, from following its largest face through the part that is swapped into.

    Raises:
        NothingToDoError: fewer than two measured frames show a face.
    """
    tracker = FaceTracker(max_faces=1, hands=False, blendshapes=False)
    numbers, frames, followed = [], [], {}
    with VideoReader(path) as reader:
        rate = reader.info.rate
        for number, frame in enumerate(reader.frames()):
            if number >= plan.target.stop:
                break
            if number not in plan.target:
                continue
            faces = tracker.step(frame).faces
            if faces:
                followed[number] = faces[0].points
                if number in plan.measured:
                    numbers.append(number)
                    frames.append(as_rgb8(frame.rgb))
            progress(Step(f"following {path.name}", len(followed), len(plan.target)))
    if len(frames) < 2:
        raise NothingToDoError(f"{path} shows a face in fewer than two measured frames; choose another target.")
    start = np.stack([followed[number] for number in numbers])
    meshes = read_meshes(tools.mesh, frames, start)
    encoded = reencode(frames, rate=rate)
    motion = score_motion(read_meshes(tools.mesh, encoded, start), meshes, tools.canonical.points)
    surface = score_surface(encoded, frames, start)
    return TargetFacts(tuple(numbers), frames, start, meshes, followed, motion, surface)


def find_ceiling(
    source: Likeness, target: Likeness, facts: TargetFacts, outline: Outline, tools: Tools
) -> tuple[float, float]:
    """Return the first judge's word, to source and to target, on the source's real face pasted into the target."""
    judge, name = tools.judges[0], tools.judges[0].name
    frames = pasted(facts.frames, facts.start, source.real_frames, source.real_points, tools.canonical.points, outline)
    embeddings, _ = embed_all(judge, frames)
    if not len(embeddings):
        return float("nan"), float("nan")
    to_source, to_target = (judge.compare(embeddings, who.centroids[name]).mean() for who in (source, target))
    return float(to_source), float(to_target)
