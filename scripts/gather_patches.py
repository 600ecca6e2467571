"""Lay the mouths and eyes of many people flat, as material for `train_painter.py`.

    python scripts/gather_patches.py --out FOLDER INPUT...

INPUT is a clip, a picture, a folder or a zip of pictures. Of a clip the largest face is followed (every n-th frame, see
``--every``), and a linear texture is learned from each half of its frames, ordered by how far the mouth is opened, and
asked for the other: what an avatar shows where it was never filmed. Each input gives one npz with N rows: ``mouth`` (N,
128, 128, 3), ``right`` and ``left`` (N, 80, 80, 3) uint8 patches (see `making.patch`), ``mouth_linear`` and so on the
same as an avatar shows them (clips only), ``whole`` (N, 256, 256, 3) uint8 textures, ``shape``, ``displacement`` (N,
478, 3), ``angles_deg`` (N, 3), ``face_px`` (N,), ``blendshapes`` (N, 52). The pictures stay outside the repository;
only the trained weights ship.
"""

from __future__ import annotations

import argparse
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from bonaface.faces.crop import crop_face
from bonaface.faces.detect import FaceDetector
from bonaface.faces.hair import HairFinder
from bonaface.faces.mesh import FaceMesh
from bonaface.faces.pose import fit_pose, to_picture
from bonaface.faces.track import FaceTracker
from bonaface.making.avatar import fit
from bonaface.making.patch import SIZE, Patch, eye_patches, mouth_patch
from bonaface.making.prior import Prior, load_prior
from bonaface.making.shape import mouth_opening, ring_offsets, widen
from bonaface.making.texture import predict
from bonaface.making.unwrapped import Unwrapped, unwrap_material
from bonaface.media.video import VideoReader
from bonaface.terms.arrays import Floats, Rgb8

CROP_PX = 512
FEWEST_FRAMES = 20
CLIPS = (".mp4", ".mpg", ".avi", ".mov", ".mkv", ".webm")


@dataclass(frozen=True, slots=True, eq=False)
class Looks:
    """Crops of one person (see `making.unwrapped.Material`)."""

    points: Floats
    blendshapes: Floats
    crops: list[Rgb8]

    def crop(self, index: int) -> Rgb8:
        """Return one crop."""
        return self.crops[index]


def main() -> None:
    """Read the command line and write one npz for each input."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("inputs", nargs="+", type=Path)
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--every", type=int, default=1, help="of a clip take every n-th frame")
    settings = parser.parse_args()
    settings.out.mkdir(parents=True, exist_ok=True)
    prior = load_prior()
    parts = dict(zip(("mouth", "right", "left"), (mouth_patch(prior), *eye_patches(prior)), strict=True))
    for path in settings.inputs:
        file = settings.out / f"{path.stem}.npz"
        if file.exists():
            continue
        if path.suffix in CLIPS:
            rows = lay_flat(follow(path, settings.every), prior, parts, whether_linear=True)
        else:
            each = [lay_flat(look, prior, parts, whether_linear=False) for look in stills(path)]
            rows = {key: np.concatenate([one[key] for one in each]) for key in each[0]}
        np.savez(file, **rows)
        print(path.name, len(rows["shape"]), "faces", flush=True)


def follow(clip: Path, every: int) -> Looks:
    """Return the largest face of a clip."""
    tracker = FaceTracker(hands=False)
    kept: list[tuple[Rgb8, Floats, Floats]] = []
    with VideoReader(clip) as reader:
        for frame in reader.frames(every=every):
            faces = tracker.step(frame).faces
            if faces:
                kept.append((*crop_face(frame.rgb, faces[0].points, CROP_PX), faces[0].blendshapes))
    crops, points, blendshapes = zip(*kept, strict=True)
    return Looks(np.stack(points), np.stack(blendshapes), list(crops))


def stills(path: Path) -> Iterator[Looks]:
    """Yield the largest face of each picture, each a person of its own."""
    detector, mesh = FaceDetector(), FaceMesh()
    for rgb8 in pictures(path):
        for detection in detector.find(rgb8, min_face_px=48)[:1]:
            face = mesh.face(rgb8, detection)
            if face is not None:
                crop, points = crop_face(rgb8, face.points, CROP_PX)
                yield Looks(points[None], face.blendshapes[None], [crop])


def pictures(path: Path) -> Iterator[Rgb8]:
    """Yield RGB pictures."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            for name in sorted(archive.namelist()):
                picture = cv2.imdecode(np.frombuffer(archive.read(name), np.uint8), cv2.IMREAD_COLOR)
                if picture is not None:
                    yield np.ascontiguousarray(picture[..., ::-1])
        return
    for file in sorted(path.iterdir()) if path.is_dir() else [path]:
        picture = cv2.imread(str(file), cv2.IMREAD_COLOR)
        if picture is not None:
            yield np.ascontiguousarray(picture[..., ::-1])


def lay_flat(looks: Looks, prior: Prior, parts: dict[str, Patch], *, whether_linear: bool) -> dict[str, Any]:
    """Return the rows of one person."""
    held = unwrap_material(looks, prior, HAIR.mask)
    fine = prior.layout(SIZE)
    pose = fit_pose(looks.points, prior.reference)
    shape = held.neutral + held.displacement
    meshes = to_picture(widen(shape, ring_offsets(held.neutral)), pose)
    rows: dict[str, list[np.ndarray]] = {name: [] for name in parts}
    rows |= {f"{name}_linear": [] for name in parts if whether_linear}
    halves = cross_fit(held, prior) if whether_linear else None
    for k in range(len(shape)):
        texture = fine.unwrap(looks.crop(k), meshes[k], cv2.INTER_CUBIC)
        for name, part in parts.items():
            rows[name].append(part.take(texture))
        if halves is not None:
            avatar = halves[k]
            guess = predict(avatar.mean, avatar.regions, held.displacement[k], held.angles_deg[k])
            guess8 = np.clip(guess, 0, 255).astype(np.uint8)
            for name, part in parts.items():
                rows[f"{name}_linear"].append(part.take(guess8))
    coarse = prior.layout(256)
    whole = [coarse.unwrap(looks.crop(k), meshes[k]) for k in range(len(shape))]
    width = np.ptp(looks.points[:, :468, 0], axis=1).astype(np.float32)
    facts = {"shape": shape, "displacement": held.displacement, "angles_deg": held.angles_deg, "face_px": width}
    arrays = {name: np.stack(each) for name, each in rows.items()}
    return {**arrays, **facts, "blendshapes": looks.blendshapes, "whole": np.stack(whole)}


def cross_fit(held: Unwrapped, prior: Prior) -> list[Any]:
    """Return for each row the avatar of the half of the rows, by the opening of the mouth, that it is not in."""
    order = np.argsort(mouth_opening(held.displacement))
    calm, wide = np.sort(order[: len(order) // 2]), np.sort(order[len(order) // 2 :])
    from_calm, from_wide = fit(held, prior, calm), fit(held, prior, wide)
    is_calm = np.isin(np.arange(len(order)), calm)
    return [from_wide if each else from_calm for each in is_calm]


HAIR = HairFinder()

if __name__ == "__main__":
    main()
