"""Nine frames of a video on one sealed sheet, in seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import count

import cv2
import numpy as np

from bonaface.faces.embed import Embedder
from bonaface.faces.track import FaceTracker
from bonaface.marking.door import release_sheet
from bonaface.marking.label import Box
from bonaface.media.video import VideoReader
from bonaface.terms.arrays import Floats, Rgb8
from bonaface.terms.errors import UnreadableMediaError
from bonaface.terms.face import TrackedFrame
from bonaface.terms.picture import Frame, Unmarked, as_rgb8
from bonaface.terms.progress import Progress, Step
from bonaface.verbs.anonymity import set_stage
from bonaface.verbs.scene import SAME_PERSON, Survey
from bonaface.verbs.task import Swapped, Task
from bonaface.verbs.troupe import Troupe

FRAMES = 9
COLUMNS = 3
_WIDEST_PX = 640
_SHORT = 120
"""Frames up to which a part is read through: choosing by time would miss some."""


def preview_clip(task: Task, troupe: Troupe, progress: Progress) -> Swapped:
    """Return the sealed sheet ``<stem>.<name>.preview.png``: nine frames, evenly from the wanted part, swapped.

    Raises:
        NothingToDoError: no face for any part in these frames. OutputExistsError: the sheet is there.
        UnreadableMediaError, NoSpaceError, SealError: reading, writing or sealing failed.
    """
    destination = task.result(troupe.name, ".preview.png")
    survey, naming = Survey(), _Naming(troupe.embedder)
    taken: list[tuple[Frame, TrackedFrame]] = []
    for frame in nine_frames(task):
        rgb8 = as_rgb8(frame.rgb)
        tracked = naming.name(rgb8, FaceTracker(smooth=False).step(frame))
        survey.add(rgb8, tracked)
        taken.append((frame, tracked))
        progress(Step(f"preview of {task.target.name}", len(taken), 2 * FRAMES))
    stage = set_stage(troupe, survey.actors)
    played = []
    for frame, tracked in taken:
        played.append(stage.play(as_rgb8(frame.rgb), tracked, frame.time_s))
        progress(Step(f"preview of {task.target.name}", FRAMES + len(played), 2 * FRAMES))
    sheet = lay_out(played, COLUMNS)
    released = release_sheet(
        sheet,
        destination,
        troupe.claim(),
        task.label,
        home=task.home,
        force=task.force,
        passing=task.passing,
        tiles=tiles_of(sheet, len(played), COLUMNS),
    )
    tally, absent = stage.tally, tuple(troupe.absent(stage.roles))
    return Swapped(released.path, troupe.purpose, troupe.statement, tally.frames, tally.swapped, remarks=absent)


def nine_frames(task: Task) -> list[Frame]:
    """Return nine frames spread evenly over the wanted part, fewer where it has fewer.

    Raises:
        UnreadableMediaError: the part has no frame.
    """
    length = _length(task)
    frames = _by_number(task) if length is None else _by_time(task, *length)
    if not frames:
        raise UnreadableMediaError(f"{task.target} has no frame in the wanted part; choose another (--from, --to).")
    return frames


def _length(task: Task) -> tuple[Fraction, Fraction] | None:
    """Return begin and end of the wanted part, None where it is so short that every frame counts, or not known."""
    with VideoReader(task.target) as reader:
        whole_s, rate = reader.info.duration_s, reader.info.rate
    begin_s = task.start_s or Fraction(0)
    if whole_s is None:
        return None
    end_s = whole_s if task.end_s is None else min(task.end_s, whole_s)
    return (begin_s, end_s) if (end_s - begin_s) * rate > _SHORT else None


def _by_number(task: Task) -> list[Frame]:
    with VideoReader(task.target) as reader:
        count = sum(1 for _ in reader.frames(task.start_s, task.end_s))
    wanted = {(2 * k + 1) * count // (2 * FRAMES) for k in range(FRAMES)}
    with VideoReader(task.target) as reader:
        return [frame for frame in reader.frames(task.start_s, task.end_s) if frame.index in wanted]


def _by_time(task: Task, begin_s: Fraction, end_s: Fraction) -> list[Frame]:
    frames: dict[int, Frame] = {}
    with VideoReader(task.target) as reader:
        for k in range(FRAMES):
            at_s = begin_s + (end_s - begin_s) * (2 * k + 1) / (2 * FRAMES)
            frame = next(iter(reader.frames(at_s, None)), None)
            if frame is not None:
                frames[frame.pts] = frame
    return [frames[pts] for pts in sorted(frames)]


def lay_out(pictures: Sequence[Unmarked], columns: int) -> Unmarked:
    """Return the pictures side by side in rows, each at most 640 px wide, as one unmarked sheet."""
    height, width = pictures[0].rgb.shape[:2]
    scale = min(1.0, _WIDEST_PX / width)
    wide, high = max(1, round(width * scale)), max(1, round(height * scale))
    rows = -(-len(pictures) // columns)
    sheet = np.zeros((rows * high, columns * wide, 3), np.uint8)
    boxes = []
    for k, picture in enumerate(pictures):
        top, left = k // columns * high, k % columns * wide
        small = cv2.resize(as_rgb8(picture.rgb), (wide, high), interpolation=cv2.INTER_AREA)
        sheet[top : top + high, left : left + wide] = small
        for x, y, w, h in picture.face_boxes_xywh_px:
            boxes.append((left + round(x * scale), top + round(y * scale), round(w * scale), round(h * scale)))
    return Unmarked(sheet, None, tuple(boxes))


def tiles_of(sheet: Unmarked, count: int, columns: int) -> list[Box]:
    """Return where the first ``count`` pictures lie on a sheet that `lay_out` made."""
    high, wide = sheet.rgb.shape[0] // -(-count // columns), sheet.rgb.shape[1] // columns
    return [(k % columns * wide, k // columns * high, wide, high) for k in range(count)]


class _Naming:
    """Gives the faces of frames that lie far apart the same track where they are the same person."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._known: dict[int, Floats] = {}
        self._numbers = count(1)

    def name(self, rgb8: Rgb8, tracked: TrackedFrame) -> TrackedFrame:
        faces, taken = [], set[int]()
        for face in tracked.faces:
            embedding = self._embedder.embed(rgb8, face.points)
            likeness = {track: float(embedding @ known) for track, known in self._known.items() if track not in taken}
            best = max(likeness, key=lambda track: likeness[track], default=None)
            if best is None or likeness[best] < SAME_PERSON:
                best = next(self._numbers)
                self._known[best] = embedding
            taken.add(best)
            faces.append(replace(face, track=best))
        return replace(
            tracked, faces=tuple(faces), cut=True
        )  # light and detail of one frame say nothing about the next
