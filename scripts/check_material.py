"""Faces to train the checker on: who is in which part, their landmarks, and batches of real faces with their fakes."""

from __future__ import annotations

import csv
import hashlib
import zipfile
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from check_blends import FAMILIES, blend, like_pose
from check_damage import beautify, damage

from bonaface.checking.crop import region_of_face
from bonaface.faces.detect import FaceDetector
from bonaface.faces.mesh import FaceMesh, region_of_detection
from bonaface.faces.region import Region, crop_region
from bonaface.terms.arrays import Floats, Rgb8

PARTS = ("train", "choose", "calibrate", "test")
"""What teaches, what the best is chosen on, what the verdict is calibrated on, and what is only measured at the end."""
_SHARES = {"choose": 0.08, "calibrate": 0.18}
_LARGEST_CLUSTER = 80  # chains of people who look alike stay where they teach
_BORDER_PX = 48
_OTHERS = 24
_SAME_MOMENT = 7.0
"""Mean difference along the border, in grey levels, up to which a fake shows the moment of its original."""
_CHANGED = 6.0


@dataclass(frozen=True, slots=True)
class Source:
    """One real face and its fakes: names of files by family; all lie in one cluster of look-alikes."""

    real: str
    cluster: str
    part: str
    fakes: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Faces:
    """All pictures by name, as their files, and the landmarks of each: (478, 2) mesh and (5, 2) points, in pixels."""

    sources: list[Source]
    files: dict[str, bytes]
    meshes: dict[str, Floats]
    fives: dict[str, Floats]

    def picture(self, name: str) -> Rgb8:
        """Return a picture."""
        return decode(self.files[name])

    def of(self, part: str) -> list[Source]:
        """Return the sources of a part."""
        return [source for source in self.sources if source.part == part]


def decode(file: bytes) -> Rgb8:
    """Return the picture (H, W, 3) RGB of a JPEG or PNG."""
    seen = cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_COLOR)
    return np.ascontiguousarray(seen[..., ::-1])


def read_faces(shared: Path, work: Path, swaps: Path | None = None) -> Faces:
    """Return the faces of the deepfake detection data, the synthetic ones, and our own swaps where they are.

    Landmarks are found once and kept in ``work``. Our own swaps lie as ``swaps/REAL/PERSON.png``, synthetic faces are
    sources without a real one: their name begins with "fictional".
    """
    folder = shared / "data" / "dfdc"
    files = _unzipped(folder)
    with (folder / "index.csv").open() as table:
        rows = list(csv.DictReader(table))
    parts = _parts(rows)
    sources = [
        Source(
            row["original"],
            row["identity_cluster"],
            "test" if row["split"] == "test" else parts[row["identity_cluster"]],
            {"dfdc": row["file"]},
        )
        for row in rows
        if row["label"] == "fake"
    ]
    by_real = {source.real: source for source in sources}
    for path in sorted(swaps.glob("*/*.png")) if swaps else ():
        if path.parent.name in by_real:
            name = f"swap/{path.parent.name}/{path.name}"
            by_real[path.parent.name].fakes["swap"] = name
            files[name] = path.read_bytes()
    for name, file in _unzipped(shared / "data" / "fictional").items():
        files[f"fictional/{name}"] = file
        part = "train" if _drawn(name) < 0.5 else "test"
        sources.append(Source("", f"fictional/{name}", part, {"synthetic": f"fictional/{name}"}))
    meshes, fives = _landmarks(files, work / "landmarks.npz")
    seen = [s for s in sources if all(name in fives for name in (*s.fakes.values(), s.real) if name)]
    return Faces(seen, files, meshes, fives)


def _unzipped(folder: Path) -> dict[str, bytes]:
    files = {}
    for path in sorted(folder.glob("*.zip")):
        with zipfile.ZipFile(path) as archive:
            files |= {name: archive.read(name) for name in archive.namelist() if name.endswith(".jpg")}
    return files


def _drawn(text: str) -> float:
    """Return a number 0..1 that is always the same for a text."""
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) / 2**32


def _parts(rows: list[dict[str, str]]) -> dict[str, str]:
    """Return the part of each cluster of the training data."""
    sizes = Counter(row["identity_cluster"] for row in rows if row["split"] == "train" and row["label"] == "real")
    whole, parts = sum(sizes.values()), dict.fromkeys(sizes, "train")
    wanted = {part: share * whole for part, share in _SHARES.items()}
    for cluster in sorted((c for c in sizes if sizes[c] <= _LARGEST_CLUSTER), key=_drawn):
        part = next((part for part in wanted if wanted[part] > 0), None)
        if part is None:
            break
        parts[cluster] = part
        wanted[part] -= sizes[cluster]
    return parts


