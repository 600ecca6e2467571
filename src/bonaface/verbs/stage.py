"""Frames with everybody's part played: renders each face that has a part, hides those that were lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from bonaface.making.render import Renderer
from bonaface.terms.arrays import Floats, Mask, Rgb, Rgb8
from bonaface.terms.face import TrackedFrame
from bonaface.terms.picture import Unmarked, as_rgb8
from bonaface.verbs.hide import hide_face

HOLD_S = Fraction(1, 2)
"""A lost face is rendered where it was for this long, then hidden until it returns."""

Box = tuple[int, int, int, int]


@dataclass(slots=True)
class Tally:
    """Frames by what was done to them: all, with a swapped face, with a held face, with a hidden face."""

    frames: int = 0
    swapped: int = 0
    held: int = 0
    hidden: int = 0


@dataclass(slots=True, eq=False)
class Stage:
    """Plays one clip from front to back; ``renderers`` by track, for the tracks that have a part."""

    renderers: Mapping[int, Renderer]
    tally: Tally = field(default_factory=Tally)
    _last: dict[int, tuple[Floats, Fraction]] = field(default_factory=dict)

    def play(self, rgb: Rgb, tracked: TrackedFrame, time_s: Fraction) -> Unmarked:
        """Return the frame with every part played.

        Args:
            rgb: (H, W, 3) uint8 or uint16; the result has the same depth, and the same values where nothing changed.
            tracked: the faces of just this frame.
            time_s: when it is shown.
        """
        if tracked.cut:
            self._last.clear()
            for renderer in self.renderers.values():
                renderer.restart()
        picture = as_rgb8(rgb)
        changed = np.zeros(picture.shape[:2], np.uint8)
        boxes: list[Box] = []
        seen = [(face.track, face.points) for face in tracked.faces if face.track in self.renderers]
        for track, points in reversed(seen):  # the largest comes first and lies in front
            picture, mask = self.renderers[track].render(picture, points, tracked.covers)
            changed |= mask
            boxes.append(box_of(mask, points))
            self._last[track] = points, time_s
        held, hidden = self._lost(tracked, time_s)
        for track in held:
            picture, mask = self.renderers[track].render(picture, self._last[track][0], tracked.covers)
            changed |= mask
            boxes.append(box_of(mask, self._last[track][0]))
        for track in hidden:
            picture, mask = hide_face(picture, self._last[track][0])
            changed |= mask
            boxes.append(box_of(mask, self._last[track][0]))
        self._count(bool(seen), bool(held), bool(hidden))
        return Unmarked(with_depth_of(rgb, picture, changed), changed, tuple(boxes))

    def _lost(self, tracked: TrackedFrame, time_s: Fraction) -> tuple[list[int], list[int]]:
        missing = [track for track in tracked.lost if track in self.renderers and track in self._last]
        fresh = [track for track in missing if time_s - self._last[track][1] <= HOLD_S]
        return fresh, [track for track in missing if track not in fresh]

    def _count(self, swapped: bool, held: bool, hidden: bool) -> None:
        self.tally.frames += 1
        self.tally.swapped += swapped
        self.tally.held += held
        self.tally.hidden += hidden


def box_of(mask: Mask, points: Floats) -> Box:
    """Return x, y, width, height of what was touched, or of the mesh where nothing was."""
    columns, rows = np.flatnonzero(mask.any(0)), np.flatnonzero(mask.any(1))
    if len(columns) == 0:
        low, high = np.floor(points[:468, :2].min(0)).astype(int), np.ceil(points[:468, :2].max(0)).astype(int)
        return int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1])
    return int(columns[0]), int(rows[0]), int(columns[-1] - columns[0] + 1), int(rows[-1] - rows[0] + 1)


def with_depth_of(original: Rgb, rendered: Rgb8, changed: Mask) -> Rgb:
    """Return the rendered picture in the depth of the original, whose values stay where nothing changed."""
    if original.dtype == np.uint8:
        return rendered
    out = original.copy()
    touched = changed > 0
    out[touched] = rendered[touched].astype(np.uint16) * 257
    return out
