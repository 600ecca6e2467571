"""Fakes made of real faces, for training the checker: blends of a face with itself, with another, and of parts.

Self-blending after Shiohara and Yamasaki, "Detecting Deepfakes with Self-Blended Images" (CVPR 2022), written anew from
the paper: the same face twice, one of the two changed a little in colour, sharpness and place, laid over the other
within a deformed hull. What such a fake shows is the blending itself, which all methods of swapping share.

A picture is (H, W, 3) RGB uint8, points are (478, 2) in its pixels, a mask is (H, W) float32 0..1: how far the picture
was changed.
"""

from __future__ import annotations

import cv2
import numpy as np

from bonaface.faces.embed import fit_similarity

FAMILIES = ("self", "cross", "mouth", "eyes")
_RATIOS = (0.25, 0.5, 0.75, 1.0, 1.0, 1.0)
_BROWS = (70, 63, 105, 66, 107, 336, 296, 334, 293, 300)
_LIPS = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 185, 40, 39, 37, 0, 267, 269, 270, 409)
_EYES = (
    (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246),
    (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466),
)


def blend(
    family: str, face: np.ndarray, points: np.ndarray, other: np.ndarray, other_points: np.ndarray,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Return a fake of a family and where it was changed.

    Args:
        family: one of `FAMILIES`. other, other_points: of another person, in a like pose where possible.
    """
    below, above = face, face
    if family == "cross" or (family in ("mouth", "eyes") and rng.random() < 0.5):
        above = _laid_over(other, other_points, face, points, family)
    jittered = _jitter(above, rng)
    if family == "self" and rng.random() < 0.5:  # the face below is changed, and the one above is as it was filmed
        below = jittered
    else:
        above = jittered
    area = _hull(points, family, face.shape[:2], rng)
    moved = _moved(points, family, rng)
    above = cv2.warpAffine(above, moved, above.shape[1::-1], flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    area = cv2.warpAffine(area, moved, area.shape[1::-1], flags=cv2.INTER_LINEAR)
    mask = _softened(_bent(area, rng), rng)
    if family == "cross":
        above = _coloured_as(above, below, mask)
    share = mask * np.float32(rng.choice(_RATIOS))
    mixed = below + (above.astype(np.float32) - below) * share[..., None]
    return np.clip(mixed + 0.5, 0, 255).astype(np.uint8), mask


def like_pose(points: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return how unlike the poses of ``others`` (N, 478, 2) are to that of a face: distances (N,) once laid over it."""

    def flat(mesh: np.ndarray) -> np.ndarray:
        centred = mesh - mesh.mean(-2, keepdims=True)
        return centred / np.linalg.norm(centred, axis=(-2, -1), keepdims=True)

    return np.linalg.norm(flat(others[:, ::8]) - flat(points[::8]), axis=(1, 2))


def _hull(points: np.ndarray, family: str, hw: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    area = np.zeros(hw, np.float32)
    if family == "mouth":
        groups = [points[list(_LIPS)]]
        growth = rng.uniform(1.2, 2.2)
    elif family == "eyes":
        groups = [points[list(eye)] for eye in _EYES[: 1 + int(rng.random() < 0.8)]]
        growth = rng.uniform(1.3, 2.4)
    else:
        inner = points[:, 1] > points[list(_BROWS), 1].min() - 3
        kind = rng.integers(3)  # all of the face, without the forehead, or without it and a little smaller
        groups = [points if kind == 0 else points[inner]]
        growth = 1.0 if kind < 2 else rng.uniform(0.8, 0.95)
    for group in groups:
        centre = group.mean(0)
        around = cv2.convexHull(((group - centre) * growth + centre).astype(np.float32))
        cv2.fillConvexPoly(area, around.astype(np.int32), 1.0)
    return area


def _moved(points: np.ndarray, family: str, rng: np.random.Generator) -> np.ndarray:
    """A small shift, turn and stretch of what lies above."""
    small = 1.0 if family in ("self", "cross") else 0.6
    side = float(np.ptp(points, axis=0).max())
    centre = points.mean(0)
    angle = float(rng.normal(0, 1.2)) * small
    turn = cv2.getRotationMatrix2D((float(centre[0]), float(centre[1])), angle, float(rng.uniform(0.97, 1.04)))
    turn[:, 2] += rng.normal(0, 0.012, 2) * side * small
    turn[0, 0] *= rng.uniform(0.98, 1.02)
    return turn


def _jitter(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Other colours, and another sharpness: as another camera and encoder would have it."""
    out = picture.astype(np.float32)
    if rng.random() < 0.9:
        out = out * rng.uniform(0.9, 1.1) * rng.uniform(0.96, 1.04, 3) + rng.uniform(-10, 10)
    if rng.random() < 0.3:
        grey = out.mean(-1, keepdims=True)
        out = grey + (out - grey) * rng.uniform(0.7, 1.3)
    if rng.random() < 0.3:
        mean = out.mean((0, 1))
        out = mean + (out - mean) * rng.uniform(0.85, 1.15)
    kind = rng.integers(4)
    height, width = picture.shape[:2]
    if kind == 0:
        share = rng.uniform(0.3, 0.8)
        small = cv2.resize(out, (max(8, int(width * share)), max(8, int(height * share))), interpolation=cv2.INTER_AREA)
        how = int(rng.choice([cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4]))
        out = cv2.resize(small, (width, height), interpolation=how)
    elif kind == 1:
        soft = cv2.GaussianBlur(out, (0, 0), rng.uniform(0.5, 1.5))
        out = out + (out - soft) * rng.uniform(0.3, 1.5)
    elif kind == 2:
        out = cv2.GaussianBlur(out, (0, 0), rng.uniform(0.4, 1.6))
    return np.clip(out, 0, 255).astype(np.uint8)


def _bent(area: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The area deformed like rubber (Simard and others 2003)."""
    height, width = area.shape
    coarse = rng.normal(0, 1, (2, 6, 6)).astype(np.float32)
    x, y = (cv2.resize(each, (width, height), interpolation=cv2.INTER_CUBIC) for each in coarse)
    strength = np.float32(rng.uniform(0, 0.03) * width)
    grid_y, grid_x = np.mgrid[:height, :width].astype(np.float32)
    return cv2.remap(area, grid_x + strength * x, grid_y + strength * y, cv2.INTER_LINEAR)


def _softened(area: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Blur, threshold, blur: an edge that lies a little inside or outside, and is soft or hard."""
    width = float(np.sqrt(area.sum()))  # of what is changed: an eye is not to vanish
    once = cv2.GaussianBlur(area, (0, 0), rng.uniform(0.015, 0.08) * width)
    edge = (once > rng.uniform(0.2, 0.8) * once.max()).astype(np.float32)
    return cv2.GaussianBlur(edge, (0, 0), float(rng.uniform(0.006, 0.09) * width))


def _laid_over(
    other: np.ndarray, other_points: np.ndarray, face: np.ndarray, points: np.ndarray, family: str
) -> np.ndarray:
    """The other face where the first one lies."""
    chosen = list(_LIPS) if family == "mouth" else [*_EYES[0], *_EYES[1]] if family == "eyes" else slice(None, None, 4)
    lay = fit_similarity(other_points[chosen], points[chosen].astype(np.float64))
    laid = cv2.warpAffine(other, lay, face.shape[1::-1], flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    return _coloured_as(laid, face, _hull_of(points[chosen], face.shape[:2]))


def _hull_of(points: np.ndarray, hw: tuple[int, int]) -> np.ndarray:
    area = np.zeros(hw, np.float32)
    cv2.fillConvexPoly(area, cv2.convexHull(points.astype(np.float32)).astype(np.int32), 1.0)
    return area


def _coloured_as(above: np.ndarray, below: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Mean and deviation of each channel as below (Reinhard and others 2001), within the mask."""
    weight = mask / max(float(mask.sum()), 1e-6)
    out = above.astype(np.float32)
    for channel in range(3):
        one, two = out[..., channel], below[..., channel].astype(np.float32)
        mean_one, mean_two = float((one * weight).sum()), float((two * weight).sum())
        spread_one = float(np.sqrt(((one - mean_one) ** 2 * weight).sum())) + 1
        spread_two = float(np.sqrt(((two - mean_two) ** 2 * weight).sum())) + 1
        out[..., channel] = (one - mean_one) * np.clip(spread_two / spread_one, 0.6, 1.6) + mean_two
    return np.clip(out, 0, 255).astype(np.uint8)
