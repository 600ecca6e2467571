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
_MOST_SHARPENING, _MOST_STRENGTH = 1.6, 3.2
"""What sharpening up to 1.6 cannot give (brush, craquelure, stone) is taken from the target's grain: from 3.2 all."""
_CLIP = 2.0
_GRAIN_FACE_PX = 160.0
"""On faces smaller than this the finest band holds features, which must not be copied; all of it from twice this."""
_AIM = 0.9
"""Of the target's: the rest is noise, which sharpening would only double."""
_SOLID = 0.95
_LEAST_PIXELS = 50
_QUICKNESS = 0.2
_SAMPLES = 4096


def fine_band(luma: Floats) -> Floats:
    """Return what is finer than about 1.5 pixels in (H, W) float32."""
    return cv2.subtract(luma, cv2.GaussianBlur(luma, (0, 0), _BAND_PX))


def match_detail(
    face: Floats, target: Floats, inside: Floats, skin: Floats, strength: float | None, face_px: float
) -> tuple[Floats, float]:
    """Return what to add to the face's luminance (H, W), and the strength to begin with at the next frame.

    Args:
        face: (H, W, 3) float32 0..255 rendered face; target: the frame below it.
        inside: (H, W) 0..1 where the face shows; skin: (H, W) 0..1 where the target's grain may be used.
        face_px: width of the face.
        strength: of the last frame, so that it changes slowly, None at the first; negative softens.
    """
    old, new = (cv2.cvtColor(x, cv2.COLOR_RGB2GRAY) for x in (target, face))
    solid = inside > _SOLID
    count = int(np.count_nonzero(solid))
    if count < _LEAST_PIXELS:
        return np.zeros_like(old), strength or 0.0
    own = fine_band(new)
    share = float(np.clip(face_px / _GRAIN_FACE_PX - 1, 0, 1))
    grain = _grain(old, solid, skin) if share > 0 or (strength or _MOST_STRENGTH) > _MOST_SHARPENING else None
    base = new if grain is None else new + share * grain
    lap_old, lap_own, lap_new = (cv2.Laplacian(x, cv2.CV_32F)[solid] for x in (old, own, base))
    # |lap(new + grain) + s lap(own)|^2 = wanted^2, a quadratic in the sharpening s
    a, b = float(lap_own @ lap_own), 2 * float(lap_own @ lap_new)
    c = float(lap_new @ lap_new) - _AIM**2 * float(lap_old @ lap_old)
    root = b * b - 4 * a * c
    best = (-b + np.sqrt(root)) / (2 * a) if a > 1e-6 and root > 0 else -b / (2 * a + 1e-6)
    best = float(np.clip(best, -0.9, _MOST_STRENGTH))
    strength = best if strength is None else strength + _QUICKNESS * (best - strength)
    fine = own * np.float32(min(strength, _MOST_SHARPENING))
    if grain is None:
        return fine, strength
    missing = max(0.0, (strength - _MOST_SHARPENING) / (_MOST_STRENGTH - _MOST_SHARPENING))
    return fine + np.float32(max(share, missing)) * grain, strength


def _grain(old: Floats, solid: np.ndarray, skin: Floats) -> Floats:
    """Return the target's finest band on skin (H, W), without its edges."""
    grain = fine_band(old)
    usual = np.abs(grain[solid])
    limit = _CLIP * 1.48 * float(np.median(usual[:: max(1, len(usual) // _SAMPLES)])) + 0.5
    return np.asarray(np.clip(grain, -limit, limit) * skin, np.float32)
