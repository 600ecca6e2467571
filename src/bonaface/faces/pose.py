"""Head pose: how the canonical face must be scaled, turned and moved to lie in the picture.

Canonical space: the face is 100 wide, x to the right, y down, z away from the viewer (nearer is smaller), the same
handedness as mesh points in the picture. The reference is MediaPipe's canonical face in this space.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from safetensors.numpy import load_file

from bonaface.models import model_path
from bonaface.terms.arrays import Doubles, Floats

STABLE_POINTS = np.array(
    [
        1, 4, 5, 6, 168, 197, 195, 8, 9, 10, 151, 33, 133, 362, 263, 127, 356, 234, 454, 93, 323, 21, 251, 54, 284,
        103, 332, 67, 297, 109, 338, 98, 327, 2, 122, 351, 193, 417, 55, 285,
    ]
)  # fmt: skip
"""Nose, bridge, forehead, temples and eye corners: what expression hardly moves."""


@dataclass(frozen=True, slots=True, eq=False)
class Pose:
    """picture = ``scale`` * ``rotation`` @ canonical + ``translation``.

    ``scale`` (...,), ``rotation`` (..., 3, 3), ``translation`` (..., 3), float64; leading axes where many faces were
    fitted at once.
    """

    scale: Doubles
    rotation: Doubles
    translation: Doubles


@dataclass(frozen=True, slots=True, eq=False)
class CanonicalFace:
    """``points`` (478, 3) float32 in canonical space; ``uv`` (468, 2) 0..1; ``triangles`` (898, 3) int32."""

    points: Floats
    uv: Floats
    triangles: np.ndarray


def fit_pose(points: Floats, reference: Floats) -> Pose:
    """Return the similarity that lays ``reference`` (478, 3) over ``points`` (..., 478, 3) at the stable points.

    Umeyama, "Least-squares estimation of transformation parameters between two point patterns", PAMI 1991, eq. 40-42.
    """
    ours = reference[STABLE_POINTS].astype(np.float64)
    theirs = points[..., STABLE_POINTS, :].astype(np.float64)
    our_mean, their_mean = ours.mean(-2), theirs.mean(-2)
    ours = ours - our_mean
    theirs = theirs - their_mean[..., None, :]
    covariance = np.swapaxes(theirs, -1, -2) @ ours
    left, size, right = np.linalg.svd(covariance)
    mirror = np.ones_like(size)
    mirror[..., 2] = np.where(np.linalg.det(left) * np.linalg.det(right) < 0, -1.0, 1.0)
    rotation = (left * mirror[..., None, :]) @ right
    scale = (size * mirror).sum(-1) / (ours**2).sum()
    translation = their_mean - scale[..., None] * (rotation @ our_mean)
    return Pose(scale, rotation, translation)


def to_canonical(points: Floats, pose: Pose) -> Floats:
    """Return picture points (..., N, 3) in canonical space, float32."""
    return (((points - pose.translation[..., None, :]) @ pose.rotation) / pose.scale[..., None, None]).astype(
        np.float32
    )


def to_picture(canonical: Floats, pose: Pose) -> Floats:
    """Return canonical points (..., N, 3) in picture pixels, float32."""
    turned = canonical @ np.swapaxes(pose.rotation, -1, -2)
    return (pose.scale[..., None, None] * turned + pose.translation[..., None, :]).astype(np.float32)


def head_angles_deg(pose: Pose) -> Doubles:
    """Return (..., 3) pitch, yaw and roll in degrees.

    Positive pitch looks down, positive yaw turns the nose to the viewer's left, positive roll tilts clockwise as seen.
    """
    turn = pose.rotation
    pitch = np.arctan2(turn[..., 2, 1], turn[..., 2, 2])
    yaw = np.arctan2(-turn[..., 2, 0], np.hypot(turn[..., 2, 1], turn[..., 2, 2]))
    roll = np.arctan2(turn[..., 1, 0], turn[..., 0, 0])
    angles: Doubles = np.degrees(np.stack([pitch, yaw, roll], -1))
    return angles


def load_canonical_face() -> CanonicalFace:
    """Return the canonical face that ships.

    Raises:
        MissingPartError: the model file is missing.
    """
    tensors = load_file(model_path("canonical_face.safetensors"))
    return CanonicalFace(tensors["points"], tensors["uv"], tensors["triangles"])
