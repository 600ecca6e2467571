"""Textures of faces brought to one plain light, left and right put together: a part of `build_texture_prior.py`."""

from __future__ import annotations

import cv2
import numpy as np

from bonaface.making.layout import Layout
from bonaface.making.light import vertex_normals
from bonaface.making.people_prior import SIZE, to_planes
from bonaface.making.prior import Prior
from bonaface.making.shape import ring_offsets, widen
from bonaface.terms.arrays import Floats

HALF = SIZE // 2


def without_light(faces: dict[str, np.ndarray], prior: Prior, layout: Layout) -> tuple[np.ndarray, np.ndarray]:
    """Return symmetric planes (N, 256, 128, 3) in a plain light, and how far each texel was seen (N, 256, 128)."""
    planes = np.stack([to_planes(texture.astype(np.float32)) for texture in faces["texture"]])
    seen = np.stack([_seen(faces, k, layout) for k in range(len(planes))])
    total = np.maximum(seen.sum(0), 1e-3)[..., None]
    mean = sum(p * s[..., None] for p, s in zip(planes, seen, strict=True)) / total
    mean = (mean + mean[:, ::-1]) / 2
    shape = widen(prior.reference, ring_offsets(prior.reference))
    shading = harmonics(layout.spread(vertex_normals(shape, layout.triangles)))
    v, u = np.mgrid[0:SIZE, 0:SIZE] * (2 / (SIZE - 1)) - 1
    place = np.stack([np.ones_like(u), u, v, u * u, u * v, v * v], -1)
    features = cv2.dilate(cv2.max(layout.eyes, layout.lips), np.ones((7, 7), np.uint8)) > 0
    picked = np.zeros((SIZE, SIZE), bool)
    picked[::3, ::3] = True
    picked &= layout.inside & ~features
    core = cv2.erode(layout.face, np.ones((31, 31), np.uint8)) > 0
    halves = np.empty((len(planes), SIZE, HALF, 3), np.float32)
    weights = np.empty((len(planes), SIZE, HALF), np.float32)
    for k, own in enumerate(planes):
        at = picked & (seen[k] > 0.2)
        apart, trust = (own - mean)[at], seen[k][at].astype(np.float64)
        lit = shading @ robust(shading[at], apart[:, :1], 0.25, trust)[:, 0]
        tint = place @ robust(place[at], apart[:, 1:], 6.0, trust)
        bright, hue = np.median(apart[core[at], 0]), np.median(apart[:, 1:], axis=0)
        plain = own - np.dstack([lit, tint])
        plain += np.concatenate([[0.55 * np.clip(bright, -0.9, 0.9)], 0.5 * np.clip(hue, -14, 14)])
        odd = cv2.GaussianBlur((plain - mean)[..., 0], (0, 0), 3)
        near = seen[k] / (1 + (odd / 0.25) ** 2)
        both = np.maximum(near + near[:, ::-1], 1e-4)[..., None]
        halves[k] = ((plain * near[..., None] + (plain * near[..., None])[:, ::-1]) / both)[:, :HALF]
        weights[k] = np.maximum(near, near[:, ::-1])[:, :HALF]
    unseen = weights < 0.02
    halves[unseen] = np.broadcast_to(mean[:, :HALF], halves.shape)[unseen]
    return halves, weights


def _seen(faces: dict[str, np.ndarray], k: int, layout: Layout) -> Floats:
    luma = cv2.cvtColor(faces["texture"][k], cv2.COLOR_RGB2YCrCb)[..., 0]
    free = (cv2.dilate(faces["hair"][k], np.ones((9, 9), np.uint8)) < 60) & (faces["cover"][k] < 80)
    seen = (free & (faces["facing"][k] > 70) & (luma > 14) & (luma < 250) & layout.inside).astype(np.float32)
    straight = 0.3 + 0.7 * np.clip(faces["facing"][k] / 200, 0, 1)
    return np.asarray(cv2.GaussianBlur(seen, (0, 0), 2) * seen * straight, np.float32)


def harmonics(normals: Floats) -> Floats:
    """Return (..., 9): spherical harmonics up to the second order of unit normals."""
    x, y, z = (normals[..., k] for k in range(3))
    return np.stack([np.ones_like(x), x, y, z, x * y, x * z, y * z, x * x - y * y, 3 * z * z - 1], -1)


def robust(basis: np.ndarray, wanted: np.ndarray, width: float, trust: np.ndarray) -> np.ndarray:
    """Return coefficients (F, K) of a regression that gives far-off samples little weight (Cauchy), by reweighting."""
    hold = np.diag([1e-3] + [len(basis) * 0.02] * (basis.shape[1] - 1))
    weight = trust
    for _ in range(6):
        weighed = basis * weight[:, None]
        found = np.linalg.solve(weighed.T @ basis + hold, weighed.T @ wanted)
        weight = trust / (1 + (((wanted - basis @ found) / width) ** 2).sum(1))
    return np.asarray(found)
