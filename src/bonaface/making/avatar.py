"""The avatar: a person as a neutral 3D shape and a texture that moves with expression, fitted in closed form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np

from bonaface.faces.pose import fit_pose, head_angles_deg, to_canonical, to_picture
from bonaface.making.features import face_features, mouth_features
from bonaface.making.layout import Layout
from bonaface.making.prior import Prior
from bonaface.making.shape import neutral_shape, place_irises, ring_offsets, widen
from bonaface.making.skin import fill_beyond, skin_region
from bonaface.making.texture import Region, quantise, regress
from bonaface.terms.arrays import Floats, Mask, Rgb8
from bonaface.terms.errors import NothingToDoError
from bonaface.terms.progress import Progress, Step, silent

MEMORY_BYTES = 900_000_000
"""Textures held at once while fitting; above it, frames are left out evenly."""
_SIZES = (256, 512, 1024)
_CRISPING = 0.8
_FACE_TEXELS = 180
"""Width of the face in a texture of 256 texels."""
_FACING = 0.2
"""Cosine between a triangle's normal and the view below which a texel counts as unseen."""


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
class Avatar:
    """A person, learned.

    ``neutral`` (478, 3) float32 canonical; ``mean`` (size, size, 3) float32 0..255 mean texture, skin spread beyond
    the person's own region; ``regions`` what moves; ``own`` (size, size) uint8 the person's filmed skin;
    ``filmed_gap`` the widest opening between the inner lips that was filmed, canonical units; ``sharp_px`` the width
    of the face in the material, median, pixels.
    """

    neutral: Floats
    mean: Floats
    regions: tuple[Region, ...]
    own: Mask
    filmed_gap: float
    face_px: float

    @property
    def size(self) -> int:
        """Texels along one side of the texture."""
        return int(self.mean.shape[0])


HairOf = Callable[[Rgb8, Floats], Mask]
"""Hair mask (H, W) uint8 of a picture, given the mesh points (478, 3)."""


def texture_size(points: Floats) -> int:
    """Return 256, 512 or 1024: the smallest that loses nothing of faces as large as the larger ones of ``points``."""
    width = float(np.quantile(np.ptp(points[:, :468, 0], axis=1), 0.8))
    return next((size for size in _SIZES if size >= 1.3 * width), _SIZES[-1])


def inner_gap(shape: Floats) -> Floats:
    """Distance between the middles of the inner lips of (..., 478, 3)."""
    return np.asarray(np.linalg.norm(shape[..., 13, :] - shape[..., 14, :], axis=-1), np.float32)


def facing(vertices: Floats, layout: Layout) -> Floats:
    """Return (size, size): the cosine of each texel's triangle to the viewer, 1 = straight on."""
    a, b, c = (vertices[layout.triangles[:, k]] for k in range(3))
    normal = np.cross(b - a, c - a)
    cosine = np.abs(normal[:, 2]) * np.sign(normal[:, 2]) / (np.linalg.norm(normal, axis=1) + 1e-9)
    return np.asarray(cosine[layout.triangle], np.float32)


