"""How light the skin of a face looks: the individual typology angle of its cheeks."""

from __future__ import annotations

import cv2
import numpy as np

from bonaface.terms.arrays import Rgb8

UNKNOWN = "not known"
TONES = ("light", "intermediate", "tan", "brown", "dark")
_BORDERS_DEG = (41.0, 28.0, 10.0, -30.0)
_CHEEKS = ((0.22, 0.50), (0.78, 0.50))
"""Middles of both cheeks in shares of the crop, below the eyes and beside the nose."""
_REACH = 0.06


def skin_ita_deg(crop: Rgb8) -> float:
    """Return the individual typology angle in degrees of a crop made by `checking.crop.face_crop`; nan without a tone.

    ITA = arctan((L - 50) / b) * 180 / pi, L and b (CIELAB, D65) the medians over both cheeks (Chardon, Cretois and
    Hourseau, "Skin colour typology and suntanning pathways", 1991). Where b is not above 0 the light was not white and
    the angle means nothing.
    """
    lab = cv2.cvtColor(crop.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    side = crop.shape[0]
    patches = []
    for x, y in _CHEEKS:
        left, top, right, bottom = (round(side * v) for v in (x - _REACH, y - _REACH, x + _REACH, y + _REACH))
        patches.append(lab[top:bottom, left:right].reshape(-1, 3))
    lightness, _, yellow = np.median(np.concatenate(patches), axis=0)
    if yellow <= 0:
        return float("nan")
    return float(np.degrees(np.arctan((lightness - 50) / yellow)))


def tone_of(ita_deg: float) -> str:
    """Return the class of an angle (Del Bino and others 2006, the two lightest as one); "not known" for nan."""
    if not np.isfinite(ita_deg):
        return UNKNOWN
    return TONES[sum(ita_deg <= border for border in _BORDERS_DEG)]
