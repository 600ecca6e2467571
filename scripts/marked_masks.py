"""Hair and hand masks against the stills in ``tests/faces/marks/marks.json``, which were marked by eye.

Each still has its file, the number of its frame (clips), its size, the file's sha256, and polygons in integer pixels
of the picture: ``hair``, ``hair_minus`` (skin between strands, ears), ``hand``, ``hand_minus``. Beards, brows, hats and
single flying hairs are no hair; hair under a thin veil is. What lies outside a square of 2.2 times the mesh's side was
not marked with care and does not count.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from label_hair import GROWTH as TEACHER_GROWTH

from bonaface.faces.hair import GROWTH, HairFinder
from bonaface.faces.mesh import region_of_points
from bonaface.faces.region import crop_region
from bonaface.faces.track import FaceTracker
from bonaface.terms.arrays import Floats, Mask, Rgb8
from bonaface.terms.face import TrackedFrame
from bonaface.terms.picture import Frame

MARKS = Path(__file__).parents[1] / "tests" / "faces" / "marks" / "marks.json"
MEDIA = Path(__file__).parents[1] / "examples" / "media"

_RINGS = 1.2  # how far the avatar's rings reach beyond the oval
_LEAST = 0.01  # share of the area from which an IoU says something
_CHEEKS_AND_NOSE = (50, 101, 36, 205, 187, 207, 280, 330, 266, 425, 411, 427, 4, 5, 195, 197)
_SKIN = 0.65  # the best of seven thresholds on these very stills; 0.42, as in making.skin, gives 0.39 instead of 0.45


@dataclass(frozen=True, slots=True)
class Still:
    """A still that was marked by eye; ``frame`` is None for a picture."""

    file: str
    frame: int | None
    size_wh_px: tuple[int, int]
    sha256: str

    @property
    def name(self) -> str:
        """The file, and the frame's number where there is one."""
        return self.file if self.frame is None else f"{self.file} {self.frame}"


