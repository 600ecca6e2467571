"""A person's pictures laid flat: one texture a crop, all in the common layout."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np

from bonaface.faces.pose import fit_pose, head_angles_deg, to_canonical, to_picture
from bonaface.making.layout import Layout
from bonaface.making.prior import Prior
from bonaface.making.shape import neutral_shape, place_irises, ring_offsets, widen
from bonaface.terms.arrays import Floats, Mask, Rgb8
from bonaface.terms.errors import NothingToDoError
from bonaface.terms.progress import Progress, Step, silent

MEMORY_BYTES = 900_000_000
"""Textures held at once; above it, crops are left out evenly."""
SIZES = (128, 256, 512, 1024)
"""Of textures; a person is learned at 256 or more."""
_FACING = 0.2
"""Cosine between a triangle's normal and the view below which a texel counts as unseen."""
_HAIR_LOOKS = 60
_THREADS, _AT_ONCE = 2, 16
_LOOKS = 101
_RIM = 0.12
_ANOTHER_COLOUR = 48
"""Grey levels in one channel; light and expression change the rim by less within one person's pictures."""

HairOf = Callable[[Rgb8, Floats], Mask]
"""Hair mask (H, W) uint8 of a picture, given the mesh points (478, 3)."""


class Material(Protocol):
    """Pictures of one person, as `people.face_set.FaceSet` gives them.

    ``points`` (N, 478, 3) float32 in pixels of the crop; ``blendshapes`` (N, 52); ``crop(i)`` RGB uint8.
    """

    @property
    def points(self) -> Floats: ...  # noqa: D102
    @property
    def blendshapes(self) -> Floats: ...  # noqa: D102
    def crop(self, index: int) -> Rgb8: ...  # noqa: D102


@dataclass(frozen=True, slots=True, eq=False)
class Unwrapped:
    """One row a crop, in the order of the material.

    ``rows`` (N,) their numbers there; ``neutral`` (478, 3); ``displacement`` (N, 478, 3) from it; ``angles_deg`` (N,
    3); ``texels`` (M,) flat indices inside the layout; ``textures`` (N, M, 3) uint8; ``seen`` (N, M) bool; ``hair``
    (size, size) 0..1 share of looks that found hair; ``face_px`` median width of the face.
    """

    layout: Layout
    rows: np.ndarray
    neutral: Floats
    displacement: Floats
    angles_deg: Floats
    texels: np.ndarray
    textures: np.ndarray
    seen: np.ndarray
    hair: Floats
    face_px: float


def texture_size(points: Floats) -> int:
    """Return 256, 512 or 1024: the smallest that loses nothing of faces as large as the larger ones of ``points``."""
    needed = texels_needed(float(np.quantile(np.ptp(points[:, :468, 0], axis=1), 0.8)))
    return next((size for size in SIZES[1:] if size >= needed), SIZES[-1])


def texels_needed(face_px: float) -> float:
    """Return the texels along a side of a layout that show a face of this width at its own resolution."""
    return 1.3 * face_px


def facing(vertices: Floats, layout: Layout) -> Floats:
    """Return (size, size): the cosine of each texel's triangle to the viewer, 1 = straight on."""
    a, b, c = (vertices[layout.triangles[:, k]] for k in range(3))
    normal = np.cross(b - a, c - a)
    return np.asarray((normal[:, 2] / (np.linalg.norm(normal, axis=1) + 1e-9))[layout.triangle], np.float32)


def unwrap_material(material: Material, prior: Prior, hair_of: HairOf, progress: Progress = silent) -> Unwrapped:
    """Lay all pictures of a person flat.

    Raises:
        NothingToDoError: there is no crop to learn from.
    """
    count = len(material.points)
    if count == 0:
        raise NothingToDoError("This person has no usable picture yet; add some with a clear view of the face.")
    layout = prior.layout(texture_size(material.points))
    texels = np.flatnonzero(layout.inside)
    limit = max(40, MEMORY_BYTES // (3 * len(texels)))
    rows = np.unique(np.linspace(0, count - 1, min(count, limit)).astype(int))
    points = material.points[rows]
    pose = fit_pose(points, prior.reference)
    canonical = place_irises(to_canonical(points, pose))
    neutral = neutral_shape(canonical, material.blendshapes[rows], prior)
    meshes = to_picture(widen(canonical, ring_offsets(neutral)), pose)
    textures = np.empty((len(rows), len(texels), 3), np.uint8)
    seen = np.empty((len(rows), len(texels)), bool)
    hair = np.zeros((layout.size, layout.size), np.float32)
    every = max(1, len(rows) // _HAIR_LOOKS)

    def lay_flat(k: int) -> tuple[int, Rgb8]:
        crop = material.crop(int(rows[k]))
        textures[k] = layout.unwrap(crop, meshes[k]).reshape(-1, 3)[texels]
        seen[k] = facing(meshes[k], layout).ravel()[texels] > _FACING
        return k, crop

    with ThreadPoolExecutor(_THREADS) as threads:
        for start in range(0, len(rows), _AT_ONCE):
            for k, crop in threads.map(lay_flat, range(start, min(start + _AT_ONCE, len(rows)))):
                if k % every == 0:
                    hair += layout.unwrap(hair_of(crop, points[k]), meshes[k]) / np.float32(255)
                    progress(Step("unwrapping", k + 1, len(rows), "pictures"))
    _pass_over_background(textures, seen, np.flatnonzero(rim(layout).ravel()[texels]))
    return Unwrapped(
        layout,
        rows,
        neutral,
        canonical - neutral,
        np.asarray(head_angles_deg(pose), np.float32),
        texels,
        textures,
        seen,
        hair / len(range(0, len(rows), every)),
        float(np.median(np.ptp(points[:, :468, 0], axis=1))),
    )


def rim(layout: Layout) -> np.ndarray:
    """Return (size, size) bool: the rings and the outer part of the face, which turn out of sight first."""
    reach = int(layout.size * _RIM) | 1
    return layout.inside & (cv2.erode(layout.face, np.ones((reach, reach), np.uint8)) == 0)


def _pass_over_background(textures: np.ndarray, seen: np.ndarray, doubtful: np.ndarray) -> None:
    """Count ``doubtful`` texels as unseen, in place, in pictures that show another colour there than most do.

    A mesh that lies a pixel beside the silhouette takes the wall behind it for skin.
    """
    some = np.linspace(0, len(textures) - 1, min(_LOOKS, len(textures))).astype(int)
    for start in range(0, len(doubtful), 2048):
        part = doubtful[start : start + 2048]
        usual = np.median(textures[np.ix_(some, part)], axis=0).astype(np.int16)
        for k in range(0, len(textures), 256):
            rows = slice(k, k + 256)
            away = np.abs(textures[rows, part] - usual).max(-1)
            seen[rows, part] &= away < _ANOTHER_COLOUR
