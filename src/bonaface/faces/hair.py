"""Hair, glasses and other things before a face, by a small network of our own (see ``models/hair.md``)."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np

from bonaface.faces.glasses import below_eyes, spare_eyes, wears
from bonaface.faces.mesh import region_of_points
from bonaface.faces.network import onnx_session
from bonaface.faces.region import crop_region
from bonaface.terms.arrays import Doubles, Floats, Mask, Rgb8

GROWTH = 2.2
"""Side of the square that the network sees, over the larger side of the mesh: temples, ears and crown lie inside."""

_NEARER = 1.7
_MODEL = "hair.onnx"
_CROP_PX = 192
_SHARE = _NEARER / GROWTH
_INTO = np.array([[_SHARE, 0, (1 - _SHARE) * (_CROP_PX - 1) / 2], [0, _SHARE, (1 - _SHARE) * (_CROP_PX - 1) / 2]])
_HINT = 0.45  # of a cover in the first look, from which the second one is believed wholly
_DOUBT, _SURE = 0.6, 0.3  # covers count from the first on, wholly from both together: a false one leaves a hole


class HairFinder:
    """Finds hair, covers and glasses around one face. An instance belongs to one thread."""

    def __init__(self, *, num_threads: int = 1) -> None:
        """Load the network.

        Raises:
            MissingPartError: the model file is missing.
        """
        self._session = onnx_session(_MODEL, num_threads=num_threads)

    def mask(self, rgb8: Rgb8, points: Floats) -> Mask:
        """Return the hair of the person with this mesh.

        Args:
            rgb8: (H, W, 3) picture.
            points: (478, 2 or 3) mesh in picture pixels.

        Returns:
            (H, W) uint8, 0 = no hair, 255 = hair, soft at the edge; 0 outside a square of 2.2 times the mesh's side.
        """
        return to_picture(*self.look(rgb8, points, closely=False), (rgb8.shape[0], rgb8.shape[1]))[0]

    def wears(self, looks: Iterable[tuple[Rgb8, Floats]]) -> bool:
        """Tell from pictures of one person, with the mesh in each, whether they wear glasses."""
        seen = ((self.look(rgb8, points), points) for rgb8, points in looks)
        return wears([below_eyes(masks[..., 2], _in_crop(points, back)) for (masks, back), points in seen])

    def masks(self, rgb8: Rgb8, points: Floats) -> tuple[Mask, Mask, Mask]:
        """Return hair as `mask` does, what else is before the face (hands, cups, microphones, brushes), and glasses.

        Beards, paint and jewels count as face, and so does what is seen through a lens.
        """
        return to_picture(*self.look(rgb8, points), (rgb8.shape[0], rgb8.shape[1]))

    def look(self, rgb8: Rgb8, points: Floats, *, closely: bool = True) -> tuple[Floats, Doubles]:
        """Return all masks as the network sees them, and the way back to the picture.

        ``closely``: look a second time, from nearer, for what is before the face; pens and wires are thinner than a
        pixel of the network.

        Returns:
            (192, 192, 3) float32 0..1, hair, cover and glasses, in an upright square around the face; and (2, 3)
            float64 as `crop_region` gives it.
        """
        seen, back = self._run(rgb8, points, GROWTH)
        if closely:
            near = cv2.warpAffine(self._run(rgb8, points, _NEARER)[0], _INTO, (_CROP_PX, _CROP_PX))
            # Without anything around it, a nose in hard shadow looks like a thing.
            near[..., 1] = np.minimum(near[..., 1], seen[..., 1] / _HINT)
            seen[..., 1:] = np.maximum(seen[..., 1:], near[..., 1:])
        seen[..., 1] = np.clip((seen[..., 1] - _DOUBT) / _SURE, 0, 1)
        spare_eyes(seen[..., 2], _in_crop(points, back))
        return seen, back

    def _run(self, rgb8: Rgb8, points: Floats, growth: float) -> tuple[Floats, Doubles]:
        crop, back = crop_region(rgb8, region_of_points(points, growth), _CROP_PX)
        return self._session.run(None, {"rgb8": crop[None]})[0][0], back


def _in_crop(points: Floats, back: Doubles) -> Floats:
    return np.asarray((points[:, :2] - back[:, 2]) @ np.linalg.inv(back[:, :2]).T, np.float32)


def to_picture(seen: Floats, back: Doubles, hw: tuple[int, int]) -> tuple[Mask, Mask, Mask]:
    """Return hair, cover and glasses, (H, W) uint8 each, from what `HairFinder.look` returned."""
    values = np.round(seen * 255).astype(np.uint8)
    corners = np.array([[x, y, 1] for x in (0, _CROP_PX - 1) for y in (0, _CROP_PX - 1)]) @ back.T
    left, top = np.clip(np.floor(corners.min(0)), 0, (hw[1], hw[0])).astype(int)
    right, bottom = np.clip(np.ceil(corners.max(0)) + 1, 0, (hw[1], hw[0])).astype(int)
    hair, cover, glasses = (np.zeros(hw, np.uint8) for _ in range(3))
    if left < right and top < bottom:
        into = back.copy()
        into[:, 2] -= (left, top)
        part = cv2.warpAffine(values, into, (int(right - left), int(bottom - top)), flags=cv2.INTER_LINEAR)
        for k, mask in enumerate((hair, cover, glasses)):
            mask[top:bottom, left:right] = part[..., k]
    return hair, cover, glasses