def fit(material: Material, prior: Prior, hair_of: HairOf, progress: Progress = silent) -> Avatar:
    """Learn a person in closed form.

    Raises:
        NothingToDoError: there is no crop to learn from.
    """
    count = len(material.points)
    if count == 0:
        raise NothingToDoError("This person has no usable picture yet; add some with a clear view of the face.")
    size = texture_size(material.points)
    layout = prior.layout(size)
    texels = np.flatnonzero(layout.inside)
    limit = max(40, MEMORY_BYTES // (3 * len(texels)))
    chosen = np.unique(np.linspace(0, count - 1, min(count, limit)).astype(int))
    points, blendshapes = material.points[chosen], material.blendshapes[chosen]
    pose = fit_pose(points, prior.reference)
    canonical = place_irises(to_canonical(points, pose))
    neutral = neutral_shape(canonical, blendshapes, prior)
    angles = head_angles_deg(pose)
    meshes = to_picture(widen(canonical, ring_offsets(neutral)), pose)
    textures = np.empty((len(chosen), len(texels), 3), np.uint8)
    seen = np.empty((len(chosen), len(texels)), bool)
    hair = np.zeros((size, size), np.float32)
    looked = 0
    every = max(1, len(chosen) // 60)
    for k, index in enumerate(chosen):
        crop = material.crop(int(index))
        textures[k] = layout.unwrap(crop, meshes[k]).reshape(-1, 3)[texels]
        seen[k] = facing(meshes[k], layout).ravel()[texels] > _FACING
        if k % every == 0:
            hair += layout.unwrap(hair_of(crop, points[k]), meshes[k]) / 255.0
            looked += 1
            progress(Step("unwrapping", k + 1, len(chosen)))
    visible = seen.sum(0)
    mean = np.zeros((size * size, 3), np.float32)
    mean[texels] = _mean(textures, seen, visible)
    own = skin_region(mean.reshape(size, size, 3), hair / looked, layout)
    displacement = canonical - neutral
    regions = []
    for features, share in _plan(displacement, angles, prior, layout):
        inside = np.flatnonzero((share > 0.01) & layout.inside)
        where = np.searchsorted(texels, inside)
        encoded = features.encode(displacement, angles)
        weights = regress(encoded, textures[:, where], seen[:, where], mean[inside])
        weights *= np.repeat(_soft(own).ravel()[inside], 3)
        regions.append(Region(features, inside.astype(np.int32), share.ravel()[inside], *quantise(weights)))
        progress(Step("fitting", len(regions), 2, "regions"))
    width = float(np.median(np.ptp(points[:, :468, 0], axis=1)))
    filled = _crisp(mean.reshape(size, size, 3), width * 256 / size)
    filled = fill_beyond(filled, own, layout)
    gap = float(np.quantile(inner_gap(canonical), 0.98))
    return Avatar(neutral, filled, tuple(regions), own, gap, width)


def _mean(textures: np.ndarray, seen: np.ndarray, visible: np.ndarray) -> Floats:
    """Mean over the frames in which a texel was seen; over all frames where it hardly ever was."""
    out = np.empty(textures.shape[1:], np.float32)
    for start in range(0, textures.shape[1], 8192):
        part = slice(start, start + 8192)
        block = textures[:, part].astype(np.float32)
        weighed = (block * seen[:, part, None]).sum(0) / np.maximum(visible[part], 1)[:, None]
        out[part] = np.where((visible[part] > 3)[:, None], weighed, block.mean(0))
    return out


def _crisp(mean: Floats, texels_px: float) -> Floats:
    """Undo a part of the blur that pixels and the jitter of the mesh leave in a mean over many frames."""
    sigma = float(np.clip(_FACE_TEXELS / max(texels_px, 1.0), 0.8, 2.5))
    return np.asarray(mean + _CRISPING * (mean - cv2.GaussianBlur(mean, (0, 0), sigma)), np.float32)


def _soft(mask: Mask) -> Floats:
    return cv2.GaussianBlur(mask, (0, 0), mask.shape[0] / 128).astype(np.float32) / 255


def _plan(displacement: Floats, angles: Floats, prior: Prior, layout: Layout):  # type: ignore[no-untyped-def]
    """Yield features and share (size, size) of each region: the mouth by its own movements, all else by the codes."""
    reach = int(layout.size * 0.045) * 2 + 1
    mouth = cv2.dilate(layout.lips, np.ones((reach, reach), np.uint8))
    mouth_share = cv2.GaussianBlur(mouth, (0, 0), layout.size / 64).astype(np.float32) / 255
    yield face_features(displacement, angles, prior.codes), 1 - mouth_share
    yield mouth_features(displacement, angles), mouth_share
