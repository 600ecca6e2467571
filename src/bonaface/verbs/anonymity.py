"""Anonymity: a face lent to a witness covers them in every frame, and every frame is looked at before it leaves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

import cv2
import numpy as np

from bonaface.faces.detect import FaceDetector, overlap
from bonaface.faces.embed import Embedder
from bonaface.terms.arrays import Floats, Mask, Rgb, Rgb8
from bonaface.terms.errors import RefusedError
from bonaface.terms.face import Face, TrackedFrame
from bonaface.terms.picture import Unmarked, as_rgb8
from bonaface.verbs.hide import hide_head
from bonaface.verbs.scene import Actor
from bonaface.verbs.stage import Stage, box_of_mesh
from bonaface.verbs.troupe import Troupe

PURPOSE = "anonymise"
STRANGERS_MATCH = 0.363
"""SFace cosine that one in a thousand pairs of strangers reaches: `scripts/measure_threshold.py`, on 1,400 people."""
STILL_SHOWS = (
    "What still shows who it is: hair, ears, body and clothes, gait and gestures, the place, and the voice, which is "
    "not changed ({sound})."
)
_SAME_FACE = 0.3
"""Share of the smaller box that a find and a mesh have in common, if they are one face."""
_COVERS = (9, 4, 1)
"""Blocks across a head that is hidden: each is tried where the one before it can still be told."""
_GALLERY = 24

Gaps = Mapping[int, list[Floats]]


@dataclass(slots=True, eq=False)
class AnonymousStage(Stage):
    """A stage on which nobody who is played may be seen or told.

    ``witnesses`` (N, 128): identities of those who are covered; ``gaps`` by frame: meshes (478, 3) where a covered face
    was between two sightings.
    """

    witnesses: Floats = field(default_factory=lambda: np.zeros((0, 128), np.float32))
    gaps: Gaps = field(default_factory=dict)
    detector: FaceDetector = field(default_factory=FaceDetector)
    embedder: Embedder = field(default_factory=Embedder)

    def play(self, rgb: Rgb, tracked: TrackedFrame, time_s: Fraction) -> Unmarked:
        """Return the frame as `Stage.play` does, with all hidden that it could not cover or that can still be told.

        Raises:
            RefusedError: a face can be told under every cover; the sentence names the frame.
        """
        hidden_before = self.tally.hidden
        unmarked = Stage.play(self, rgb, tracked, time_s)
        original = as_rgb8(rgb)
        covered = [face for face in tracked.faces if self._plays(face.track)]
        # Faces without a part are somebody else's; every other find is taken for a witness's.
        others = [_box(face.points) for face in tracked.faces if not self._plays(face.track)]
        known = [_box(face.points) for face in covered] + others
        places = [_box(points) for points in self.gaps.get(tracked.index, [])]
        places += [_box(self._last[track][0]) for track in tracked.lost if self._plays(track) and track in self._last]
        for found in self.detector.find(original, tilted_finely=False):
            if not any(_same(found.box_xywh_px, box) for box in known):
                places.append(found.box_xywh_px)
        for box in places:
            unmarked = _hidden(unmarked, box, _COVERS[0])
        hides = bool(places)
        for face in covered:
            unmarked, hid = self._untold(unmarked, original, face, tracked.index, time_s)
            hides |= hid
        for box in places:
            unmarked = self._unfound(unmarked, box, tracked.index, time_s)
        self.tally.hidden += hides and self.tally.hidden == hidden_before
        return unmarked

    def _untold(
        self, unmarked: Unmarked, original: Rgb8, face: Face, index: int, time_s: Fraction
    ) -> tuple[Unmarked, bool]:
        """Return the frame with a played face hidden if it can be told, and whether it was."""
        was = self.embedder.embed(original, face.points)
        against = np.concatenate([self.witnesses, was[None]])
        for blocks in (0, *_COVERS):
            if blocks:
                unmarked = _hidden(unmarked, _box(face.points), blocks)
            now = self.embedder.embed(as_rgb8(unmarked.rgb), face.points)
            if float((against @ now).max()) < STRANGERS_MATCH:
                return unmarked, blocks > 0
        raise _told(index, time_s)

    def _unfound(self, unmarked: Unmarked, box: Floats, index: int, time_s: Fraction) -> Unmarked:
        """Return the frame with a hidden head hidden more, until no face that is found there is a witness's."""
        for blocks in (*_COVERS[1:], None):
            part, corner = _around(as_rgb8(unmarked.rgb), box)
            finds = self.detector.find_quickly(part) if min(part.shape[:2]) >= 8 else []
            told = [
                float((self.witnesses @ self.embedder.embed(part, found.points_xy_px)).max(initial=-1.0))
                for found in finds
                if _same(found.box_xywh_px + np.array([*corner, 0, 0], np.float32), box)
            ]
            if max(told, default=-1.0) < STRANGERS_MATCH:
                return unmarked
            if blocks is not None:
                unmarked = _hidden(unmarked, box, blocks)
        raise _told(index, time_s)


