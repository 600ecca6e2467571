"""Hair, and other things before a face, by a small network of our own (see ``models/hair.md``)."""

from __future__ import annotations

import cv2
import numpy as np
import onnxruntime

from bonaface.faces.mesh import region_of_points
from bonaface.faces.region import crop_region
from bonaface.models import model_path
from bonaface.terms.arrays import Doubles, Floats, Mask, Rgb8

GROWTH = 2.2
"""Side of the square that the network sees, over the larger side of the mesh: temples, ears and crown lie inside."""

_MODEL = "hair.onnx"
_CROP_PX = 192


class HairFinder:
    """Finds hair and covers around one face. An instance belongs to one thread."""

    def __init__(self, *, num_threads: int = 1) -> None:
        """Load the network.

        Raises:
            MissingPartError: the model file is missing.
        """
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = num_threads
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            str(model_path(_MODEL)), options, providers=["CPUExecutionProvider"]
        )

    def mask(self, rgb8: Rgb8, points: Floats) -> Mask:
        """Return the hair of the person with this mesh.

        Args:
            rgb8: (H, W, 3) picture.
            points: (478, 2 or 3) mesh in picture pixels.

        Returns:
            (H, W) uint8, 0 = no hair, 255 = hair, soft at the edge; 0 outside a square of 2.2 times the mesh's side.
        """
        return self.masks(rgb8, points)[0]

    def masks(self, rgb8: Rgb8, points: Floats) -> tuple[Mask, Mask]:
        """Return hair as `mask` does, and what else is before the face: hands, cups, microphones, brushes.

        Glasses, beards, paint and jewels count as face.
        """
        seen, back = self.look(rgb8, points)
        return to_picture(seen, back, (rgb8.shape[0], rgb8.shape[1]))

    def look(self, rgb8: Rgb8, points: Floats) -> tuple[Floats, Doubles]:
        """Return both masks as the network sees them, and the way back to the picture.

        Returns:
            (192, 192, 2) float32 0..1, hair and cover, in an upright square around the face; and (2, 3) float64 as
            `crop_region` gives it.
        """
        crop, back = crop_region(rgb8, region_of_points(points, GROWTH), _CROP_PX)
        return self._session.run(None, {"rgb8": crop[None]})[0][0], back


def to_picture(seen: Floats, back: Doubles, hw: tuple[int, int]) -> tuple[Mask, Mask]:
    """Return hair and cover, (H, W) uint8 each, from what `HairFinder.look` returned."""
    values = np.round(seen * 255).astype(np.uint8)
    corners = np.array([[x, y, 1] for x in (0, _CROP_PX - 1) for y in (0, _CROP_PX - 1)]) @ back.T
    left, top = np.clip(np.floor(corners.min(0)), 0, (hw[1], hw[0])).astype(int)
    right, bottom = np.clip(np.ceil(corners.max(0)) + 1, 0, (hw[1], hw[0])).astype(int)
    hair, cover = np.zeros(hw, np.uint8), np.zeros(hw, np.uint8)
    if left < right and top < bottom:
        into = back.copy()
        into[:, 2] -= (left, top)
        part = cv2.warpAffine(values, into, (int(right - left), int(bottom - top)), flags=cv2.INTER_LINEAR)
        hair[top:bottom, left:right], cover[top:bottom, left:right] = part[..., 0], part[..., 1]
    return hair, cover
