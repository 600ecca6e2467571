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
from bonaface.media.video import VideoReader
from bonaface.terms.arrays import Floats, Rgb8
from bonaface.terms.errors import UnreadableMediaError
from bonaface.terms.face import TrackedFrame
from bonaface.terms.picture import Frame, Unmarked, VideoInfo, as_rgb8
from bonaface.terms.progress import Progress, Step
from bonaface.verbs.scene import SAME_PERSON, Survey
from bonaface.verbs.stage import Stage
from bonaface.verbs.task import Swapped, Task
from bonaface.verbs.troupe import Troupe

FRAMES = 9
COLUMNS = 3
_WIDEST_PX = 640


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
    stage = Stage(troupe.roles(survey.actors))
    played = []
    for frame, tracked in taken:
        played.append(stage.play(as_rgb8(frame.rgb), tracked, frame.time_s))
        progress(Step(f"preview of {task.target.name}", FRAMES + len(played), 2 * FRAMES))
    released = release_sheet(
        lay_out(played, COLUMNS),
        destination,
        troupe.claim(),
        task.label,
        home=task.home,
        force=task.force,
        passing=task.passing,
    )
    tally, absent = stage.tally, tuple(troupe.absent(stage.roles))
    return Swapped(released.path, troupe.purpose, troupe.statement, tally.frames, tally.swapped, remarks=absent)


def nine_frames(task: Task) -> list[Frame]:
    """Return nine frames spread evenly over the wanted part, fewer where it has fewer.

    Raises:
        UnreadableMediaError: the part has no frame.
    """
    with VideoReader(task.target) as reader:
        begin = task.start_s or Fraction(0)
        end = task.end_s if task.end_s is not None else _length(reader.info)
        frames: dict[int, Frame] = {}
        for k in range(FRAMES):
            at_s = begin + (end - begin) * (2 * k + 1) / (2 * FRAMES)
            frame = next(iter(reader.frames(at_s, None)), None)
            if frame is not None:
                frames[frame.pts] = frame
    if not frames:
        raise UnreadableMediaError(f"{task.target} has no frame in the wanted part; choose another (--from, --to).")
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


def _length(info: VideoInfo) -> Fraction:
    if info.duration_s is not None:
        return info.duration_s
    return Fraction(info.frame_count or 1) / info.rate
