"""The face set: crops of one person with their meshes, chosen from all the media that were given."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from shlex import quote
from typing import Any

import cv2
import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from bonaface.faces.pose import fit_pose, head_angles_deg, load_canonical_face
from bonaface.media.scratch import atomic_path
from bonaface.people.store import Person
from bonaface.terms.arrays import Floats, Rgb8
from bonaface.terms.errors import CorruptPersonError, NothingToDoError

MOST = 2000


@dataclass(frozen=True, slots=True, eq=False)
class FaceSet:
    """Crops of one person; all arrays have one row for each.

    ``folder`` holds the crops, named by ``number`` (N,) int64; ``points`` (N, 478, 3) float32 in pixels of the crop;
    ``blendshapes`` (N, 52); ``presence`` (N,); ``times_s`` (N,) float64 within the source; ``source`` (N,) int64 the
    file it came from; ``sharpness`` (N,) and ``brightness`` (N,) of the face; ``embedding`` (128,) the person's mean.
    """

    folder: Path
    number: np.ndarray
    points: Floats
    blendshapes: Floats
    presence: Floats
    times_s: Floats
    source: np.ndarray
    sharpness: Floats
    brightness: Floats
    embedding: Floats

    def __len__(self) -> int:
        """How many crops there are."""
        return len(self.points)

    def crop(self, index: int) -> Rgb8:
        """Return one crop, (S, S, 3) uint8.

        Raises:
            CorruptPersonError: its file is missing or damaged.
        """
        path = self.folder / crop_name(int(self.number[index]))
        pixels = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if pixels is None:
            raise CorruptPersonError(f"{path} is missing or damaged; add the person's media again.")
        return np.ascontiguousarray(pixels[..., ::-1])

    def chosen(self, rows: np.ndarray) -> FaceSet:
        """Return the face set of some rows only."""
        kept = {name: getattr(self, name)[rows] for name in _ROWS}
        return FaceSet(folder=self.folder, embedding=self.embedding, **kept)


_ROWS = tuple(f.name for f in fields(FaceSet) if f.name not in ("folder", "embedding"))
_ROW_SHAPES: dict[str, tuple[int, ...]] = dict.fromkeys((*_ROWS, "embedding"), ()) | {
    "points": (478, 3),
    "blendshapes": (52,),
    "embedding": (128,),
}


def crop_name(number: int) -> str:
    """File name of a crop."""
    return f"{number:06d}.jpg"


def write_crop(folder: Path, number: int, crop: Rgb8) -> None:
    """Keep a crop as a JPEG of high quality with full colour resolution."""
    options = [cv2.IMWRITE_JPEG_QUALITY, 96, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    _, encoded = cv2.imencode(".jpg", np.ascontiguousarray(crop[..., ::-1]), options)
    (folder / crop_name(number)).write_bytes(encoded.tobytes())


def save_face_set(face_set: FaceSet, path: Path) -> None:
    """Write the arrays of a face set."""
    arrays = {name: np.ascontiguousarray(getattr(face_set, name)) for name in (*_ROWS, "embedding")}
    with atomic_path(path) as temporary:
        temporary.write_bytes(save(arrays))


def load_face_set(person: Person) -> FaceSet:
    """Return the face set of a person.

    Raises:
        NothingToDoError: there is none yet. CorruptPersonError: it is damaged.
    """
    path = person.face_set_path
    if not path.is_file():
        raise NothingToDoError(
            f"{person.name} has no pictures yet; add some with: bonaface person add {quote(person.name)} PATH"
        )
    try:
        held: dict[str, Any] = load_file(path)
        for name, row in _ROW_SHAPES.items():
            wanted = row if name == "embedding" else (len(held["number"]), *row)
            if held[name].shape != wanted or not np.isfinite(held[name]).all():
                raise ValueError(f"{name} is not of the shape {wanted}, or not finite")
        return FaceSet(folder=person.folder / "crops", **{name: held[name] for name in (*_ROWS, "embedding")})
    except (SafetensorError, KeyError, ValueError, TypeError, OSError) as error:
        raise CorruptPersonError(f"{path} is damaged ({error}); add the person's media again.") from error


def angles_of(points: Floats) -> Floats:
    """Return pitch, yaw and roll in degrees (N, 3) of meshes (N, 478, 3)."""
    return np.asarray(head_angles_deg(fit_pose(points, load_canonical_face().points)), np.float32)


def choose_varied(angles_deg: Floats, blendshapes: Floats, brightness: Floats, most: int) -> np.ndarray:
    """Return at most so many row numbers, in order: each time the row least like those chosen before.

    Farthest-point sampling (Gonzalez 1985) on head angles, expression and light.
    """
    count = len(blendshapes)
    if count <= most:
        return np.arange(count)
    described = np.concatenate([angles_deg / 12, blendshapes * 2, brightness[:, None] / 40], 1).astype(np.float32)
    chosen = [int(np.argmin(((described - np.median(described, 0)) ** 2).sum(1)))]
    away = ((described - described[chosen[0]]) ** 2).sum(1)
    while len(chosen) < most:
        chosen.append(int(np.argmax(away)))
        away = np.minimum(away, ((described - described[chosen[-1]]) ** 2).sum(1))
    return np.sort(np.array(chosen))


def take_in(new: FaceSet, person: Person, most: int = MOST) -> int:
    """Add crops that lie in a folder of their own to a person; of all, the most varied stay. Returns how many went.

    The face set is written before any crop is deleted, so that a break leaves a whole person.
    """
    old = load_face_set(person)
    for number in new.number:
        (new.folder / crop_name(int(number))).replace(old.folder / crop_name(int(number)))
    source = new.source + old.source.max(initial=-1) + 1
    rows = {name: np.concatenate([getattr(old, name), getattr(new, name)]) for name in _ROWS}
    rows["source"] = np.concatenate([old.source, source])
    mean = old.embedding * len(old) + new.embedding * len(new)
    both = FaceSet(
        folder=old.folder, embedding=(mean / max(float(np.linalg.norm(mean)), 1e-9)).astype(np.float32), **rows
    )
    kept = both.chosen(choose_varied(angles_of(both.points), both.blendshapes, both.brightness, most))
    save_face_set(kept, person.face_set_path)
    gone = {int(n) for n in both.number} - {int(n) for n in kept.number}
    for number in gone:
        (old.folder / crop_name(number)).unlink(missing_ok=True)
    return len(gone)
