"""Build the prior on faces from clips: what `making.prior` reads, each person's share apart.

    python scripts/build_prior.py CLIP ... --out FILE [--like FILE]

One clip a person, named by the file's stem; clips in a folder called ``grid`` are named ``grid_<stem>``. Of a clip with
more than a hundred frames every second is read, of a shorter one all, and in each the largest face is followed. People
are taken in the order of their names and nothing is drawn by chance: the same clips give the same file.

Written are, for each person over the N frames,

- ``moments.NAME`` (52, 52) float32: covariance of the blendshapes, within the person, over N;
- ``crossed.NAME`` (52, 1434) float16: that of blendshapes with canonical vertices;
- ``calm.NAME`` (52,) float32: median of the blendshapes in the twenty frames where they are smallest;

and for all of them

- ``reference`` (478, 3) float32: mean over people of the median mesh in their calm frames, made symmetric, 100 wide;
- ``uv`` (550, 2) float32, ``triangles`` (T, 3) int32: the reference laid flat with the jaw half open.

How upright the reference looks cannot be told from meshes out of which pose was taken: it is that of ``--like`` (the
prior that ships, if not said), over whose reference all meshes are laid first. At the end, each tensor is compared with
the one in that file.

This script was written after the file that ships, its formulas found from that file's numbers, which it does not give
back exactly. From the same people's clips, sums differ by 0.4 to 16 percent (the expression solved from all of them by
16), calm readings by at most 10, the reference by 0.04 of a face 100 wide. Most of it comes from the edges of pictures:
today's tracker sees them repeated, and with black beyond them moments differ by at most 3.4 percent, by less than 1 in
most people, and the crossed sums by at most 6. ``uv`` and ``triangles`` that ship follow exactly from the reference and
the sums that ship; `OPENED` is the number with which they do.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

from bonaface.faces.pose import fit_pose, load_canonical_face, to_canonical
from bonaface.faces.track import FaceTracker
from bonaface.making.layout import flatten
from bonaface.making.prior import solve_expression
from bonaface.making.shape import place_irises, ring_offsets
from bonaface.media.video import VideoReader
from bonaface.models import model_path
from bonaface.terms.arrays import Floats
from bonaface.terms.errors import NothingToDoError, UsageError

CALM_FRAMES = 20
SHORT_CLIP = 100
JAW_OPEN = 25  # the blendshape's number
OPENED = 0.4882355  # of a jaw wholly open: the mouth is then 16 high, of a face 100 wide


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """One person's largest face, frame by frame: ``points`` (N, 478, 3) in pixels, ``blendshapes`` (N, 52)."""

    points: Floats
    blendshapes: Floats

    @property
    def calm(self) -> np.ndarray:
        """The frames in which the face does least."""
        return np.argsort((self.blendshapes**2).sum(axis=1), kind="stable")[:CALM_FRAMES]


