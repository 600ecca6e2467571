"""Swap into one video: look at all of it, give the parts, render, seal."""

from __future__ import annotations

import time
from collections.abc import Iterator

from bonaface.faces.track import FaceTracker
from bonaface.marking.door import VideoRelease
from bonaface.media.ahead import prefetch
from bonaface.media.scratch import check_output
from bonaface.media.video import VideoReader
from bonaface.terms.picture import Frame, Unmarked, VideoInfo, as_rgb8
from bonaface.terms.progress import Progress, Step
from bonaface.verbs.recording import Recording
from bonaface.verbs.scene import Survey
from bonaface.verbs.stage import Stage
from bonaface.verbs.task import VIDEO_ENDINGS, Swapped, Task
from bonaface.verbs.troupe import Troupe

AHEAD = 4
"""Frames that decoding and rendering may run ahead of the next stage: enough to overlap, little memory."""


def swap_clip(task: Task, troupe: Troupe, progress: Progress) -> Swapped:
    """Return what was made of a video; it keeps size, timestamps and sound. An interrupted one is taken up again.

    Raises:
        NothingToDoError: no face for any part. OutputExistsError: the result is there, or is the target itself.
        UnreadableMediaError, NoSpaceError, SealError: reading, writing or sealing failed.
    """
    ending = task.target.suffix.lower()
    destination = task.result(troupe.name, ending if ending in VIDEO_ENDINGS else ".mp4")
    check_output(destination, [task.target], task.force)
    with Recording() as recording:
        survey, info = look_through(task, recording, progress)
        stage = Stage(troupe.renderers(survey.actors))
        with VideoRelease(
            task.target,
            info,
            destination,
            troupe.claim(),
            task.label,
            home=task.home,
            codec=task.codec,
            start_s=task.start_s,
            end_s=task.end_s,
            force=task.force,
            passing=task.passing,
        ) as release:
            began_s = time.monotonic()
            for done, (frame, unmarked) in enumerate(prefetch(_played(task, stage, recording), AHEAD), start=1):
                release.write(unmarked, frame)
                progress(Step(f"rendering {task.target.name}", done, recording.frames))
            released = release.finish()
    spent_s = time.monotonic() - began_s
    tally = stage.tally
    return Swapped(
        released.path,
        troupe.purpose,
        troupe.statement,
        tally.frames,
        tally.swapped,
        tally.held,
        tally.hidden,
        tally.frames / max(spent_s, 1e-6),
        tuple(released.remarks),
    )


def look_through(task: Task, recording: Recording, progress: Progress) -> tuple[Survey, VideoInfo]:
    """Track all frames once: fill the recording and return who is seen."""
    survey, tracker = Survey(), FaceTracker()
    with VideoReader(task.target) as reader:
        total = expected_frames(reader.info, task)
        for frame in prefetch(reader.frames(task.start_s, task.end_s), AHEAD):
            tracked = tracker.step(frame)
            survey.add(as_rgb8(frame.rgb), tracked)
            recording.add(tracked)
            progress(Step(f"following faces in {task.target.name}", recording.frames, total))
        return survey, reader.info


def expected_frames(info: VideoInfo, task: Task) -> int | None:
    """Return about how many frames the wanted part has, None where the file does not say."""
    if info.duration_s is None:
        return info.frame_count if task.start_s is None and task.end_s is None else None
    begin, end = task.start_s or 0, task.end_s if task.end_s is not None else info.duration_s
    return max(1, round((min(end, info.duration_s) - begin) * info.rate))


def _played(task: Task, stage: Stage, recording: Recording) -> Iterator[tuple[Frame, Unmarked]]:
    with VideoReader(task.target) as reader:
        frames = prefetch(reader.frames(task.start_s, task.end_s), AHEAD)
        for frame, tracked in zip(frames, recording.read(), strict=True):
            yield frame, stage.play(frame.rgb, tracked, frame.time_s)
