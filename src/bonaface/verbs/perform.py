"""Perform: a picture's face does what an actor does in a clip; the picture around it stands still."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from scipy.spatial.transform import Rotation

from bonaface.faces.pose import Pose, fit_pose, to_canonical, to_picture
from bonaface.faces.track import FaceTracker
from bonaface.making.gaze import lid_ratio
from bonaface.making.prior import Prior
from bonaface.making.shape import neutral_shape, place_irises
from bonaface.marking.door import VideoRelease
from bonaface.marking.segments import sha256_of
from bonaface.media.image import read_image
from bonaface.terms.arrays import Floats, Rgb8
from bonaface.terms.errors import NothingToDoError
from bonaface.terms.face import Face, TrackedFrame
from bonaface.terms.picture import Frame, as_rgb8
from bonaface.terms.progress import Progress, Step
from bonaface.verbs.anonymity import set_stage
from bonaface.verbs.clip import look_through
from bonaface.verbs.recording import Recording
from bonaface.verbs.scene import Actor, Survey
from bonaface.verbs.stage import Stage, box_of_mesh
from bonaface.verbs.task import Swapped, Task
from bonaface.verbs.troupe import Troupe

_TURN_SHARE, _MOST_TURN_DEG = 0.3, 6.0
"""Of the actor's turn of the head: hair and neck of the picture do not turn along."""
_MOST_PX = 1280
INVENTED = (
    "What the portrait does not show (teeth, the inside of the mouth, closed eyes, the other side) is invented: it is "
    "how such a face might look, not how it looked."
)


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """How the actor's face moves, seen from its own rest; laid onto a face of a picture.

    ``neutral`` (478, 3) canonical, of the actor; ``facing`` (3, 3) the rotation that their head has in the middle.
    """

    prior: Prior
    neutral: Floats
    facing: Floats

    def onto(self, points: Floats, picture_points: Floats, picture_neutral: Floats) -> Floats:
        """Return the mesh (478, 3) of the picture's face as it does what ``points`` (478, 3) of the actor do."""
        pose = fit_pose(points, self.prior.reference)
        moved = place_irises(to_canonical(points, pose)) - self.neutral
        place = fit_pose(picture_points, self.prior.reference)
        rest = to_canonical(picture_points, place)
        turned = Rotation.from_matrix(pose.rotation @ self.facing.T).as_rotvec() * _TURN_SHARE
        most = np.radians(_MOST_TURN_DEG)
        turned *= most * np.tanh(np.linalg.norm(turned) / most) / max(float(np.linalg.norm(turned)), 1e-9)
        rotation = Rotation.from_rotvec(turned).as_matrix() @ place.rotation
        shape = place_irises(rest + moved * lid_ratio(picture_neutral, self.neutral))
        return to_picture(shape, Pose(place.scale, rotation, place.translation))


def perform_picture(task: Task, performer: Path, troupe: Troupe, progress: Progress) -> Swapped:
    """Return a clip of the picture ``task.target`` whose face follows the largest face of the clip ``performer``.

    Size is the picture's (at most 1280 pixels), rate and sound are the performer's.

    Raises:
        NothingToDoError: no face for any part in the picture, or none in the clip. OutputExistsError: the result is
        there. UnreadableMediaError, NoSpaceError, SealError: reading, writing or sealing failed.
    """
    destination = task.result(troupe.name, ".mp4")
    picture = _even(as_rgb8(read_image(task.target).rgb))
    still = FaceTracker(max_faces=64, smooth=False).step(Frame(0, 0, Fraction(0), picture))
    survey = Survey()
    survey.add(picture, still)
    stage = set_stage(troupe, survey.actors)
    acted = replace(task, target=performer)
    with Recording() as recording:
        look = look_through(acted, recording, progress)
        if not look.survey.actors:
            raise NothingToDoError(f"{performer} shows no face that could perform; choose another clip or part.")
        actor = max(look.survey.actors.values(), key=lambda each: max(each.width_px.values()) * len(each.points))
        motion = _motion_of(actor, troupe.prior)
        claim = replace(troupe.claim(), performance_sha256=sha256_of(performer))
        height, width = picture.shape[:2]
        info = replace(look.info, width_px=width, height_px=height, bit_depth=8, transfer="bt709", hdr=False)
        release = VideoRelease(
            task.target,
            info,
            destination,
            claim,
            task.label,
            home=task.home,
            codec=task.codec,
            start_s=task.start_s,
            end_s=task.end_s,
            force=task.force,
            passing=task.passing,
            expected_faces=[box_of_mesh(face.points) for face in still.faces if face.track in stage.roles],
            mute=task.mute,
            performance=performer,
        )
        safe, began_s, seen = release.resume_at, time.monotonic(), Counter[bool]()
        with release:
            for index, (pts, tracked) in enumerate(_acted(recording, actor.track, still, stage, motion, seen)):
                frame = Frame(index, pts, pts * info.time_base, picture)
                unmarked = stage.play(picture, tracked, frame.time_s)
                release.write(unmarked, frame)
                progress(Step(f"rendering {task.target.name}", index + 1, recording.frames))
            released = release.finish(stage.tally.counted(claim))
        spent_s = time.monotonic() - began_s
    tally = stage.tally
    remarks = [*look.remarks, *troupe.absent(stage.roles), INVENTED, *released.remarks]
    if seen[False]:
        remarks.append(f"The performer's face was lost in {seen[False]} frames; the last expression was held.")
    rate = (tally.frames - safe) / max(spent_s, 1e-6)
    return Swapped(
        released.path,
        troupe.purpose,
        troupe.statement,
        tally.frames,
        tally.swapped,
        frames_per_s=rate,
        remarks=tuple(remarks),
    )


def _even(rgb8: Rgb8) -> Rgb8:
    """Return the picture at a size that video codecs take."""
    scale = min(1.0, _MOST_PX / max(rgb8.shape[:2]))
    if scale < 1:
        rgb8 = cv2.resize(rgb8, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(rgb8[: rgb8.shape[0] // 2 * 2, : rgb8.shape[1] // 2 * 2])


def _motion_of(actor: Actor, prior: Prior) -> Motion:
    points, blendshapes = actor.meshes()
    pose = fit_pose(points, prior.reference)
    facing = Rotation.from_matrix(pose.rotation).mean().as_matrix()
    return Motion(prior, neutral_shape(to_canonical(points, pose), blendshapes, prior), facing)


def _acted(
    recording: Recording, track: int, still: TrackedFrame, stage: Stage, motion: Motion, seen: Counter[bool]
) -> Iterator[tuple[int, TrackedFrame]]:
    """Yield for each frame of the performance its timestamp and the picture's faces as they move."""
    faces = {face.track: face for face in still.faces if face.track in stage.roles}
    neutrals = {number: stage.roles[number].renderer.target.neutral for number in faces}
    now: tuple[Face, ...] = tuple(faces.values())
    for index, (pts, tracked) in enumerate(recording.read()):
        acting = next((face.points for face in tracked.faces if face.track == track), None)
        seen[acting is not None] += 1
        if acting is not None:
            moved = {number: motion.onto(acting, face.points, neutrals[number]) for number, face in faces.items()}
            now = tuple(replace(face, points=moved[number]) for number, face in faces.items())
        yield pts, TrackedFrame(index, now, cut=index == 0, covers=still.covers)
