"""Swap into one picture."""

from __future__ import annotations

from fractions import Fraction

from bonaface.faces.track import FaceTracker
from bonaface.marking.door import release_image
from bonaface.media.image import in_srgb, read_image
from bonaface.terms.picture import Frame, as_rgb8
from bonaface.terms.progress import Progress, Step
from bonaface.verbs.anonymity import set_stage, what_still_shows
from bonaface.verbs.scene import Survey
from bonaface.verbs.task import Swapped, Task
from bonaface.verbs.troupe import Troupe


def swap_still(task: Task, troupe: Troupe, progress: Progress) -> Swapped:
    """Return what was made of a picture; it keeps its size, type, colour profile and transparency.

    Raises:
        NothingToDoError: no face for any part. OutputExistsError: the result is there, or is the target itself.
        UnreadableMediaError, NoSpaceError, SealError: reading, writing or sealing failed.
    """
    destination = task.result(troupe.name, task.target.suffix)
    picture = in_srgb(read_image(task.target)) if task.anonymous else read_image(task.target)
    progress(Step(task.target.name, 0, 3, "steps", "finding faces"))
    tracked = FaceTracker(max_faces=64, smooth=False).step(Frame(0, 0, Fraction(0), picture.rgb))
    survey = Survey()
    survey.add(as_rgb8(picture.rgb), tracked)
    stage = set_stage(troupe, survey.actors)
    progress(Step(task.target.name, 1, 3, "steps", "rendering"))
    unmarked = stage.play(picture.rgb, tracked, Fraction(0))
    progress(Step(task.target.name, 2, 3, "steps", "sealing"))
    released = release_image(
        unmarked,
        picture,
        destination,
        troupe.claim(),
        task.label,
        home=task.home,
        force=task.force,
        passing=task.passing,
    )
    progress(Step(task.target.name, 3, 3, "steps", "done"))
    remarks = (*picture.remarks, *troupe.absent(stage.roles), *released.remarks)
    if task.anonymous:
        remarks = (*remarks, what_still_shows(has_sound=False, mute=task.mute))
    return Swapped(released.path, troupe.purpose, troupe.statement, remarks=remarks)
