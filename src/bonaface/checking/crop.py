"""What the learned examiner looks at: the face, upright, from the brows' roots to the chin."""

from __future__ import annotations

import cv2
import numpy as np

from bonaface.faces.embed import fit_similarity, five_points
from bonaface.faces.region import Region, crop_region
from bonaface.terms.arrays import Doubles, Floats, Rgb8

SIDE_PX = 192
TEMPLATE = np.array([[0.3075, 0.2681], [0.7094, 0.2681], [0.5057, 0.5171], [0.3535, 0.7374], [0.6636, 0.7374]])
"""Where right eye, left eye, nose tip, right and left mouth corner lie, in shares of the side: the mean over the faces
that the network was trained on."""


def region_of_face(points: Floats) -> Region:
    """Return the square to look at, in picture pixels.

    Args:
        points: the five points (5, 2) of a `Detection`, or a mesh (478, 2 or 3), in picture pixels.
    """
    turn = fit_similarity(five_points(points), TEMPLATE)
    scale = float(np.hypot(turn[0, 0], turn[1, 0]))
    centre: Doubles = np.linalg.solve(turn[:, :2], np.array([0.5, 0.5]) - turn[:, 2]).astype(np.float64)
    return Region(centre, 1 / max(scale, 1e-6), float(-np.arctan2(turn[1, 0], turn[0, 0])))


def face_crop(rgb8: Rgb8, points: Floats, size_px: int = SIDE_PX) -> tuple[Rgb8, Doubles]:
    """Return the face (size_px, size_px, 3), mirrored beyond the picture's edge, and the way back.

    The second value (2, 3) maps (x, y, 1) of the crop's pixels to the picture's.
    """
    return crop_region(rgb8, region_of_face(points), size_px, cv2.BORDER_REFLECT_101)
