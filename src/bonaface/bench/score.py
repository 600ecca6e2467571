"""One swapped clip against its target: all measures that frames alone can tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bonaface.bench import measures
from bonaface.bench.follow import Meshes
from bonaface.bench.judges import Judge, embed_all
from bonaface.bench.outlines import outline_mask
from bonaface.terms.arrays import Floats, Rgb8


@dataclass(frozen=True, slots=True)
class Motion:
    """How well a swap moves as the target does; see ``docs/measures.md`` for each."""

    pose_deg: float
    pose_wobble_deg: float
    expression_r: float
    mouth_r: float
    eyes_r: float
    gaze_off: float
    frames_with_face: float


@dataclass(frozen=True, slots=True)
class Surface:
    """How a swap's pixels compare with the target's, inside the oval; ``outside`` in grey levels off the face."""

    sharpness: float
    psnr_db: float
    ssim: float
    outside: float


@dataclass(frozen=True, slots=True, eq=False)
class Identity:
    """A judge's word: means to source and target, and the embeddings (M, D) they come from.

    ``source_interval`` is over runs of this clip's frames, see `measures.mean_interval`.
    """

    judge: str
    to_source: float
    to_target: float
    source_interval: tuple[float, float]
    frames_with_face: float
    embeddings: Floats


def score_motion(swap: Meshes, target: Meshes, reference: Floats) -> Motion:
    """Return the measures of motion over the frames where both show a face; ``reference`` (478, 3) canonical."""
    both = swap.seen & target.seen
    seen = float(swap.seen[target.seen].mean()) if target.seen.any() else float("nan")
    if both.sum() < 2:
        return Motion(*(float("nan"),) * 6, seen)
    ours, theirs = swap.at(both), target.at(both)
    return Motion(
        measures.pose_error_deg(theirs.points, ours.points, reference),
        measures.pose_wobble_deg(theirs.points, ours.points, reference),
        measures.expression_r(theirs.blendshapes, ours.blendshapes),
        measures.correlation(measures.mouth_opening(theirs.points), measures.mouth_opening(ours.points)),
        measures.correlation(measures.eye_opening(theirs.points), measures.eye_opening(ours.points)),
        measures.gaze_off(theirs.points, ours.points),
        seen,
    )


def score_surface(frames: Sequence[Rgb8], target: Sequence[Rgb8], points: Floats) -> Surface:
    """Return the means over the frames whose oval lies in the picture, nan where none does.

    ``points`` (N, 478, 3) are the target's meshes. Outside is everything far from the face, see `far_from_face`.
    """
    rows = []
    for frame, real, mesh in zip(frames, target, points, strict=True):
        ours, theirs = same_size(frame, real)
        hw = ours.shape[:2]
        oval = outline_mask(mesh, (hw[0], hw[1]))
        if not oval.any():
            continue
        rows.append(
            (
                measures.sharpness_ratio(ours, theirs, oval),
                measures.psnr_db(ours, theirs, oval),
                measures.ssim(ours, theirs, oval),
                far_from_face(ours, theirs, mesh),
            )
        )
    if not rows:
        return Surface(*(float("nan"),) * 4)
    return Surface(*(float(value) for value in np.mean(rows, axis=0)))


def score_identity(judge: Judge, frames: Sequence[Rgb8], source: Floats, target: Floats) -> Identity:
    """Return one judge's word on a clip; ``source`` and ``target`` (D,) are the centroids of the real people."""
    embeddings, seen = embed_all(judge, frames)
    if not len(embeddings):
        nan = float("nan")
        return Identity(judge.name, nan, nan, (nan, nan), 0.0, embeddings)
    to_source = judge.compare(embeddings, source)
    return Identity(
        judge.name,
        float(to_source.mean()),
        float(judge.compare(embeddings, target).mean()),
        measures.mean_interval(to_source),
        float(seen.mean()),
        embeddings,
    )


def far_from_face(frame: Rgb8, target: Rgb8, points: Floats) -> float:
    """Return the mean absolute difference, 0..255, of the pixels beyond a circle around the face.

    The circle reaches 1.1 times the mesh's larger side from its middle: hair and neck of a whole head lie within.
    """
    low, high = points[:468, :2].min(0), points[:468, :2].max(0)
    rows, columns = np.mgrid[: frame.shape[0], : frame.shape[1]]
    middle = (low + high) / 2
    near = np.hypot(columns - middle[0], rows - middle[1]) < 1.1 * float((high - low).max())
    return measures.change_outside(frame, target, near.astype(np.uint8))[1]


def same_size(frame: Rgb8, other: Rgb8) -> tuple[Rgb8, Rgb8]:
    """Return both cut to their common height and width: encoders drop an odd last row or column."""
    height, width = (min(a, b) for a, b in zip(frame.shape[:2], other.shape[:2], strict=True))
    return frame[:height, :width], other[:height, :width]
