"""One face's run through a clip: where it is, how it looks, and how its points are steadied."""

from __future__ import annotations

import numpy as np

from bonaface.faces.likeness import Likeness
from bonaface.faces.smooth import OneEuro
from bonaface.terms.arrays import Floats
from bonaface.terms.face import Face

_OUT_OF_PICTURE = 0.15  # share of the face's width beyond the border from which it has left
_AHEAD = 3.0  # frames that motion is continued for the same question


class Run:
    """Mutable: belongs to one tracker."""

    def __init__(self, track: int) -> None:
        """Begin a run that has not been seen yet."""
        self.track = track
        self.likeness = Likeness()
        self.points: Floats = np.zeros((478, 3), np.float32)
        self.presence, self.lost_at_s, self.side_px, self.frames = 0.0, 0.0, 1.0, 0
        self.motion_xy_px: Floats = np.zeros(2, np.float32)
        self._before: Floats = self.points
        self._filter = OneEuro()

    def begin(self, points: Floats, presence: float) -> None:
        """Start, or start again after a loss or a cut: nothing is smoothed across it."""
        self._filter.reset()
        self.points = points
        self.move(points, presence)

    def move(self, points: Floats, presence: float) -> None:
        """Take the mesh of the next frame."""
        self.frames += 1
        self._before, self.points, self.presence = self.points, points, presence
        self.motion_xy_px = (points[:, :2].mean(0) - self._before[:, :2].mean(0)).astype(np.float32)
        self.side_px = float(np.ptp(points[:, :2], axis=0).max())

    def lose(self, time_s: float) -> None:
        """Note since when the face is missing."""
        self.lost_at_s = time_s

    def step_back(self) -> None:
        """Take back the last mesh: it was another face's."""
        self.points = self._before

    def distance(self, points: Floats) -> float:
        """Return how far a mesh lies from the last one, centre to centre, in sides of the face."""
        return float(np.linalg.norm(points[:, :2].mean(0) - self.points[:, :2].mean(0))) / max(self.side_px, 1.0)

    def smoothed(self, time_s: float) -> Floats:
        """Return the steadied points of this frame."""
        return self._filter.step(self.points, time_s, self.side_px)

    def exchange(self, other: Run) -> None:
        """Swap places with another run: names and likenesses stay, faces go over."""
        self.points, other.points = other.points, self.points
        self.presence, other.presence = other.presence, self.presence
        self.side_px, other.side_px = other.side_px, self.side_px
        self.motion_xy_px, other.motion_xy_px = other.motion_xy_px, self.motion_xy_px
        self._filter, other._filter = other._filter, self._filter

    def face(self, points: Floats, blendshapes: Floats | None) -> Face:
        """Return the face of this frame with these points; blendshapes are zero where there are none."""
        none = np.zeros(52, np.float32)
        return Face(points, none if blendshapes is None else blendshapes, self.presence, self.track)


def box_of(points: Floats) -> Floats:
    """Return x, y, width, height (4,) of a mesh."""
    low, high = points[:, :2].min(0), points[:, :2].max(0)
    return np.concatenate([low, high - low])


def has_left(run: Run, hw: tuple[int, ...]) -> bool:
    """Tell whether the face, moving on as it did, is out of the picture."""
    box = box_of(run.points)
    low = box[:2] + _AHEAD * run.motion_xy_px
    high = low + box[2:]
    beyond = np.maximum(-low, high - (hw[1], hw[0])) / np.maximum(box[2:], 1)
    return bool((beyond > _OUT_OF_PICTURE).any())
