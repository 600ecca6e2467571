"""Light: the person's texture in the luminance and the colours of the target.

Luminance by one gain that is a first-order function of the surface normals (Lambert under one distant light and sky,
Basri and Jacobs 2003), robustly fitted; colour by one scale and one shift for both chroma planes. A finer gain would
copy the target's features along with its light.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numba as nb
import numpy as np

from bonaface.making.layout import Layout
from bonaface.terms.arrays import Floats

_OFFSET = 0.03
_LIMIT = 1.2
_CONTRAST = 0.6
"""Power of the overall gain by which contrast within the face falls where the target is darker. A camera exposes for
the face: with 1, who was filmed in bright light looks flat in a dim room; with 0, shading would not follow the light.
"""
_CHROMA_GAIN, _CHROMA_MOST = 1.3, 1.05
"""Colours within a face (lips, cheeks) pale only where the target's are clearly paler; a dim room's always are."""
_ROUNDS = 5
_HOLD = 0.08


@dataclass(frozen=True, slots=True, eq=False)
class Light:
    """How to bring a texture into the target's light.

    ``gain`` (3,): log luminance = gain[0] + gain[1] * nx + gain[2] * ny. Colour, with Cr and Cb of -.5 to .5: the
    person's times ``scale`` plus a polynomial of second degree in the layout's u and v with coefficients ``tint``
    (6, 2): lamps of different colours from different sides, which normals alone do not tell apart. ``middle`` is the
    mean luminance of the person's skin, 0..255, about which contrast is kept.
    """

    gain: Floats
    scale: float
    tint: Floats
    middle: float

    def towards(self, newer: Light, share: float) -> Light:
        """Return the mixture of both, ``share`` of the newer: light smoothed over time."""
        mix = [a + share * (b - a) for a, b in zip((self.gain, self.tint), (newer.gain, newer.tint), strict=True)]
        scale, middle = (a + share * (b - a) for a, b in ((self.scale, newer.scale), (self.middle, newer.middle)))
        return Light(mix[0], scale, mix[1], middle)


def vertex_normals(vertices: Floats, triangles: np.ndarray) -> Floats:
    """Return unit normals (V, 3) of a mesh; z is negative towards the viewer."""
    a, b, c = (vertices[triangles[:, k]] for k in range(3))
    flat = np.cross(b - a, c - a)
    out = np.zeros_like(vertices)
    for k in range(3):
        for axis in range(3):
            out[:, axis] += np.bincount(triangles[:, k], flat[:, axis], len(vertices))
    return np.asarray(out / (np.linalg.norm(out, axis=1, keepdims=True) + 1e-9), np.float32)


def fit_light(texture: Floats, target: Floats, weight: Floats, normals: Floats) -> Light:
    """Find the light of the target from two small textures of the same face positions.

    Args:
        texture: (s, s, 3) float32 0..255, the person's; target: the same of the target.
        weight: (s, s) 0..1, where both show skin.
        normals: (s, s, 3).
    """
    own, other = (
        cv2.cvtColor(np.clip(x / 255, 0, 1.5).astype(np.float32), cv2.COLOR_RGB2YCrCb) for x in (texture, target)
    )
    blur = texture.shape[0] / 64
    smooth = [cv2.GaussianBlur(x[..., 0], (0, 0), blur) + _OFFSET for x in (own, other)]
    keep = weight > 0.5
    if keep.sum() < 16:
        return Light(np.zeros(3, np.float32), 1.0, np.zeros((6, 2), np.float32), 127.0)
    basis = np.column_stack([np.ones(int(keep.sum())), normals[keep][:, :2]])
    ratio = np.log(smooth[1][keep] / smooth[0][keep])
    gain = _robust(basis, ratio[:, None], 0.15)[:, 0]
    gain[0] += np.median(ratio - basis @ gain)
    share = (weight[keep] / weight[keep].sum())[:, None]
    chroma = [x[keep][:, 1:] - 0.5 for x in (own, other)]
    middle = [(x * share).sum(0) for x in chroma]
    spread = [float((((x - m) ** 2) * share).sum()) for x, m in zip(chroma, middle, strict=True)]
    scale = min(_CHROMA_MOST, _CHROMA_GAIN * float(np.sqrt(spread[1] / max(spread[0], 1e-9))))
    rows, columns = np.nonzero(keep)
    place = _polynomial(np.stack([columns, rows], 1) / texture.shape[0])
    tint = _robust(place, chroma[1] - scale * chroma[0], 0.02)
    middle_luma = 255 * float((own[..., 0][keep] * share[:, 0]).sum())
    return Light(gain.astype(np.float32), scale, tint.astype(np.float32), middle_luma)


def _polynomial(uv: np.ndarray) -> Floats:
    """Return (N, 6): 1, u, v, u u, u v and v v of positions (N, 2) in 0..1, from the middle."""
    u, v = (uv[:, 0] - 0.5) * 2, (uv[:, 1] - 0.5) * 2
    return np.stack([np.ones_like(u), u, v, u * u, u * v, v * v], 1).astype(np.float32)


def _robust(basis: np.ndarray, wanted: np.ndarray, width: float) -> np.ndarray:
    """Coefficients (F, K) of a regression that gives far-off samples little weight (Cauchy), by reweighting."""
    hold = np.diag([1e-3] + [len(basis) * _HOLD] * (basis.shape[1] - 1))
    trust = np.ones(len(basis))
    for _ in range(_ROUNDS):
        weighed = basis * trust[:, None]
        found = np.linalg.solve(weighed.T @ basis + hold, weighed.T @ wanted)
        trust = 1 / (1 + (((wanted - basis @ found) / width) ** 2).sum(1))
    return np.asarray(found)


def relight(texture: Floats, light: Light, vertices: Floats, layout: Layout) -> Floats:
    """Return the texture (size, size, 3) float32 0..255 as it looks in that light."""
    normals = vertex_normals(vertices, layout.triangles)[:, :2]
    tint = _polynomial(layout.uv / layout.size) @ light.tint
    per_vertex = np.column_stack([light.gain[0] + normals @ light.gain[1:], tint])
    out = np.empty_like(texture)
    contrast = np.float32(np.exp((_CONTRAST - 1) * np.clip(light.gain[0], -_LIMIT, 0)))
    _relight(texture, layout.spread(per_vertex), np.float32(light.scale), np.float32(light.middle), contrast, out)
    return out


@nb.njit(cache=True, fastmath=True, nogil=True)
def _relight(texture, light, scale, middle, contrast, out):  # type: ignore[no-untyped-def]  # numba compiles it
    # YCrCb of OpenCV on floats: Y = .299 R + .587 G + .114 B; Cr = .713 (R - Y); Cb = .564 (B - Y).
    offset = np.float32(255 * _OFFSET)
    for y in range(texture.shape[0]):
        for x in range(texture.shape[1]):
            r, g, b = texture[y, x, 0], texture[y, x, 1], texture[y, x, 2]
            luma = np.float32(0.299) * r + np.float32(0.587) * g + np.float32(0.114) * b
            cr = (r - luma) * (np.float32(0.713) * scale) + np.float32(255) * light[y, x, 1]
            cb = (b - luma) * (np.float32(0.564) * scale) + np.float32(255) * light[y, x, 2]
            gain = np.exp(min(max(light[y, x, 0], np.float32(-_LIMIT)), np.float32(_LIMIT)))
            lit = (middle + offset) * (
                (max(luma, np.float32(0)) + offset) / (middle + offset)
            ) ** contrast * gain - offset
            out[y, x, 0] = lit + np.float32(1.403) * cr
            out[y, x, 1] = lit - np.float32(0.714) * cr - np.float32(0.344) * cb
            out[y, x, 2] = lit + np.float32(1.773) * cb
