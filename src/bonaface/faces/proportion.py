"""Proportions that tell drawn characters from people."""

from __future__ import annotations

import numpy as np

from bonaface.faces.pose import fit_pose, to_canonical
from bonaface.terms.arrays import Floats

LARGEST_IRIS = 0.101
"""Of the face's width. Irises of grown people are 11 to 13 mm wide, median .08; characters of animated films begin at
.103. Small children have nearly the same irises in a smaller face: of 1,324 faces (press photographs, generated
portraits, paintings) five lie above, a toddler at .110, three children and one woman up to .108. No share of the iris
tells these from a drawing, so whoever uses this lets a picture of the face overrule it."""
_RIMS = ((469, 471), (470, 472), (474, 476), (475, 477))
_SIDES = (234, 454)


def iris_share(points: Floats, reference: Floats) -> float:
    """Return the width of the irises over the width of the face, the median of several looks.

    Args:
        points: (N, 478, 3) meshes of one face. reference: (478, 3) the canonical face, by which heads are turned back.
    """
    upright = to_canonical(points, fit_pose(points, reference))
    rims = [np.linalg.norm((upright[:, a] - upright[:, b])[:, :2], axis=-1) for a, b in _RIMS]
    width = np.linalg.norm(upright[:, _SIDES[0]] - upright[:, _SIDES[1]], axis=-1)
    return float(np.median(np.mean(rims, axis=0) / width))
