"""Sharpness and grain: the rendered face gets the fine structure that its new surroundings have.

What is finer than about 1.5 pixels carries no identity, but its absence shows as a smooth patch. Skin takes over the
target's own finest band (film grain, brush, craquelure), limited so that edges do not come along; features are
sharpened or softened until the energy of the Laplacian is that of the target.
"""

from __future__ import annotations

import cv2
import numpy as np

from bonaface.terms.arrays import Floats

_BAND_PX = 1.5
_MOST_SHARPENING = 1.6
_CLIP = 2.0
_GRAIN_FACE_PX = 160.0
"""On faces smaller than this the finest band holds features, which must not be copied; all of it from twice this."""


def laplacian_energy(luma: Floats, weight: Floats) -> float:
    """Return the root of the mean squared Laplacian where ``weight`` (H, W) 0..1 says."""
    response = cv2.Laplacian(luma, cv2.CV_32F)
    return float(np.sqrt((response**2 * weight).sum() / max(float(weight.sum()), 1e-6)))


def fine_band(luma: Floats) -> Floats:
    """Return what is finer than about 1.5 pixels in (H, W) float32."""
    return np.asarray(luma - cv2.GaussianBlur(luma, (0, 0), _BAND_PX), np.float32)


def match_detail(
    face: Floats, target: Floats, inside: Floats, skin: Floats, strength: float, face_px: float
) -> tuple[Floats, float]:
    """Return the face with matched detail and the strength to begin with at the next frame.

    Args:
        face: (H, W, 3) float32 0..255 rendered face; target: the frame below it.
        inside: (H, W) 0..1 where the face shows; skin: (H, W) 0..1 where the target's grain may be used.
        face_px: width of the face.
        strength: sharpening of the last frame, so that it changes slowly; negative softens.
    """
    weights = np.array([0.299, 0.587, 0.114], np.float32)
    old, new = target @ weights, face @ weights
    solid = (inside > 0.95).astype(np.float32)
    if solid.sum() < 50:
        return face, strength
    grain = fine_band(old)
    limit = _CLIP * 1.48 * float(np.median(np.abs(grain[solid > 0]))) + 0.5
    grain = np.clip(grain, -limit, limit) * skin * float(np.clip(face_px / _GRAIN_FACE_PX - 1, 0, 1))
    own = fine_band(new)
    wanted = laplacian_energy(old, solid)
    lap_new, lap_own, lap_grain = (cv2.Laplacian(x, cv2.CV_32F)[solid > 0] for x in (new, own, grain))
    # |lap(new) + s lap(own) + lap(grain)|^2 = wanted^2, a quadratic in the sharpening s
    base = lap_new + lap_grain
    a, b, c = float(lap_own @ lap_own), 2 * float(lap_own @ base), float(base @ base) - wanted**2 * len(base)
    root = b * b - 4 * a * c
    best = (-b + np.sqrt(root)) / (2 * a) if a > 1e-6 and root > 0 else -b / (2 * a + 1e-6)
    strength += 0.2 * (float(np.clip(best, -0.9, _MOST_SHARPENING)) - strength)
    return face + (grain + strength * own)[..., None], strength
