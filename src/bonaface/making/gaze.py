"""Eyes: they look where the target looks and open as far as the target's do, in the person's own proportions."""

from __future__ import annotations

import numpy as np

from bonaface.making.shape import IRIS, LEFT_EYE, RIGHT_EYE, place_irises
from bonaface.terms.arrays import Floats


def follow_gaze(shape: Floats, seen: Floats) -> Floats:
    """Return the shape (478, 3) with its irises where the target ``seen`` has them, measured along each eye."""
    out = shape.copy()
    for centre, side_a, side_b, outer, inner, _, _ in IRIS:
        theirs, ours = seen[inner] - seen[outer], shape[inner] - shape[outer]
        along = float((seen[centre] - seen[outer])[:2] @ theirs[:2]) / (float(theirs[:2] @ theirs[:2]) + 1e-9)
        old = float((shape[centre] - shape[outer])[:2] @ ours[:2]) / (float(ours[:2] @ ours[:2]) + 1e-9)
        for k in (centre, side_a, side_b):
            out[k] += (along - old) * ours
    return place_irises(out)


def lid_ratio(neutral: Floats, target_neutral: Floats) -> Floats:
    """Return (478, 1): by how much to multiply a target's movements, so that the person's eyes close wholly."""
    out = np.ones((478, 1), np.float32)
    for eye, (_, _, _, _, _, upper, lower) in zip((RIGHT_EYE, LEFT_EYE), IRIS, strict=True):
        ours, theirs = (float(np.linalg.norm(x[upper] - x[lower])) for x in (neutral, target_neutral))
        out[eye] = np.clip(ours / max(theirs, 1e-3), 0.6, 1.7)
    return out