@dataclass(frozen=True, slots=True)
class Mark(Still):
    """Hair and hands on a still, by polygons."""

    hair: tuple[np.ndarray, ...]
    hair_minus: tuple[np.ndarray, ...]
    hand: tuple[np.ndarray, ...]
    hand_minus: tuple[np.ndarray, ...]

    def masks(self) -> tuple[np.ndarray, np.ndarray]:
        """Return hair and hand, (H, W) bool each."""
        return self._filled(self.hair, self.hair_minus), self._filled(self.hand, self.hand_minus)

    def _filled(self, plus: Sequence[np.ndarray], minus: Sequence[np.ndarray]) -> np.ndarray:
        mask = np.zeros(self.size_wh_px[::-1], np.uint8)
        for polygons, value in ((plus, 1), (minus, 0)):
            for polygon in polygons:
                cv2.fillPoly(mask, [polygon], value)
        return mask > 0


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A marked picture with what the tracker says of its largest face: mesh, and mask of hands."""

    mark: Mark
    rgb8: Rgb8
    points: Floats
    hands: Mask

    def square(self) -> np.ndarray:
        """Return (H, W) bool: where the marks count."""
        region = region_of_points(self.points, GROWTH)
        corners = cv2.boxPoints(
            (tuple(map(float, region.centre_xy_px)), (region.side_px,) * 2, float(np.degrees(region.angle_rad)))
        )
        return self._polygon(corners)

    def area(self) -> np.ndarray:
        """Return (H, W) bool: what an avatar covers, the face and two rings around it."""
        hull = cv2.convexHull(np.ascontiguousarray(self.points[:, :2]))[:, 0]
        return self._polygon(hull.mean(0) + (hull - hull.mean(0)) * _RINGS)

    def _polygon(self, corners: np.ndarray) -> np.ndarray:
        mask = np.zeros(self.rgb8.shape[:2], np.uint8)
        cv2.fillPoly(mask, [np.round(corners).astype(np.int32)], 1)
        return mask > 0


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """What was marked and what was found in one still, and where that counts: (H, W) bool each."""

    name: str
    truth: np.ndarray
    found: np.ndarray
    where: np.ndarray


def load_marks(path: Path = MARKS) -> list[Mark]:
    """Return all marks."""
    polygons = ("hair", "hair_minus", "hand", "hand_minus")
    return [
        Mark(
            row["file"],
            row["frame"],
            tuple(row["size_wh_px"]),
            row["sha256"],
            *(tuple(np.array(polygon, np.int32) for polygon in row[kind]) for kind in polygons),
        )
        for row in json.loads(path.read_text(encoding="utf-8"))
    ]


def look(marks: Iterable[Mark], folders: Sequence[Path]) -> list[Seen]:
    """Return the marked pictures that are at hand; clips are followed from their beginning, as a swap follows them.

    Raises:
        ValueError: a file is not the one that was marked, or no face is found in it.
    """
    by_file: dict[str, list[Mark]] = {}
    for mark in marks:
        by_file.setdefault(mark.file, []).append(mark)
    seen: list[Seen] = []
    for file, wanted in by_file.items():
        path = next((folder / file for folder in folders if (folder / file).is_file()), None)
        if path is None:
            print(f"  {file} is not at hand")
            continue
        if hashlib.sha256(path.read_bytes()).hexdigest() != wanted[0].sha256:
            raise ValueError(f"{path} is not the file that was marked: its sha256 differs.")
        seen += _followed(path, {mark.frame or 0: mark for mark in wanted})
    return seen


def as_still(seen: Seen) -> Seen:
    """Return the same picture as a tracker sees it that knows nothing of the frames before."""
    return _seen(seen.mark, seen.rgb8, FaceTracker(blendshapes=False).step(Frame(0, 0, Fraction(0), seen.rgb8)))


def measure(folders: Sequence[Path], teacher: Callable[[Rgb8], Floats] | None = None) -> None:
    """Print how well hair and hands are found; ``teacher`` maps (512, 512, 3) to (512, 512) 0..1."""
    finder = HairFinder()
    square: dict[str, list[Case]] = {}
    area: dict[str, list[Case]] = {}
    hands: dict[str, list[Case]] = {}
    for seen in look(load_marks(), folders):
        name, (hair, hand) = seen.mark.name, seen.mark.masks()
        own, cover, _ = (mask > 127 for mask in finder.masks(seen.rgb8, seen.points))
        found = {"our network": own, "own skin": not_skin(seen)}
        if teacher is not None:
            found["teacher"] = teacher_hair(teacher, seen)
        for way, mask in found.items():
            area.setdefault(way, []).append(Case(name, hair, mask, seen.area()))
            if way != "own skin":
                square.setdefault(way, []).append(Case(name, hair, mask, seen.square()))
        tracked = seen.hands > 127
        for way, mask in {
            "followed": tracked,
            "the frame as a still": as_still(seen).hands > 127,
            "cover of our network": cover,
            "followed or cover": tracked | cover,
        }.items():
            hands.setdefault(way, []).append(Case(name, hand, mask, seen.square()))
    for title, measured in {"hair in the square": square, "hair on face and rings": area, "hand": hands}.items():
        for way, cases in measured.items():
            print(f"  {title}, {way}: {_summary(cases)}")


def overlap(truth: np.ndarray, found: np.ndarray, where: np.ndarray) -> float:
    """Return intersection over union of two masks within ``where``; 1 if both are empty there."""
    union = ((truth | found) & where).sum()
    return float((truth & found & where).sum() / union) if union else 1.0


def teacher_hair(teacher: Callable[[Rgb8], Floats], seen: Seen) -> np.ndarray:
    """Return (H, W) bool: hair as the teacher sees it, fed as in `label_hair`."""
    crop, back = crop_region(seen.rgb8, region_of_points(seen.points, TEACHER_GROWTH), 512)
    size = seen.rgb8.shape[1], seen.rgb8.shape[0]
    hair: Floats = cv2.warpAffine(np.ascontiguousarray(teacher(crop)), back, size, flags=cv2.INTER_LINEAR)
    return hair > 0.5


def not_skin(seen: Seen) -> np.ndarray:
    """Return (H, W) bool: what has not the colour of cheeks and nose and hangs together with the rim of the area.

    `making.skin` in one picture instead of a texture: the same distance in L*a*b*, held against a threshold of its own.
    """
    lab = cv2.cvtColor(seen.rgb8.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    unit = float(np.ptp(seen.points[:, :2], axis=0).max()) / 200
    core = np.zeros(lab.shape[:2], np.uint8)
    for x, y in seen.points[list(_CHEEKS_AND_NOSE), :2]:
        cv2.circle(core, (round(float(x)), round(float(y))), max(1, round(7 * unit)), 1, cv2.FILLED)
    core = (core > 0) & (seen.hands == 0)
    if not core.any():
        return np.zeros(core.shape, bool)
    middle = np.median(lab[core], axis=0)
    away = (lab - middle) / (np.median(np.abs(lab[core] - middle), axis=0) * 1.5 + np.array([6, 2.5, 2.5]))
    away[..., 0] *= np.where(away[..., 0] < 0, 0.9, 0.7)
    likeness = cv2.GaussianBlur(np.exp(-(away**2).sum(-1) / 12), (0, 0), max(0.5, 2 * unit))
    area = seen.area()
    alien = ((likeness < _SKIN) & area).astype(np.uint8)
    side = max(3, round(7 * unit) | 1)
    rim = area & ~(cv2.erode(area.astype(np.uint8), np.ones((side, side), np.uint8), borderValue=0) > 0)
    _, labels = cv2.connectedComponents(alien)
    hanging = np.unique(labels[rim & (alien > 0)])
    return np.isin(labels, hanging[hanging > 0])


def _summary(cases: list[Case]) -> str:
    """Return what was found where there is something to find, and what was found where there is nothing."""
    present = [case for case in cases if case.truth[case.where].mean() >= _LEAST]
    values = sorted((overlap(c.truth, c.found, c.where), c.name) for c in present)
    ious = [value for value, _ in values]
    worst = ", ".join(f"{name} {value:.2f}" for value, name in values[:3])
    recall = np.mean([c.found[c.truth & c.where].mean() for c in present])
    wrong = np.mean([(c.truth ^ c.found)[c.where].mean() for c in cases])
    text = f"IoU mean {np.mean(ious):.3f}, median {np.median(ious):.3f} of {len(ious)}, found {recall:.1%} of it; "
    text += f"wrong {wrong:.1%} of all; worst {worst}"
    false = [float(c.found[c.where].mean()) for c in cases if not c.truth[c.where].any()]
    if false:
        text += f"; on {len(false)} without any: false {np.mean(false):.2%}, at most {max(false):.2%}"
    return text


def _followed(path: Path, marks: dict[int, Mark]) -> Iterator[Seen]:
    tracker = FaceTracker(blendshapes=False, smooth=False)
    with av.open(str(path)) as container:
        for index, frame in enumerate(container.decode(video=0)):
            rgb8 = frame.to_ndarray(format="rgb24")
            time_s = Fraction(frame.pts or 0) * frame.time_base
            tracked = tracker.step(Frame(index, frame.pts or 0, time_s, rgb8))
            if index in marks:
                yield _seen(marks[index], rgb8, tracked)
            if index >= max(marks):
                return


def _seen(mark: Mark, rgb8: Rgb8, tracked: TrackedFrame) -> Seen:
    if not tracked.faces:
        raise ValueError(f"No face was found in {mark.name}.")
    hands = np.zeros(rgb8.shape[:2], np.uint8) if tracked.covers is None else tracked.covers
    return Seen(mark, rgb8, tracked.faces[0].points, hands)
