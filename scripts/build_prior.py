"""Build the prior on faces from clips: what `making.prior` reads, each person's share apart.

    python scripts/build_prior.py CLIP ... --out FILE

One clip a person, named by the file's stem; clips in a folder called ``grid`` are named ``grid_<stem>``. Of a clip with
more than a hundred frames every second is read, of a shorter one all, and in each the largest face is followed. People
are taken in the order of their names and nothing is drawn by chance: the same clips give the same file.

Written are, for each person over the N frames,

- ``moments.NAME`` (52, 52) float32: covariance of the blendshapes, within the person, over N;
- ``crossed.NAME`` (52, 1434) float16: that of blendshapes with canonical vertices;
- ``calm.NAME`` (52,) float32: median of the blendshapes in the twenty frames where they are smallest;

and for all of them

- ``reference`` (478, 3) float32: mean over people of the median mesh in their calm frames, made symmetric, 100 wide,
  with the middle of the stable points (`faces.pose`) at the origin;
- ``uv`` (550, 2) float32, ``triangles`` (T, 3) int32: the reference laid flat with the jaw half open.

How upright the reference looks cannot be told from meshes out of which pose was taken: all are laid over the canonical
face that ships, turned by `PITCH_DEG`, then over their own mean.

The file that ships was written by this script from the six clips d3 to d19 and eleven of the GRID corpus (see
``src/bonaface/models/NOTICE.md``), and is written again bit by bit from the same clips with the same packages on the
same kind of processor; elsewhere the tracker rounds otherwise. The last line printed says whether it was.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

from bonaface.faces.pose import STABLE_POINTS, fit_pose, load_canonical_face, to_canonical
from bonaface.faces.track import FaceTracker
from bonaface.making.layout import flatten
from bonaface.making.patch import counterparts
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
PITCH_DEG = -2.195
"""Of the reference, seen from the canonical face: it looks up a little."""
_ROUNDS = 4


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
    arguments = parser.parse_args()
    seen = {}
    for name, clip in name_people(arguments.clips).items():
        seen[name] = follow(clip)
        print(f"{name}: {len(seen[name].points)} frames", flush=True)
    built = build(seen)
    save_file(built, arguments.out)
    print(compared(built, load_file(model_path("prior.safetensors"))))


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


def build(seen: Mapping[str, Seen]) -> dict[str, np.ndarray]:
    """Return the tensors of a prior on these people."""
    reference = mean_face(seen)
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


def mean_face(seen: Mapping[str, Seen]) -> Floats:
    """Return the symmetric mean (478, 3) of people's calm faces, 100 wide, as upright as `PITCH_DEG` says."""
    mean = load_canonical_face().points @ turned(PITCH_DEG).T
    for _ in range(_ROUNDS):
        calm = np.mean([np.median(canonical(each, mean)[each.calm], axis=0) for each in seen.values()], axis=0)
        mean = (calm + calm[counterparts()] * (-1, 1, 1)) / 2
        mean = (mean - mean[STABLE_POINTS].mean(axis=0)) * 100 / np.ptp(mean[:468, 0])
    return np.asarray(mean, np.float32)


def turned(pitch_deg: float) -> np.ndarray:
    """Return the rotation (3, 3) by a pitch, positive looks down."""
    c, s = np.cos(np.radians(pitch_deg)), np.sin(np.radians(pitch_deg))
    return np.array([[1, 0, 0], [0, c, -s], [0, s, c]])


def canonical(person: Seen, reference: Floats) -> Floats:
    """Return the person's meshes (N, 478, 3) without pose."""
    return to_canonical(person.points, fit_pose(person.points, reference))


def compared(built: Mapping[str, np.ndarray], shipped: Mapping[str, np.ndarray]) -> str:
    """Return a sentence on whether these are the tensors that ship, bit by bit."""
    both = built.keys() & shipped.keys()
    same = {key for key in both if built[key].dtype == shipped[key].dtype and np.array_equal(built[key], shipped[key])}
    others = sorted((built.keys() | shipped.keys()) - same)
    return f"Not those that ship: {', '.join(others)}." if others else "The same as the prior that ships, bit by bit."


if __name__ == "__main__":
    main()
