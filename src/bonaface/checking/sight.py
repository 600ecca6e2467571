"""The faces of a picture, and of a clip: what the examiners are given to look at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import cv2
import numpy as np

from bonaface.checking.crop import face_crop, region_of_face
from bonaface.checking.motion import Motion
from bonaface.checking.quality import quality_of
from bonaface.faces.detect import FaceDetector, shift_detection
from bonaface.faces.embed import five_points
from bonaface.faces.track import FaceTracker
from bonaface.terms.arrays import Floats, Rgb8
from bonaface.terms.face import Detection
from bonaface.terms.finding import Look
from bonaface.terms.picture import Frame, as_rgb8

SMALLEST_PX = 32.0
MOST_LOOKS = 24
"""Looks at one person's face in a clip; of a longer clip they lie further apart, so that memory does not grow."""
_FIRST_STEP_S = 0.2
_TIGHT_PX, _BORDER = 512, 0.25
"""Pictures up to this size may be a face from edge to edge: it is looked for again within a mirrored border."""
_LEAST_FRAMES = 5  # a run of fewer is no face, or one that passes by


@dataclass(slots=True, eq=False)
class Sighting:
    """One face of a picture, or one run of frames of a clip: ``looks`` in order of time, and how it moved.

    ``points`` (5, 2) of the first look, in the picture's pixels; ``frames`` in which it was seen, from ``first_s`` to
    ``last_s``.
    """

    number: int
    points: Floats
    looks: list[Look]
    motion: Motion | None = None
    frames: int = 1
    first_s: float | None = None
    last_s: float | None = None
    _step_s: float = field(default=_FIRST_STEP_S, repr=False)

    def box_xywh_px(self) -> tuple[int, int, int, int]:
        """Return the upright box around the square that was looked at first."""
        region = region_of_face(self.points)
        corner = region.centre_xy_px - region.side_px / 2
        return int(corner[0]), int(corner[1]), int(region.side_px), int(region.side_px)

    def see(self, frame: Frame, rgb8: Rgb8, mesh: Floats) -> None:
        """Take one more frame of a clip."""
        time_s = float(frame.time_s)
        self.frames += 1
        self.last_s = time_s
        if self.motion is not None:
            self.motion.step(rgb8, mesh)
        last_s = self.looks[-1].time_s
        if last_s is not None and time_s - last_s < self._step_s:
            return
        self.looks.append(look_at(rgb8, mesh, time_s))
        if len(self.looks) > MOST_LOOKS:
            self.looks = self.looks[::2]
            self._step_s *= 2


def look_at(rgb8: Rgb8, points: Floats, time_s: float | None = None) -> Look:
    """Return a face as the examiners see it; ``points`` (5, 2) or (478, 2 or 3) in picture pixels."""
    crop, back = face_crop(rgb8, points)
    return Look(crop, back, quality_of(crop, region_of_face(points).side_px), time_s)


def faces_of_picture(rgb8: Rgb8, detector: FaceDetector) -> list[Sighting]:
    """Return the faces of a picture, the largest first, also the one that a small picture shows from edge to edge."""
    found = detector.find(rgb8, min_face_px=SMALLEST_PX, tilted_beside_upright=False)
    if not found and max(rgb8.shape[:2]) <= _TIGHT_PX:
        found = _found_within_a_border(rgb8, detector)
    return [
        Sighting(number, face.points_xy_px, [look_at(rgb8, face.points_xy_px)]) for number, face in enumerate(found, 1)
    ]


def _found_within_a_border(rgb8: Rgb8, detector: FaceDetector) -> list[Detection]:
    border = round(_BORDER * min(rgb8.shape[:2]))
    around = cv2.copyMakeBorder(rgb8, border, border, border, border, cv2.BORDER_REFLECT_101)
    found = [shift_detection(face, -border, -border) for face in detector.find(around)]
    size = rgb8.shape[1::-1]
    return [face for face in found if (face.points_xy_px >= 0).all() and (face.points_xy_px < size).all()][:1]


def faces_of_clip(
    frames: Iterable[Frame], tracker: FaceTracker, seen: Callable[[Frame], None] = lambda _: None
) -> list[Sighting]:
    """Return the runs of faces of a clip, the longest first; a cut ends every run.

    Args:
        seen: called with each frame, for progress.
    """
    runs: dict[int, Sighting] = {}
    ended: list[Sighting] = []
    for frame, rgb8, meshes, cut in _followed(frames, tracker):
        seen(frame)
        if cut:
            ended += _established(runs.values())
            runs = {}
        for track, mesh in meshes.items():
            if track in runs:
                runs[track].see(frame, rgb8, mesh)
                continue
            time_s = float(frame.time_s)
            run = Sighting(0, five_points(mesh), [look_at(rgb8, mesh, time_s)], Motion(), 1, time_s, time_s)
            runs[track] = run
    ended += _established(runs.values())
    ended.sort(key=lambda run: -run.frames)
    for number, run in enumerate(ended, 1):
        run.number = number
    return ended


def _followed(
    frames: Iterable[Frame], tracker: FaceTracker
) -> Iterator[tuple[Frame, Rgb8, dict[int, np.ndarray], bool]]:
    for frame in frames:
        tracked = tracker.step(frame)
        large = {
            face.track: face.points
            for face in tracked.faces
            if float(np.ptp(face.points[:, :2], axis=0).max()) >= SMALLEST_PX
        }
        yield frame, as_rgb8(frame.rgb), large, tracked.cut


def _established(runs: Iterable[Sighting]) -> list[Sighting]:
    return [run for run in runs if run.frames >= _LEAST_FRAMES]
