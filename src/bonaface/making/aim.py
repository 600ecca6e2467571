"""Where the eyes aim, found by reading back what is rendered.

How far an iris is seen to move depends on the person's lids and lashes, on the target's and on the light. So a few
looks at the target are rendered, their irises read by the same network that read the target's, and what is missing is
slid. The network tells where irises stand; it judges neither likeness nor whether a picture is real.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bonaface.faces.mesh import PRESENCE, FaceMesh, region_of_points
from bonaface.making.gaze import Aim, along_eyes
from bonaface.making.render import Renderer
from bonaface.making.shape import IRIS
from bonaface.terms.arrays import Doubles, Floats, Rgb8

_LOOKS = 10
_ROUNDS = 3
_SMALLEST_PX = 60.0
"""Width of a face below which an iris is three pixels."""
_SEEN = 0.55
"""Share of a slide that the network sees, on six people's real frames and on rendered ones: .5 to .65."""
_OPEN = 0.5
_USUAL = 0.03
"""Deviation of gaze, in widths of the eye, up to which more than the mean movement is not told from noise."""
_STEEPEST = 1.2


def find_aim(renderer: Renderer, looks: Sequence[tuple[Rgb8, Floats]], mesh: FaceMesh) -> Aim:
    """Return by how much the irises have to be slid, the best of a few rounds; none on faces too small to tell.

    Args:
        renderer: of the person on the target; its aim is replaced.
        looks: pictures (H, W, 3) of the target with the mesh (478, 3) of the face.
        mesh: reads the pictures.
    """
    renderer.aim = best = Aim()
    if renderer.target.face_px < _SMALLEST_PX:
        return best
    looks = [looks[k] for k in np.unique(np.linspace(0, len(looks) - 1, min(len(looks), _LOOKS)).astype(int))]
    read = [_read(mesh, rgb8, points) for rgb8, points in looks]
    widest = max((_opening(theirs) for theirs in read if theirs is not None), default=0.0)
    told = [
        (rgb8, points, along_eyes(theirs))
        for (rgb8, points), theirs in zip(looks, read, strict=True)
        if theirs is not None and _opening(theirs) > _OPEN * widest
    ]
    least = np.inf
    for _ in range(_ROUNDS):
        missing, seen = [], []
        for rgb8, points, theirs in told:
            renderer.restart()
            ours = _read(mesh, np.asarray(renderer.render(rgb8, points)[0], np.uint8), points)
            if ours is not None:
                missing.append(theirs - along_eyes(ours))
                seen.append(along_eyes(points))
        if not missing:
            break
        off = float(np.abs(missing).mean())
        if off < least:
            least, best = off, renderer.aim
        renderer.aim = _corrected(renderer.aim, np.stack(missing), np.stack(seen))
    renderer.aim = best
    renderer.restart()
    return best


def _corrected(aim: Aim, missing: Doubles, seen: Doubles) -> Aim:
    """Return the aim after one more step; ``missing`` and ``seen`` are (N, 2)."""
    middle = seen.mean(0)
    away, wanted = seen - middle, missing / _SEEN
    steeper = (away * wanted).sum(0) / ((away**2).sum(0) + len(seen) * _USUAL**2)
    slope = np.clip(aim.slope + steeper, 0, _STEEPEST)
    offset = aim.offset + aim.slope * (middle - aim.middle) + np.median(wanted, axis=0)
    return Aim(offset, slope, middle)


def _read(mesh: FaceMesh, rgb8: Rgb8, points: Floats) -> Floats | None:
    """Return the mesh (478, 3) of a face known to be about ``points``, or None where none is seen."""
    presence = 0.0
    for _ in range(2):
        points, presence = mesh.read(rgb8, region_of_points(points))
    return points if presence >= PRESENCE else None


def _opening(points: Floats) -> float:
    """Return how far the eyes are open, in widths of the eye."""
    lids = [np.linalg.norm(points[upper, :2] - points[lower, :2]) for *_, upper, lower in IRIS]
    widths = [np.linalg.norm(points[inner, :2] - points[outer, :2]) for _, _, _, outer, inner, _, _ in IRIS]
    return float(np.sum(lids) / max(float(np.sum(widths)), 1e-6))
