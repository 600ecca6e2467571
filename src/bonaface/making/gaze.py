"""Eyes: they look where the target looks and open as far as the target's do, in the person's own proportions.

Vertices carry an iris only in the middle of the eye, since the lids hold it above and below; moved by them alone it is
sheared and stays behind. So the rest of the way it is slid between the lids as the disc that it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from bonaface.making.layout import Layout
from bonaface.making.raster import sample
from bonaface.making.shape import IRIS, LEFT_EYE, RIGHT_EYE, place_irises
from bonaface.terms.arrays import Doubles, Floats

_RADIUS = 0.23
"""Of what is slid as a whole, in widths of the eye: the iris and its rim; the white on both sides is squeezed."""
_EDGE = 0.02
_FARTHEST = 0.2
_LEAST = 0.002


def along_eyes(points: Floats) -> Doubles:
    """Return (..., 2): where each iris of (..., 478, 3) stands, 0 at the outer corner of its eye and 1 at the inner."""
    flat = points[..., :2].astype(np.float64)
    stands = []
    for centre, _, _, outer, inner, _, _ in IRIS:
        width = flat[..., inner, :] - flat[..., outer, :]
        length2 = (width**2).sum(-1) + 1e-9
        stands.append(((flat[..., centre, :] - flat[..., outer, :]) * width).sum(-1) / length2)
    return np.stack(stands, -1)


def follow_gaze(shape: Floats, seen: Floats) -> Floats:
    """Return the shape (478, 3) with its irises where the target ``seen`` has them, measured along each eye."""
    out = shape.copy()
    for (centre, side_a, side_b, outer, inner, _, _), by in zip(
        IRIS, along_eyes(seen) - along_eyes(shape), strict=True
    ):
        for k in (centre, side_a, side_b):
            out[k] += np.float32(by) * (shape[inner] - shape[outer])
    return place_irises(out)


def lid_ratio(neutral: Floats, target_neutral: Floats) -> Floats:
    """Return (478, 1): by how much to multiply a target's movements, so that the person's eyes close wholly."""
    out = np.ones((478, 1), np.float32)
    for eye, (_, _, _, _, _, upper, lower) in zip((RIGHT_EYE, LEFT_EYE), IRIS, strict=True):
        ours, theirs = (float(np.linalg.norm(x[upper] - x[lower])) for x in (neutral, target_neutral))
        out[eye] = np.clip(ours / max(theirs, 1e-3), 0.6, 1.7)
    return out


@dataclass(frozen=True, slots=True, eq=False)
class Aim:
    """By how much the irises have to be slid beyond what vertices do, each eye by itself, in widths of the eye.

    ``offset`` (2,), and ``slope`` (2,) for each step of the target's irises (see `along_eyes`) from ``middle`` (2,).
    """

    offset: Doubles = field(default_factory=lambda: np.zeros(2))
    slope: Doubles = field(default_factory=lambda: np.zeros(2))
    middle: Doubles = field(default_factory=lambda: np.zeros(2))

    def by(self, points: Floats) -> Doubles:
        """Return the shares (2,) of the eyes' widths for the target's mesh (478, 3), positive towards the nose."""
        return np.clip(self.offset + self.slope * (along_eyes(points) - self.middle), -_FARTHEST, _FARTHEST)


class Irises:
    """The two eyes of a layout, in textures of which the irises can be slid."""

    def __init__(self, layout: Layout) -> None:
        """Find where the eyes lie."""
        self._eyes = [_Eye.of(layout, which) for which in (0, 1)]

    def slide(self, texture: Floats, by: Doubles) -> None:
        """Move the irises of a texture (size, size, 3) by ``by`` (2,) widths of the eye, in place."""
        for eye, share in zip(self._eyes, by, strict=True):
            if abs(share) > _LEAST:
                eye.slide(texture, float(share))


@dataclass(frozen=True, slots=True, eq=False)
class _Eye:
    """One eye: its ``window``, the texels' places ``xy`` (h, w, 2) and ``along`` (h, w) from the outer corner to the
    inner one at ``across`` (2,) texels from it, the iris ``here``, and what lies ``between`` (h, w, 1) the lids, 0..1.
    """

    window: tuple[slice, slice]
    xy: Floats
    along: Floats
    across: Floats
    here: float
    between: Floats

    @classmethod
    def of(cls, layout: Layout, which: int) -> _Eye:
        centre, _, _, outer, inner, _, _ = IRIS[which]
        lids = cv2.GaussianBlur(layout.polygon((RIGHT_EYE, LEFT_EYE)[which]), (0, 0), max(0.5, layout.size / 512))
        rows, columns = np.flatnonzero(lids.any(1)), np.flatnonzero(lids.any(0))
        window = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
        xy = np.stack(
            np.meshgrid(columns[0] + np.arange(np.ptp(columns) + 1), rows[0] + np.arange(np.ptp(rows) + 1)), -1
        )
        across = layout.uv[inner] - layout.uv[outer]
        length2 = float(across @ across)
        along = ((xy - layout.uv[outer]) @ across / length2).astype(np.float32)
        here = float((layout.uv[centre] - layout.uv[outer]) @ across) / length2
        return cls(window, xy.astype(np.float32), along, across, here, lids[window].astype(np.float32)[..., None] / 255)

    def slide(self, texture: Floats, by: float) -> None:
        first, last = max(self.here + by - _RADIUS, _EDGE), min(self.here + by + _RADIUS, 1 - _EDGE)
        source = np.interp(self.along, [0, first, last, 1], [0, first - by, last - by, 1]).astype(np.float32)
        moved = sample(texture, self.xy + (source - self.along)[..., None] * self.across, cv2.INTER_CUBIC)
        texture[self.window] += self.between * (moved - texture[self.window])
