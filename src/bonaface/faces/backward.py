"""Looking back: a face that comes in is found some frames late, and is followed backwards to where it came in."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from bonaface.faces.track import LOOK_EVERY, FaceTracker
from bonaface.terms.face import TrackedFrame
from bonaface.terms.picture import Frame

_MOST_BYTES = 200_000_000
"""Of frames held back: 15 of a usual clip, fewer of a very large one."""


def track_clip(tracker: FaceTracker, frames: Iterable[Frame]) -> Iterator[tuple[Frame, TrackedFrame]]:
    """Yield each frame with its faces, a few frames late: also those that are just coming in, or back, are there."""
    held: deque[tuple[Frame, TrackedFrame]] = deque()
    before: set[int] = set()
    for frame in frames:
        tracked = tracker.step(frame)
        now = {face.track for face in tracked.faces}
        if not tracked.cut and held:
            for track in sorted(now - before):
                _follow_back(tracker, held, tracked, track)
        before = now
        held.append((frame, tracked))
        most = min(LOOK_EVERY, max(1, _MOST_BYTES // frame.rgb.nbytes))
        while len(held) > most:
            yield held.popleft()
    yield from held


def _follow_back(
    tracker: FaceTracker, held: deque[tuple[Frame, TrackedFrame]], tracked: TrackedFrame, track: int
) -> None:
    face = next(face for face in tracked.faces if face.track == track)
    for position in range(len(held) - 1, -1, -1):
        frame, earlier = held[position]
        if any(known.track == track for known in earlier.faces):
            return
        found = tracker.same_face_in(frame, face, earlier.faces)
        if found is None:
            return
        faces = sorted((*earlier.faces, found), key=lambda each: -float(np.ptp(each.points[:, :2], axis=0).max()))
        lost = tuple(other for other in earlier.lost if other != track)
        held[position] = frame, replace(earlier, faces=tuple(faces), lost=lost)
        if earlier.cut:
            return
        face = found