def set_stage(troupe: Troupe, actors: Mapping[int, Actor], recorded: Iterable[TrackedFrame] = ()) -> Stage:
    """Return the stage for a target: an anonymous one where faces are lent to witnesses.

    ``recorded`` are the frames of a clip as they were tracked, read only where they are needed.

    Raises:
        NothingToDoError: no face for any part.
    """
    roles = troupe.roles(actors)
    if troupe.purpose != PURPOSE:
        return Stage(roles)
    looks = [look for track in roles for look in actors[track].looks(_GALLERY)]
    faces = [troupe.embedder.embed(look.crop, look.points) for look in looks]
    means = [actors[track].embedding(troupe.embedder.embed) for track in roles]
    return AnonymousStage(
        roles, Fraction(0), witnesses=np.stack(faces + means), gaps=find_gaps(recorded, roles), embedder=troupe.embedder
    )


def find_gaps(recorded: Iterable[TrackedFrame], tracks: Iterable[int]) -> Gaps:
    """Return by frame the meshes (478, 3), mixed of both, of tracks missing between two sightings of a shot."""
    gaps: dict[int, list[Floats]] = {}
    wanted = set(tracks)
    last: dict[int, tuple[int, Floats]] = {}
    for tracked in recorded:
        if tracked.cut:
            last.clear()
        for face in tracked.faces:
            if face.track not in wanted:
                continue
            if face.track in last:
                before, points = last[face.track]
                for index in range(before + 1, tracked.index):
                    share = np.float32((index - before) / (tracked.index - before))
                    gaps.setdefault(index, []).append(points + share * (face.points - points))
            last[face.track] = tracked.index, face.points
    return gaps


def what_still_shows(*, has_sound: bool, mute: bool) -> str:
    """Return the sentence on what an anonymised result still tells of a witness."""
    sound = "there is no sound" if not has_sound else "it was left out" if mute else "--mute leaves it out"
    return STILL_SHOWS.format(sound=sound)


def _told(index: int, time_s: Fraction) -> RefusedError:
    return RefusedError(
        f"Frame {index} at {float(time_s):.2f} s still shows who the witness is, under every cover; nothing was "
        "released: leave that part out (--from, --to)."
    )


def _hidden(unmarked: Unmarked, box: Floats, blocks: int) -> Unmarked:
    rgb, mask = hide_head(unmarked.rgb, box, blocks)
    changed: Mask = mask if unmarked.changed is None else cv2.max(unmarked.changed, mask)
    x, y, wide, high = (round(float(v)) for v in box)
    return replace(
        unmarked, rgb=rgb, changed=changed, face_boxes_xywh_px=(*unmarked.face_boxes_xywh_px, (x, y, wide, high))
    )


def _box(points: Floats) -> Floats:
    return np.array(box_of_mesh(points), np.float32)


def _same(box: Floats, other: Floats) -> bool:
    return overlap(box, other)[1] > _SAME_FACE


def _around(rgb8: Rgb8, box: Floats) -> tuple[Rgb8, tuple[int, int]]:
    """Return the surroundings of a box, twice its size, and their upper left corner."""
    left, top = (max(0, int(box[k] - box[k + 2] / 2)) for k in (0, 1))
    right, bottom = (int(box[k] + 1.5 * box[k + 2]) + 1 for k in (0, 1))
    return np.ascontiguousarray(rgb8[top:bottom, left:right]), (left, top)
