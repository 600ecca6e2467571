"""Find one person in media: follow all faces, tell people apart, keep the good crops of one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from bonaface.faces.crop import crop_face
from bonaface.faces.embed import Embedder
from bonaface.faces.pose import fit_pose, head_angles_deg, load_canonical_face
from bonaface.faces.track import FaceTracker
from bonaface.media.ahead import prefetch
from bonaface.media.image import read_image
from bonaface.media.kind import find_media, kind_of
from bonaface.media.video import VideoReader
from bonaface.people.face_set import MOST, FaceSet, choose_varied, write_crop
from bonaface.terms.arrays import Floats, Mask, Rgb8
from bonaface.terms.errors import BonafaceError, NothingToDoError, SeveralPeopleError
from bonaface.terms.face import Face
from bonaface.terms.picture import Frame, as_rgb8
from bonaface.terms.progress import Progress, Step, silent

_SAME = 0.363
_ALSO_THERE = 0.15
"""Share of the first person's frames from which a second one has to be asked about."""
_CROP_PX = 1024
_PROFILE_DEG = 60.0
_BLURRED = 0.35
_COVERED = 0.12
_EMBED_EVERY = 20


@dataclass(slots=True, eq=False)
class Track:
    """One face followed through one file."""

    source: int
    first_s: float
    last_s: float
    rows: list[int] = field(default_factory=list)
    embeddings: list[Floats] = field(default_factory=list)

    @property
    def embedding(self) -> Floats:
        """The mean identity (128,)."""
        mean = np.mean(self.embeddings, axis=0)
        return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-9), np.float32)


@dataclass(slots=True, eq=False)
class Dropped:
    """How many crops were left out, and why."""

    blurred: int = 0
    covered: int = 0
    alike: int = 0
    others: int = 0
    unreadable: list[str] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class _Found:
    """All crops so far; rows of the future face set."""

    folder: Path
    points: list[Floats] = field(default_factory=list)
    blendshapes: list[Floats] = field(default_factory=list)
    facts: list[tuple[float, float, int, float, float, float]] = field(default_factory=list)
    tracks: list[Track] = field(default_factory=list)
    first: int = 0

    def add(self, rgb8: Rgb8, face: Face, covers: Mask | None, source: int, time_s: float) -> int:
        """Keep a crop and return its row."""
        crop, points = crop_face(rgb8, face.points, _CROP_PX)
        row = len(self.points)
        write_crop(self.folder, self.first + row, crop)
        self.points.append(points)
        self.blendshapes.append(face.blendshapes)
        sharpness, brightness = _look(crop, points)
        self.facts.append((face.presence, time_s, source, sharpness, brightness, _covered(face.points, covers)))
        return row


def gather_faces(
    paths: Sequence[Path],
    folder: Path,
    *,
    reference: Path | None = None,
    first: int = 0,
    most: int = MOST,
    progress: Progress = silent,
) -> tuple[FaceSet, Dropped]:
    """Return the crops of one person found in files and folders, kept in ``folder`` from number ``first`` on.

    Raises:
        SeveralPeopleError: more than one person and no ``reference`` picture says which.
        NothingToDoError: no usable face. MissingFileError: a path does not exist.
    """
    embedder = Embedder()
    wanted = None if reference is None else _face_in(reference, embedder)
    files = find_media(paths)
    found, dropped = _Found(folder, first=first), Dropped()
    for number, path in enumerate(files):
        try:
            _gather_file(path, number, found, embedder, most, progress)
        except BonafaceError as error:
            dropped.unreadable.append(str(error))
    if not found.points:
        why = dropped.unreadable[0] if dropped.unreadable else "No face of at least 24 pixels was found."
        raise NothingToDoError(f"{why} Give pictures or clips that show the person's face from the front.")
    people = tell_apart(found.tracks)
    person = _choose(people, wanted, files)
    rows = np.array(sorted(row for track in person for row in track.rows))
    dropped.others = len(found.points) - len(rows)
    face_set = _kept(_all(found, person), rows, found, dropped, most)
    for row in set(range(len(found.points))) - {int(n) - first for n in face_set.number}:
        (folder / f"{first + row:06d}.jpg").unlink(missing_ok=True)
    return face_set, dropped


def tell_apart(tracks: Sequence[Track]) -> list[list[Track]]:
    """Return the tracks grouped by person, the most seen person first.

    Two faces of one moment are two people, however alike.
    """
    people: list[list[Track]] = []
    for track in sorted(tracks, key=lambda t: -len(t.rows)):
        likes = [
            -1.0
            if any(_together(track, o) for o in person)
            else max(float(track.embedding @ o.embedding) for o in person)
            for person in people
        ]
        if likes and max(likes) > _SAME:
            people[int(np.argmax(likes))].append(track)
        else:
            people.append([track])
    return sorted(people, key=lambda person: -sum(len(track.rows) for track in person))


def _together(a: Track, b: Track) -> bool:
    return a.source == b.source and a.first_s <= b.last_s and b.first_s <= a.last_s


