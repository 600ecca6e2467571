"""A layout of the benchmark's own, on which faces are laid flat so that a texel is the same spot in every frame.

It is the canonical face's texture map and never changes with the avatar's, so that flicker stays comparable.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.spatial import Delaunay

from bonaface.faces.pose import CanonicalFace
from bonaface.terms.arrays import Floats, Mask, Rgb8

SIZE = 256


@dataclass(frozen=True, slots=True, eq=False)
class FlatFace:
    """``corner`` (S, S, 3) vertex numbers around each texel, ``weight`` (S, S, 3) their shares, ``mask`` (S, S)."""

    corner: np.ndarray
    weight: Floats
    mask: Mask

    def unwrap(self, frame: Rgb8, points: Floats) -> Rgb8:
        """Return (S, S, 3): the frame as seen through the mesh (478, 2 or 3)."""
        where = (points[self.corner, :2] * self.weight[..., None]).sum(2).astype(np.float32)
        flat: Rgb8 = cv2.remap(frame, where[..., 0], where[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return flat


def flat_face(canonical: CanonicalFace, size: int = SIZE) -> FlatFace:
    """Return the layout at a resolution; eyes and the mouth's slit are covered as well."""
    corners = canonical.uv.astype(np.float64) * (size - 1)
    mesh = Delaunay(corners)
    rows, columns = np.mgrid[:size, :size]
    texels = np.column_stack([columns.ravel(), rows.ravel()]).astype(np.float64)
    number = mesh.find_simplex(texels)
    inside = number >= 0
    affine = mesh.transform[np.maximum(number, 0)]
    two = np.einsum("nij,nj->ni", affine[:, :2], texels - affine[:, 2])
    weight = np.column_stack([two, 1 - two.sum(1)]).astype(np.float32)
    weight[~inside] = (1, 0, 0)
    corner = mesh.simplices[np.maximum(number, 0)].astype(np.int32)
    return FlatFace(
        corner.reshape(size, size, 3), weight.reshape(size, size, 3), inside.reshape(size, size).astype(np.uint8) * 255
    )
