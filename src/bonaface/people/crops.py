"""Crops while they are gathered: cut out, looked at and written beside the tracking."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

import cv2
import numpy as np

from bonaface.faces.crop import crop_face
from bonaface.faces.embed import Embedder
from bonaface.media.scratch import room_in
from bonaface.people.face_set import FaceSet, crop_name, write_crop
from bonaface.people.identity import Track
from bonaface.terms.arrays import Floats, Mask, Rgb8
from bonaface.terms.face import Face

_CROP_PX = 1024
_WAITING = 12
"""Crops that may wait to be written."""
_EMBED_EVERY, _EMBED_RARELY, _EMBED_OFTEN = 20, 80, 8
"""A track is embedded every so many frames, after the first so many times more rarely: the mean has settled."""
_LOOK_PX = 32


@dataclass(frozen=True, slots=True, eq=False)
class Crop:
    """A crop on disk and what is known of it; ``look`` (32 * 32,) int16 is the face in grey."""

    track: Track
    points: Floats
    blendshapes: Floats
    presence: float
    time_s: float
    sharpness: float
    brightness: float
    covered: float
    look: np.ndarray


class CropFolder:
    """Writes crops into a folder, numbered from ``first`` on; a context manager with one thread of its own.

    ``held`` maps numbers to crops; it is complete after `settle`.
    """

    def __init__(self, folder: Path, first: int) -> None:
        """Begin; the folder is there already."""
        self.folder, self.held = folder, dict[int, Crop]()
        self._next = first
        self._embedder = Embedder(num_threads=1)
        self._writer = ThreadPoolExecutor(1, "crops")
        self._waiting: deque[Future[None]] = deque()

    def __enter__(self) -> CropFolder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.shutdown(cancel_futures=kind is not None)

    def add(self, rgb8: Rgb8, face: Face, covers: Mask | None, track: Track, time_s: float) -> None:
        """Keep the crop of a face; the work is done in the background."""
        often = len(track.embeddings) < _EMBED_OFTEN
        embed = track.seen % (_EMBED_EVERY if often else _EMBED_RARELY) == 0
        track.seen += 1
        while len(self._waiting) >= _WAITING:
            self._waiting.popleft().result()
        crop, points = crop_face(rgb8, face.points, _CROP_PX)
        facts = replace(face, points=points), _covered(face.points, covers), track, time_s
        self._waiting.append(self._writer.submit(self._keep, self._next, crop, *facts, embed=embed))
        self._next += 1

    def settle(self) -> None:
        """Wait until all crops are written."""
        while self._waiting:
            self._waiting.popleft().result()

    def drop(self, numbers: set[int]) -> None:
        """Delete crops."""
        for number in numbers:
            del self.held[number]
            (self.folder / crop_name(number)).unlink(missing_ok=True)

    def face_set(self, numbers: list[int], embedding: Floats) -> FaceSet:
        """Return the face set of some crops."""
        crops = [self.held[number] for number in numbers]
        return FaceSet(
            folder=self.folder,
            number=np.array(numbers, np.int64),
            points=np.stack([crop.points for crop in crops]),
            blendshapes=np.stack([crop.blendshapes for crop in crops]),
            presence=np.array([crop.presence for crop in crops], np.float32),
            times_s=np.array([crop.time_s for crop in crops], np.float64),
            source=np.array([crop.track.source for crop in crops], np.int64),
            sharpness=np.array([crop.sharpness for crop in crops], np.float32),
            brightness=np.array([crop.brightness for crop in crops], np.float32),
            embedding=embedding,
        )

    def _keep(
        self, number: int, crop: Rgb8, face: Face, covered: float, track: Track, time_s: float, *, embed: bool
    ) -> None:
        if embed:
            track.embeddings.append(self._embedder.embed(crop, face.points))
        with room_in(self.folder):
            write_crop(self.folder, number, crop)
        grey = _grey_face(crop, face.points)
        small = cv2.resize(grey, (96, 96), interpolation=cv2.INTER_AREA)
        self.held[number] = Crop(
            track,
            face.points,
            face.blendshapes,
            face.presence,
            time_s,
            float(cv2.Laplacian(small, cv2.CV_32F).std()),
            float(small.mean()),
            covered,
            cv2.resize(small, (_LOOK_PX, _LOOK_PX), interpolation=cv2.INTER_AREA).astype(np.int16).ravel(),
        )


def _grey_face(crop: Rgb8, points: Floats) -> np.ndarray:
    low = np.maximum(points[:468, :2].min(0), 0).astype(int)
    high = np.maximum(points[:468, :2].max(0).astype(int), low + 2)
    part = crop[low[1] : high[1], low[0] : high[0]]
    return cv2.cvtColor(part if part.size else crop, cv2.COLOR_RGB2GRAY)


def _covered(points: Floats, covers: Mask | None) -> float:
    """Share of the face that hands hide."""
    if covers is None:
        return 0.0
    hull = np.zeros(covers.shape, np.uint8)
    cv2.fillConvexPoly(hull, cv2.convexHull(np.round(points[:468, :2]).astype(np.int32)), 1)
    return float((covers[hull > 0] > 127).mean()) if hull.any() else 0.0
