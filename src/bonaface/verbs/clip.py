"""Swap into one video: look at all of it, give the parts, render, seal."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field

from bonaface.faces.backward import track_clip
from bonaface.faces.track import FaceTracker
from bonaface.marking.door import VideoRelease
from bonaface.media.ahead import prefetch
from bonaface.media.video import VideoReader
from bonaface.terms.errors import NothingToDoError, UnreadableMediaError
from bonaface.terms.picture import Frame, Unmarked, VideoInfo, as_rgb8
from bonaface.terms.progress import Progress, Step
from bonaface.verbs.anonymity import set_stage, what_still_shows
from bonaface.verbs.recording import Recording
from bonaface.verbs.scene import Survey
from bonaface.verbs.stage import Stage, box_of_mesh
from bonaface.verbs.task import VIDEO_ENDINGS, Swapped, Task
from bonaface.verbs.troupe import Troupe

AHEAD = 4
"""Frames that decoding and rendering may run ahead of the next stage: enough to overlap, little memory."""
WARM_UP = 12
"""Frames rendered again before the first that is needed, so that light and sharpness are those of an unbroken run."""


@dataclass(slots=True, eq=False)
class Look:
    """What the first look at a clip found: the file, who is seen, and sentences on what is wrong with it."""

    info: VideoInfo
    survey: Survey = field(default_factory=Survey)
    remarks: list[str] = field(default_factory=list)


def swap_clip(task: Task, troupe: Troupe, progress: Progress) -> Swapped:
    """Return what was made of a video; it keeps size, timestamps and sound. An interrupted one is taken up again.

    Raises:
        NothingToDoError: no face for any part. OutputExistsError: the result is there, or is the target itself.
        UnreadableMediaError, NoSpaceError, SealError: reading, writing or sealing failed.
    """
    ending = task.target.suffix.lower()
    destination = task.result(troupe.name, ending if ending in VIDEO_ENDINGS else ".mp4")
    with Recording() as recording:
        look = look_through(task, recording, progress)
        actors = look.survey.actors
        stage = set_stage(troupe, actors, (tracked for _, tracked in recording.read()))
        release = VideoRelease(
            task.target,
            look.info,
            destination,
            troupe.claim(),
            task.label,
            home=task.home,
            codec=task.codec,
            start_s=task.start_s,
            end_s=task.end_s,
            force=task.force,
            passing=task.passing,
            expected_faces=[box_of_mesh(points) for track in stage.roles for points in actors[track].points],
            mute=task.mute,
        )
        safe = release.resume_at
        began_s = time.monotonic()
        with release, closing(prefetch(_played(task, stage, recording, safe), AHEAD)) as played:
            for done, (frame, unmarked) in enumerate(played, start=1):
                if unmarked is not None:
                    release.write(unmarked, frame)
                progress(Step(f"rendering {task.target.name}", done, recording.frames))
            released = release.finish(stage.tally.counted(troupe.claim()))
    spent_s = time.monotonic() - began_s
    tally = stage.tally
    remarks = [*look.remarks, *troupe.absent(stage.roles)]
    if task.anonymous:
        remarks.append(what_still_shows(has_sound=look.info.has_sound, mute=task.mute))
    if safe:
        remarks.append(f"{safe} of {tally.frames} frames were taken over from the run that was interrupted.")
    return Swapped(
        released.path,
        troupe.purpose,
        troupe.statement,
        tally.frames,
        tally.swapped,
        tally.held,
        tally.hidden,
        (tally.frames - safe) / max(spent_s, 1e-6),
        (*remarks, *released.remarks),
    )


def look_through(task: Task, recording: Recording, progress: Progress) -> Look:
    """Track all frames once: fill the recording and return what was found.

    Raises:
        NothingToDoError: the wanted part has no frame. UnreadableMediaError: the clip cannot be decoded.
    """
    tracker = FaceTracker()
    with VideoReader(task.target) as reader:
        look, total = Look(reader.info), expected_frames(reader.info, task)
        with closing(prefetch(reader.frames(task.start_s, task.end_s), AHEAD)) as frames:
            for frame, tracked in track_clip(tracker, frames):
                look.survey.add(as_rgb8(frame.rgb), tracked)
                recording.add(tracked, frame.pts)
                seen = recording.frames
                progress(Step(f"following faces in {task.target.name}", seen, total and max(total, seen)))
        look.remarks += reader.remarks
    if recording.frames == 0:
        raise NothingToDoError(f"{task.target} has no frame in the wanted part; choose another (--from, --to).")
    return look


def expected_frames(info: VideoInfo, task: Task) -> int | None:
    """Return about how many frames the wanted part has, None where the file does not say."""
    if info.duration_s is None:
        return info.frame_count if task.start_s is None and task.end_s is None else None
    begin, end = task.start_s or 0, task.end_s if task.end_s is not None else info.duration_s
    return max(1, round((min(end, info.duration_s) - begin) * info.rate))


def _played(task: Task, stage: Stage, recording: Recording, safe: int) -> Iterator[tuple[Frame, Unmarked | None]]:
    """Yield frames with what became of them, None for those that are safe on disk (the first ``safe`` ones)."""
    recorded = recording.read()
    with (
        VideoReader(task.target) as reader,
        closing(prefetch(reader.frames(task.start_s, task.end_s), AHEAD)) as frames,
    ):
        for frame in frames:
            pts, tracked = next(recorded, (None, None))
            if tracked is None or pts != frame.pts:
                raise _differs(task)
            if frame.index < safe - WARM_UP:
                stage.pass_over(tracked, frame.time_s)
                yield frame, None
            else:
                yield frame, stage.play(frame.rgb, tracked, frame.time_s)
    if next(recorded, None) is not None:
        raise _differs(task)


def _differs(task: Task) -> UnreadableMediaError:
    return UnreadableMediaError(
        f"{task.target} gave other frames when it was read a second time; let nothing write to it and run again."
    )