def _landmarks(files: dict[str, bytes], kept: Path) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """Find mesh and five points of each face; what was found before is read."""
    meshes: dict[str, Floats] = {}
    fives: dict[str, Floats] = {}
    tried: set[str] = set()
    if kept.is_file():
        with np.load(kept) as held:
            tried = set(held["tried"])
            meshes = dict(zip(held["meshed"], held["meshes"], strict=True))
            fives = dict(zip(held["found"], held["fives"], strict=True))
    missing = [name for name in files if name not in tried]
    detector, reader = FaceDetector(), FaceMesh(num_threads=1)
    for number, name in enumerate(missing):
        picture = decode(files[name])
        middle = np.array(picture.shape[1::-1]) / 2 + _BORDER_PX
        around = cv2.copyMakeBorder(picture, *(_BORDER_PX,) * 4, cv2.BORDER_REFLECT_101)
        found = detector.find_quickly(around, longer_side_px=320, score=0.5)
        if found:
            nearest = min(found, key=lambda each: np.hypot(*(each.box_xywh_px[:2] + each.box_xywh_px[2:] / 2 - middle)))
            fives[name] = nearest.points_xy_px - np.float32(_BORDER_PX)
            settled = reader.settle(around, region_of_detection(nearest), looks=2)
            if settled is not None:
                meshes[name] = settled[0][:, :2] - np.float32(_BORDER_PX)
        if number % 2000 == 1999:
            print(f"landmarks: {number + 1} of {len(missing)}", flush=True)
    if missing:
        np.savez(
            kept, tried=sorted(files), meshed=list(meshes), meshes=np.stack(list(meshes.values())),
            found=list(fives), fives=np.stack(list(fives.values())),
        )  # fmt: skip
    return meshes, fives