def _gather_file(path: Path, source: int, found: _Found, embedder: Embedder, most: int, progress: Progress) -> None:
    still = kind_of(path) == "image"
    tracker = FaceTracker(smooth=not still, max_faces=8)
    tracks: dict[int, Track] = {}
    for done, total, frame in _frames(path, still, most):
        seen = tracker.step(frame)
        rgb8 = as_rgb8(frame.rgb)
        for face in seen.faces:
            track = tracks.get(face.track)
            if track is None:
                track = tracks[face.track] = Track(source, float(frame.time_s), float(frame.time_s))
                found.tracks.append(track)
            if len(track.rows) % _EMBED_EVERY == 0:
                track.embeddings.append(embedder.embed(rgb8, face.points))
            track.last_s = float(frame.time_s)
            track.rows.append(found.add(rgb8, face, seen.covers, source, float(frame.time_s)))
        progress(Step(f"looking at {path.name}", done, total))


def _frames(path: Path, still: bool, most: int) -> Iterator[tuple[int, int | None, Frame]]:
    if still:
        yield 1, 1, Frame(0, 0, Fraction(0), read_image(path).rgb)
        return
    with VideoReader(path) as reader:
        count = reader.info.frame_count or (
            round(reader.info.duration_s * reader.info.rate) if reader.info.duration_s else None
        )
        every = max(1, (count or 0) // (2 * most))
        for frame in prefetch(reader.frames(), 4):
            if frame.index % every == 0:
                yield frame.index + 1, count, frame


def _choose(people: list[list[Track]], wanted: Floats | None, files: Sequence[Path]) -> list[Track]:
    if wanted is not None:
        likes = [max(float(track.embedding @ wanted) for track in person) for person in people]
        if max(likes) < _SAME:
            raise NothingToDoError(f"None of the {len(people)} people found is like the reference; choose another one.")
        return people[int(np.argmax(likes))]
    sizes = [sum(len(track.rows) for track in person) for person in people]
    present = [k for k, size in enumerate(sizes) if size >= _ALSO_THERE * sizes[0]]
    if len(present) > 1:
        described = tuple(
            f"person {k + 1}: {sizes[k]} pictures, first in {files[first.source].name} at {first.first_s:.1f} s"
            for k, first in ((k, people[k][0]) for k in present)
        )
        raise SeveralPeopleError(
            f"These media show {len(present)} people ({'; '.join(described)}); say which one with --reference IMAGE.",
            described,
        )
    return people[0]


def _all(found: _Found, person: list[Track]) -> FaceSet:
    facts = np.array(found.facts)
    mean = np.mean([track.embedding * len(track.rows) for track in person], axis=0)
    return FaceSet(
        folder=found.folder,
        number=np.arange(len(found.points)) + found.first,
        points=np.stack(found.points),
        blendshapes=np.stack(found.blendshapes),
        presence=facts[:, 0].astype(np.float32),
        times_s=facts[:, 1],
        source=facts[:, 2].astype(np.int64),
        sharpness=facts[:, 3].astype(np.float32),
        brightness=facts[:, 4].astype(np.float32),
        embedding=(mean / max(np.linalg.norm(mean), 1e-9)).astype(np.float32),
    )


def _kept(every: FaceSet, rows: np.ndarray, found: _Found, dropped: Dropped, most: int) -> FaceSet:
    """Leave out what is blurred, covered, or too much of the same."""
    angles = angles_of(every.points)
    covered = np.array(found.facts)[:, 5] > _COVERED
    sharp = every.sharpness >= _BLURRED * np.median(every.sharpness[rows])
    good = rows[sharp[rows] & ~covered[rows]]
    dropped.covered = int(covered[rows].sum())
    dropped.blurred = int((~sharp[rows] & ~covered[rows]).sum())
    if len(good) == 0 or (np.abs(angles[good, 1]) > _PROFILE_DEG).all():
        raise NothingToDoError("The face is seen only covered, blurred or from the side; add pictures from the front.")
    chosen = good[choose_varied(angles[good], every.blendshapes[good], every.brightness[good], most)]
    dropped.alike = len(good) - len(chosen)
    return every.chosen(chosen)


def angles_of(points: Floats) -> Floats:
    """Return pitch, yaw and roll in degrees (N, 3) of meshes (N, 478, 3)."""
    return np.asarray(head_angles_deg(fit_pose(points, load_canonical_face().points)), np.float32)


def _look(crop: Rgb8, points: Floats) -> tuple[float, float]:
    """Sharpness (deviation of the Laplacian at 96 px across the face) and brightness 0..255 of the face."""
    low = np.maximum(points[:468, :2].min(0), 0).astype(int)
    high = np.maximum(points[:468, :2].max(0).astype(int), low + 2)
    grey = cv2.cvtColor(crop[low[1] : high[1], low[0] : high[0]], cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (96, 96), interpolation=cv2.INTER_AREA)
    return float(cv2.Laplacian(small, cv2.CV_32F).std()), float(small.mean())


def _covered(points: Floats, covers: Mask | None) -> float:
    """Share of the face that hands hide."""
    if covers is None:
        return 0.0
    hull = np.zeros(covers.shape, np.uint8)
    cv2.fillConvexPoly(hull, cv2.convexHull(np.round(points[:468, :2]).astype(np.int32)), 1)
    return float((covers[hull > 0] > 127).mean()) if hull.any() else 0.0


def _face_in(path: Path, embedder: Embedder) -> Floats:
    rgb8 = as_rgb8(read_image(path).rgb)
    faces = FaceTracker(smooth=False).step(Frame(0, 0, Fraction(0), rgb8)).faces
    if not faces:
        raise NothingToDoError(f"{path} shows no face; give a picture of the person as --reference.")
    return embedder.embed(rgb8, faces[0].points)
