"""What has to be known of a target's face before the person is put there: its neutral, its skin, its resolution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from bonaface.faces.pose import fit_pose, to_canonical, to_picture
from bonaface.making.prior import Prior
from bonaface.making.shape import neutral_shape, place_irises, ring_offsets, widen
from bonaface.making.skin import SKIN, skin_likeness, without_hanging
from bonaface.making.unwrapped import HairOf, facing
from bonaface.terms.arrays import Floats, Rgb8

SIZE = 256
_HAIR = 0.6


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """A face to be replaced, known from some of its frames.

    ``neutral`` (478, 3) canonical; ``rings`` (2, 36, 3) its ring offsets; ``alpha`` (256, 256) float32 0..1 where the
    target has skin that is to be covered; ``skin`` (256, 256) float32 0..1 where its colours are those of skin;
    ``face_px`` the width of the face in its larger frames.
    """

    neutral: Floats
    rings: Floats
    alpha: Floats
    skin: Floats
    face_px: float


def study(
    samples: Sequence[tuple[Rgb8, Floats]], points: Floats, blendshapes: Floats, prior: Prior, hair_of: HairOf
) -> Target:
    """Look at a target.

    Args:
        samples: pictures of the target with the mesh (478, 3) of its face, a few dozen are enough.
        points: (N, 478, 3) meshes of all frames at hand; blendshapes: (N, 52).
        prior: knowledge about people.
        hair_of: finds hair in a picture.
    """
    layout = prior.layout(SIZE)
    canonical = to_canonical(points, fit_pose(points, prior.reference))
    neutral = neutral_shape(canonical, blendshapes, prior)
    rings = ring_offsets(neutral)
    skin, hair, seen = (np.full((SIZE, SIZE), 1e-3, np.float32) for _ in range(3))
    for rgb, mesh in samples:
        pose = fit_pose(mesh, prior.reference)
        vertices = to_picture(widen(place_irises(to_canonical(mesh, pose)), rings), pose)
        visible = (facing(vertices, layout) > 0.2).astype(np.float32)
        texture = layout.unwrap(rgb, vertices).astype(np.float32)
        skin += skin_likeness(texture, layout) * visible
        hair += layout.unwrap(hair_of(rgb, mesh), vertices) / 255.0 * visible
        seen += visible
    skin, hair = cv2.GaussianBlur(skin / seen, (0, 0), 2), hair / seen
    region = without_hanging((skin < SKIN) | (hair > _HAIR), layout, _square)
    # Within the outline all that is no hair is covered: hair is found anew in each frame.
    oval = cv2.erode(layout.face, _square(5)) * (hair < _HAIR).astype(np.uint8)
    alpha = cv2.GaussianBlur(cv2.bitwise_or(region, oval), (0, 0), 2).astype(np.float32) / 255
    core = (cv2.erode(region, _square(9)) > 0).astype(np.float32) * np.clip(skin * 2, 0, 1)
    core[(layout.lips > 0) | (layout.eyes > 0)] = 0
    width = float(np.quantile(np.ptp(points[:, :468, 0], axis=1), 0.9))
    return Target(neutral, rings, alpha, core.astype(np.float32), width)


def _square(side: int) -> np.ndarray:
    return np.ones((side, side), np.uint8)
