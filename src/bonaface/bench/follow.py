"""The meshes of a clip's frames, for measuring: of each frame by itself, where the face is known to be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bonaface.faces.mesh import PRESENCE, FaceMesh, region_of_points
from bonaface.terms.arrays import Floats, Rgb8

_LOOKS = 2


@dataclass(frozen=True, slots=True, eq=False)
class Meshes:
    """``points`` (N, 478, 3) float32 in pixels, ``blendshapes`` (N, 52), ``seen`` (N,) bool: a face was there."""

    points: Floats
    blendshapes: Floats
    seen: np.ndarray

    def at(self, where: np.ndarray) -> Meshes:
        """Return the frames that ``where`` (indices or bool) chooses."""
        return Meshes(self.points[where], self.blendshapes[where], self.seen[where])


def read_meshes(mesh: FaceMesh, frames: Sequence[Rgb8], start: Floats) -> Meshes:
    """Return the mesh of each frame by itself, not smoothed.

    ``start`` (N, 478, 3) says where the target's face is; the region is refined once. The swap and the target are
    read alike, from the same start.
    """
    points, blendshapes, seen = [], [], []
    for frame, known in zip(frames, start, strict=True):
        found, presence = known, 0.0
        for _ in range(_LOOKS):
            found, presence = mesh.read(frame, region_of_points(found))
        points.append(found)
        blendshapes.append(mesh.blendshapes(found))
        seen.append(presence >= PRESENCE)
    return Meshes(np.stack(points).astype(np.float32), np.stack(blendshapes), np.array(seen, bool))
