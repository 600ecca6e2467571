"""Frames with everybody's part played: renders each face that has a part, hides those that were lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

import cv2
import numpy as np

from bonaface.making.render import Renderer
from bonaface.marking.claim import Claim
from bonaface.terms.arrays import Floats, Mask, Rgb
from bonaface.terms.face import TrackedFrame
from bonaface.terms.picture import Unmarked
from bonaface.verbs.hide import hide_face

HOLD_S = Fraction(1, 2)
"""A lost face is rendered where it was for this long, then hidden until it returns."""

Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Role:
    """A track that is played: by whom, in which shots (counted from 1; None: in all), and the number of the part."""

    renderer: Renderer
    shots: frozenset[int] | None = None
    part: int = 0


@dataclass(slots=True)
class Tally:
    """Frames by what was done to them: all, with a swapped face, with a held face, with a hidden face."""

    frames: int = 0
    swapped: int = 0
    held: int = 0
    hidden: int = 0

    def counted(self, claim: Claim) -> Claim:
        """Return the claim with these counts, which the seal then states."""
        return replace(claim, frames=self.frames, swapped=self.swapped, held=self.held, hidden=self.hidden)


@dataclass(frozen=True, slots=True, eq=False)
class _Cue:
    """What one frame asks for: tracks with their meshes, by what is done to them; the farthest first."""

    seen: list[tuple[int, Floats]]
    held: list[tuple[int, Floats]]
    hidden: list[tuple[int, Floats]]


@dataclass(slots=True, eq=False)
class Stage:
    """Plays one clip from front to back.

    ``roles`` by track, for the tracks that have a part; ``hold_s``: for so long a lost face is rendered where it was.
    """

    roles: Mapping[int, Role]
    hold_s: Fraction = HOLD_S
    tally: Tally = field(default_factory=Tally)
    _last: dict[int, tuple[Floats, Fraction]] = field(default_factory=dict)
    _shot: int = 0

    def play(self, rgb: Rgb, tracked: TrackedFrame, time_s: Fraction) -> Unmarked:
        """Return the frame with every part played.

        Args:
            rgb: (H, W, 3) uint8 or uint16; the result has the same depth, and the same values where nothing changed.
            tracked: the faces of just this frame.
            time_s: when it is shown.
        """
        cue = self._follow(tracked, time_s)
        picture = rgb
        changed = np.zeros(rgb.shape[:2], np.uint8)
        boxes: list[Box] = []
        for track, points in (*cue.seen, *cue.held):
            picture, mask = self.roles[track].renderer.render(picture, points, tracked.covers)
            changed |= mask
            boxes.append(box_of(mask, points))
        for _, points in cue.hidden:
            picture, mask = hide_face(picture, points)
            changed |= mask
            boxes.append(box_of(mask, points))
        return Unmarked(picture, changed, tuple(boxes))

    def pass_over(self, tracked: TrackedFrame, time_s: Fraction) -> None:
        """Count a frame and remember its faces without rendering it: it is safe on disk from an earlier run."""
        self._follow(tracked, time_s)

    def _follow(self, tracked: TrackedFrame, time_s: Fraction) -> _Cue:
        if tracked.cut:
            self._shot += 1
            self._last.clear()
            for role in self.roles.values():
                role.renderer.restart()
        seen = [(face.track, face.points) for face in tracked.faces if self._plays(face.track)]
        seen.reverse()  # the largest comes first and lies in front
        for track, points in seen:
            self._last[track] = points, time_s
        missing = [track for track in tracked.lost if self._plays(track) and track in self._last]
        held = [(track, self._last[track][0]) for track in missing if time_s - self._last[track][1] <= self.hold_s]
        hidden = [(track, self._last[track][0]) for track in missing if time_s - self._last[track][1] > self.hold_s]
        self.tally.frames += 1
        self.tally.swapped += bool(seen)
        self.tally.held += bool(held)
        self.tally.hidden += bool(hidden)
        return _Cue(seen, held, hidden)

    def _plays(self, track: int) -> bool:
        role = self.roles.get(track)
        return role is not None and (role.shots is None or self._shot in role.shots)


def box_of(mask: Mask, points: Floats) -> Box:
    """Return x, y, width, height of what was touched, or of the mesh where nothing was."""
    x, y, width, height = cv2.boundingRect(mask)
    return (x, y, width, height) if width else box_of_mesh(points)


def box_of_mesh(points: Floats) -> Box:
    """Return x, y, width, height of a mesh (478, 3) in whole pixels."""
    low, high = np.floor(points[:468, :2].min(0)).astype(int), np.ceil(points[:468, :2].max(0)).astype(int)
    return int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1])
