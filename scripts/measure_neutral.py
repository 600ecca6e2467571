"""Print how well a person's own shape is found when only expressive frames are given: the error of the neutral.

    python scripts/measure_neutral.py [--clips FOLDER ...] [--frames N] [--names NAME ...]

The people are those of the benchmark (`bench.pairs`) whose clips are at hand, and those of the clips in a folder
``grid`` beside them. Whoever is measured is taken out of the prior. Frames with a hand on the face are left out.

The truth is the median of the calmest twentieth of all frames (nearest to the prior's calm readings). Where even these
are not calm (a star beside the name), what the prior knows of their expression is taken away from it, so that the truth
itself is a guess. What is given are the most expressive frames, a fifth, by the distance of their readings from those
of the calm frames. The error is the mean distance over the 468 points of the mesh, in percent of the face's width (the
canonical face is 100 wide); each mesh was laid over the canonical face at the points that expression hardly moves, and
nothing is fitted after that.

Beside `making.shape.neutral_shape` stand two simpler ways, the plain median of the given frames and the median of what
is left when all expression is taken away, and the average face, which knows nothing of the person.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bonaface.bench.clips import clip_folders, find_clip
from bonaface.bench.pairs import public_people
from bonaface.bench.perform import known_to_prior
from bonaface.faces.pose import fit_pose, to_canonical
from bonaface.faces.track import FaceTracker
from bonaface.making.prior import Prior, load_prior
from bonaface.making.shape import neutral_shape
from bonaface.media.video import VideoReader
from bonaface.terms.arrays import Floats
from bonaface.terms.errors import MissingFileError

CALM_SHARE, GIVEN_SHARE = 0.05, 0.2
FEWEST = 10
CALM = 0.5  # length of what readings of calm frames may have beyond those that calm people differ by
CALM_SPREADS = 1.5
COVERED = 0.02  # of the mesh's points
MEDIAN_MOST, WORST_MOST = 1.2, 2.5
WAYS = ("average face", "plain median", "less expression", "neutral_shape")


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """One person's meshes in the picture: ``points`` (N, 478, 3), ``blendshapes`` (N, 52)."""

    points: Floats
    blendshapes: Floats