def main() -> None:
    """Follow everybody, write the file, compare it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True, help="the file to write")
    parser.add_argument("--like", type=Path, default=model_path("prior.safetensors"), help="an upright prior")
    arguments = parser.parse_args()
    like = load_file(arguments.like)
    seen = {}
    for name, clip in name_people(arguments.clips).items():
        seen[name] = follow(clip)
        print(f"{name}: {len(seen[name].points)} frames", flush=True)
    built = build(seen, like["reference"])
    save_file(built, arguments.out)
    print_differences(built, like)


def name_people(clips: Sequence[Path]) -> dict[str, Path]:
    """Return the clips by the names of their people, in the order of the names.

    Raises:
        UsageError: two clips have one name.
    """
    named: dict[str, Path] = {}
    for clip in clips:
        name = f"grid_{clip.stem}" if clip.resolve().parent.name == "grid" else clip.stem
        if name in named:
            raise UsageError(f"Expected one clip a person, got {named[name]} and {clip} for {name}; leave one out.")
        named[name] = clip
    return dict(sorted(named.items()))


def follow(clip: Path) -> Seen:
    """Return the largest face of a clip.

    Raises:
        NothingToDoError: there are too few frames with a face.
    """
    tracker = FaceTracker(hands=False, num_threads=1)
    with VideoReader(clip) as reader:
        step = 2 if (reader.info.frame_count or 0) > SHORT_CLIP else 1
        tracked = (tracker.step(frame) for frame in reader.frames(every=step))
        faces = [each.faces[0] for each in tracked if each.faces]
    if len(faces) < CALM_FRAMES:
        raise NothingToDoError(
            f"Expected at least {CALM_FRAMES} frames with a face in {clip}, got {len(faces)}; take another clip."
        )
    return Seen(np.stack([face.points for face in faces]), np.stack([face.blendshapes for face in faces]))


def build(seen: Mapping[str, Seen], upright: Floats) -> dict[str, np.ndarray]:
    """Return the tensors of a prior on these people, whose reference is as upright as the one given (478, 3)."""
    reference = mean_face(seen, upright)
    built: dict[str, np.ndarray] = {"reference": reference}
    moments, crossed = np.zeros((52, 52)), np.zeros((52, reference.size))
    for name, person in seen.items():
        shapes = (person.blendshapes - person.blendshapes.mean(axis=0)).astype(np.float64)
        meshes = canonical(person, reference).reshape(len(shapes), -1).astype(np.float64)
        built[f"moments.{name}"] = (shapes.T @ shapes / len(shapes)).astype(np.float32)
        built[f"crossed.{name}"] = (shapes.T @ (meshes - meshes.mean(axis=0)) / len(shapes)).astype(np.float16)
        built[f"calm.{name}"] = np.median(person.blendshapes[person.calm], axis=0).astype(np.float32)
        moments += built[f"moments.{name}"]
        crossed += built[f"crossed.{name}"]
    opened = reference + OPENED * solve_expression(moments, crossed)[JAW_OPEN].reshape(-1, 3)
    built["uv"], built["triangles"] = flatten(place_irises(opened), ring_offsets(reference))
    return built


def mean_face(seen: Mapping[str, Seen], upright: Floats) -> Floats:
    """Return the symmetric mean (478, 3) of people's calm faces, laid over ``upright``, 100 wide."""
    calm = np.mean([np.median(canonical(each, upright)[each.calm], axis=0) for each in seen.values()], axis=0)
    symmetric = (calm + calm[counterparts()] * (-1, 1, 1)) / 2
    return np.asarray(symmetric * 100 / np.ptp(symmetric[:468, 0]), np.float32)


def counterparts() -> np.ndarray:
    """Return (478,): for each vertex, the one on the other side of the face."""
    points = load_canonical_face().points.astype(np.float64)
    return np.linalg.norm(points[:, None] * (-1, 1, 1) - points[None], axis=2).argmin(axis=1)


def canonical(person: Seen, reference: Floats) -> Floats:
    """Return the person's meshes (N, 478, 3) without pose."""
    return to_canonical(person.points, fit_pose(person.points, reference))


def print_differences(built: Mapping[str, np.ndarray], like: Mapping[str, np.ndarray]) -> None:
    """Print how far the tensors that both have lie apart."""
    kinds = ("moments", "crossed", "calm")
    people = [key.partition(".")[2] for key in built if key.startswith("moments.")]
    print("\nrelative difference, percent" + "".join(f"{kind:>10}" for kind in kinds))
    for name in people:
        if f"moments.{name}" in like:
            shares = (difference(built[f"{kind}.{name}"], like[f"{kind}.{name}"]) for kind in kinds)
            print(f"{name:28}" + "".join(f"{100 * share:10.2f}" for share in shares))
    apart = np.linalg.norm(built["reference"] - like["reference"], axis=1)
    print(f"reference: {apart.mean():.3f} in the mean, {apart.max():.3f} at most, of a face 100 wide")
    apart = np.linalg.norm(built["uv"] - like["uv"], axis=1)
    print(f"uv: {apart.mean():.5f} in the mean, {apart.max():.5f} at most, of a layout 1 wide")
    ours, theirs = ({tuple(sorted(each)) for each in held["triangles"].tolist()} for held in (built, like))
    print(f"triangles: {len(ours & theirs)} of {len(theirs)} in common")


def difference(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Return the length of the difference over the length of ``theirs``."""
    apart = ours.astype(np.float64) - theirs.astype(np.float64)
    return float(np.linalg.norm(apart) / np.linalg.norm(theirs.astype(np.float64)))


if __name__ == "__main__":
    main()