@dataclass(slots=True)
class Drawer:
    """Draws batches of a part. ``without``: families of fakes that are left out."""

    faces: Faces
    without: Collection[str] = ()
    _sources: list[Source] = field(init=False)
    _meshed: list[Source] = field(init=False)
    _meshes: Floats = field(init=False)
    _synthetic: list[Source] = field(init=False)

    def __post_init__(self) -> None:
        """Gather who can be drawn."""
        own = self.faces.of("train")
        self._synthetic = [source for source in own if not source.real]
        self._sources = [source for source in own if source.real]
        self._meshed = [source for source in self._sources if source.real in self.faces.meshes]
        self._meshes = np.stack([self.faces.meshes[source.real] for source in self._meshed])

    def batch(self, count: int, size_px: int, rng: np.random.Generator) -> Batch:
        """Return ``count`` real faces, each with a fake of the data and every other one with one made here.

        Where the data's own are left out, each has one made here.
        """
        rows: list[tuple[Rgb8, float, np.ndarray, bool]] = []
        pairs = []
        for number_in_batch, number in enumerate(rng.choice(len(self._sources), count)):
            source = self._sources[number]
            kinds = [kind for kind in ("dfdc",) if kind not in self.without]
            if not kinds or number_in_batch % 2:
                kinds.append(self._family(source, rng))
            jitter, fate = _jitter(rng), int(rng.integers(2**31))
            real = self.faces.picture(source.real)
            rows.append(
                self._seen(real, source.real, 0.0, np.zeros(real.shape[:2], np.float32), jitter, fate, size_px, rng)
            )
            first = len(rows) - 1
            for kind in kinds:
                fake, name, mask = self._fake(kind, source, real, rng)
                paired = name == source.real or kind in ("dfdc", "swap")
                if rng.random() < 0.5:
                    fate = int(rng.integers(2**31))
                rows.append(self._seen(fake, name, 1.0, mask, jitter if paired else _jitter(rng), fate, size_px, rng))
                pairs.append((first, len(rows) - 1))
        pictures, fake, masks, known = zip(*rows, strict=True)
        return Batch(
            np.stack(pictures), np.array(fake, np.float32), np.stack(masks), np.array(known, np.float32), pairs
        )

    def _family(self, source: Source, rng: np.random.Generator) -> str:
        shares = {"self": 0.34, "cross": 0.2, "mouth": 0.11, "eyes": 0.11, "swap": 0.14, "synthetic": 0.1}
        able = {k: v for k, v in shares.items() if k not in self.without}
        if "swap" not in source.fakes:
            able.pop("swap", None)
        if source.real not in self.faces.meshes:
            able = {k: v for k, v in able.items() if k not in FAMILIES} or {"synthetic": 1.0}
        names = list(able)
        weights = np.array([able[name] for name in names])
        return str(rng.choice(names, p=weights / weights.sum()))

    def _fake(
        self, kind: str, source: Source, real: Rgb8, rng: np.random.Generator
    ) -> tuple[Rgb8, str, np.ndarray | None]:
        """Return a fake, whose landmarks it has, and where it was changed (None: not known)."""
        if kind == "synthetic":
            other = self._synthetic[rng.integers(len(self._synthetic))].fakes["synthetic"]
            return self.faces.picture(other), other, np.ones((16, 16), np.float32)
        if kind in source.fakes:
            name = source.fakes[kind]
            fake = self.faces.picture(name)
            return fake, name, changed(real, fake)
        others = rng.choice(len(self._meshed), _OTHERS)
        points = self.faces.meshes[source.real]
        order = others[np.argsort(like_pose(points, self._meshes[others]))]
        nearest = next(k for k in order if self._meshed[k].cluster != source.cluster)
        other = self._meshed[nearest].real
        fake, mask = blend(kind, real, points, self.faces.picture(other), self._meshes[nearest], rng)
        return fake, source.real, mask

    def _seen(
        self, picture: Rgb8, name: str, fake: float, mask: np.ndarray | None, jitter: Floats, fate: int,
        size_px: int, rng: np.random.Generator,
    ) -> tuple[Rgb8, float, np.ndarray, bool]:  # fmt: skip
        """Return a face as the network is shown it, its label, and the map."""
        if rng.random() < 0.15:
            picture = beautify(picture, self.faces.meshes.get(name), rng)
        region = _moved(region_of_face(self.faces.fives[name]), jitter)
        crop, _ = crop_region(picture, region, max(size_px, 192), cv2.BORDER_REFLECT_101)
        cells = size_px // 16
        truth = np.zeros((cells, cells), np.float32)
        if mask is not None and mask.any():
            if mask.shape == picture.shape[:2]:
                mask = crop_region(np.repeat(mask[..., None], 3, 2), region, 192, cv2.BORDER_CONSTANT)[0][..., 0]
            truth = cv2.resize(mask, (cells, cells), interpolation=cv2.INTER_AREA)
        if jitter[4] > 0:
            crop, truth = np.ascontiguousarray(crop[:, ::-1]), np.ascontiguousarray(truth[:, ::-1])
        return damage(crop, size_px, np.random.default_rng(fate)), fake, truth, mask is not None


@dataclass(frozen=True, slots=True)
class Batch:
    """``pictures`` (N, side, side, 3) uint8; ``fake`` (N,) 0 or 1; ``masks`` (N, side/16, side/16) 0..1 how far each
    cell was changed, ``known`` (N,) whether that is known; ``pairs`` of rows (real, fake) of one source.
    """

    pictures: np.ndarray
    fake: np.ndarray
    masks: np.ndarray
    known: np.ndarray
    pairs: list[tuple[int, int]]


def changed(real: Rgb8, fake: Rgb8) -> np.ndarray | None:
    """Return where a fake differs from its original (H, W) 0..1; None where it shows another moment."""
    away = np.abs(fake.astype(np.float32) - real).mean(-1)
    border = np.concatenate([away[:6].ravel(), away[-6:].ravel(), away[:, :6].ravel(), away[:, -6:].ravel()])
    if float(np.median(border)) > _SAME_MOMENT:
        return None
    return np.clip(cv2.GaussianBlur(away, (0, 0), 8) / _CHANGED - 0.5, 0, 1)


def _jitter(rng: np.random.Generator) -> Floats:
    """Shift x and y, scale, turn, mirrored (> 0)."""
    return np.array([*rng.normal(0, 0.025, 2), rng.normal(0, 0.05), rng.normal(0, 0.05), rng.uniform(-1, 1)])


def _moved(region: Region, jitter: Floats) -> Region:
    centre = region.centre_xy_px + jitter[:2] * region.side_px
    return Region(centre, region.side_px * float(np.exp(jitter[2])), region.angle_rad + float(jitter[3]))


def as_png(picture: Rgb8) -> bytes:
    """Return a picture as a PNG file."""
    file: bytes = cv2.imencode(".png", picture[..., ::-1])[1].tobytes()
    return file