def main() -> None:
    """Measure everybody who is at hand."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, action="append", default=[], help="a folder with clips; repeatable")
    parser.add_argument("--frames", type=int, default=600, help="about so many of each clip, evenly")
    parser.add_argument("--names", nargs="*", help="only these people")
    arguments = parser.parse_args()
    found = clips_of_people(clip_folders(arguments.clips))
    print(f"{'':16}{'frames':>8}{'given':>8}" + "".join(f"{way:>17}" for way in WAYS))
    errors: dict[str, dict[str, float]] = {}
    public = public_people()
    for name, clips in found.items():
        if arguments.names and name not in arguments.names:
            continue
        errors[name] = measure(name, join([follow(clip, arguments.frames) for clip in clips]))
    print_summary("people of the benchmark", {k: v for k, v in errors.items() if k in public})
    print_summary("people of the corpus", {k: v for k, v in errors.items() if k not in public})


def clips_of_people(folders: Sequence[Path]) -> dict[str, list[Path]]:
    """Return the clips at hand of each person, and say who is missing."""
    found: dict[str, list[Path]] = {}
    for name, someone in public_people().items():
        files = dict.fromkeys(part.file for part in (someone.learn, someone.held_out, someone.target))
        try:
            found[name] = [find_clip(file, folders) for file in files]
        except MissingFileError as error:
            print(f"{name} is left out: {error}")
    for folder in folders:
        for clip in sorted((folder / "grid").glob("*.mpg")):
            found.setdefault(clip.stem, [clip])
    return found


def follow(clip: Path, most: int) -> Seen:
    """Return the face that is seen most in a clip, in the frames in which no hand lies on it."""
    tracker = FaceTracker(smooth=False)
    points: dict[int, list[Floats]] = {}
    shapes: dict[int, list[Floats]] = {}
    with VideoReader(clip) as reader:
        for frame in reader.frames(every=max(1, (reader.info.frame_count or 0) // most)):
            tracked = tracker.step(frame)
            for face in tracked.faces:
                if tracked.covers is not None:
                    limit = np.array(tracked.covers.shape[::-1]) - 1
                    x, y = np.clip(np.round(face.points[:468, :2]).astype(int), 0, limit).T
                    if (tracked.covers[y, x] > 127).mean() > COVERED:
                        continue
                points.setdefault(face.track, []).append(face.points)
                shapes.setdefault(face.track, []).append(face.blendshapes)
    longest = max(points, key=lambda track: len(points[track]))
    return Seen(np.stack(points[longest]), np.stack(shapes[longest]))


def join(parts: Sequence[Seen]) -> Seen:
    """Return all that is seen of a person as one."""
    return Seen(np.concatenate([part.points for part in parts]), np.concatenate([part.blendshapes for part in parts]))


def measure(name: str, seen: Seen) -> dict[str, float]:
    """Print and return the error of each way, in percent of the face's width."""
    prior = load_prior(without=known_to_prior(name))
    canonical = to_canonical(seen.points, fit_pose(seen.points, prior.reference))
    calm = calmest(seen.blendshapes, prior)
    stirred = float(np.linalg.norm(beyond(seen.blendshapes[calm], prior), axis=1).mean()) > CALM
    truth = np.median(canonical[calm], axis=0)
    if stirred:
        truth = less_expression(canonical[calm], seen.blendshapes[calm], prior)
    away = np.linalg.norm(seen.blendshapes - np.median(seen.blendshapes[calm], axis=0), axis=1)
    given = np.argsort(-away)[: count_of(len(away), GIVEN_SHARE)]
    estimates = (
        prior.reference,
        np.median(canonical[given], axis=0),
        less_expression(canonical[given], seen.blendshapes[given], prior),
        neutral_shape(canonical[given], seen.blendshapes[given], prior),
    )
    errors = {way: distance(found, truth) for way, found in zip(WAYS, estimates, strict=True)}
    line = f"{name + (' *' if stirred else ''):16}{len(away):8}{len(given):8}"
    print(line + "".join(f"{error:17.2f}" for error in errors.values()), flush=True)
    return errors


def calmest(blendshapes: Floats, prior: Prior) -> np.ndarray:
    """Return the rows of the calmest twentieth of (N, 52) readings."""
    away = np.linalg.norm(blendshapes - prior.calm, axis=1)
    return np.argsort(away)[: count_of(len(away), CALM_SHARE)]


def count_of(frames: int, share: float) -> int:
    """Return how many frames are a share, never too few to take a median of."""
    return min(frames, max(FEWEST, round(frames * share)))


def beyond(blendshapes: Floats, prior: Prior) -> Floats:
    """Return what readings (N, 52) have beyond those that calm people differ by."""
    away = blendshapes - prior.calm
    return np.asarray(np.sign(away) * np.maximum(np.abs(away) - CALM_SPREADS * prior.calm_spread, 0))


def less_expression(canonical: Floats, blendshapes: Floats, prior: Prior) -> Floats:
    """Return the median (478, 3) of meshes (N, 478, 3) from which all expression is taken away."""
    moved = (blendshapes - prior.calm) @ prior.expression
    return np.asarray(np.median(canonical - moved.reshape(canonical.shape), axis=0))


def distance(found: Floats, truth: Floats) -> float:
    """Return the mean distance of the 468 points; 1 is a hundredth of the face's width."""
    return float(np.linalg.norm(found[:468] - truth[:468], axis=1).mean())


def print_summary(title: str, errors: Mapping[str, Mapping[str, float]]) -> None:
    """Print median and worst of each way."""
    if not errors:
        return
    print(f"\n{len(errors)} {title}; at most {MEDIAN_MOST} in the median and {WORST_MOST} at worst are asked for")
    for word, of in (("median", np.median), ("worst", np.max)):
        values = [float(of([each[way] for each in errors.values()])) for way in WAYS]
        print(f"{word:32}" + "".join(f"{value:17.2f}" for value in values))


if __name__ == "__main__":
    main()
