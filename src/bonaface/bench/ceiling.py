"""The ceiling: what the judge says when the person's real face fills a fixed outline in the target's surroundings.

A swap that keeps to the outline can hardly score higher, however good its network is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from bonaface.bench.measures import head_angles
from bonaface.bench.outlines import Outline, outline_mask
from bonaface.faces.embed import fit_similarity
from bonaface.terms.arrays import Floats, Mask, Rgb8

_EDGE_PX = 1.0  # of blur; 6 px cost .06 of SFace's cosine
_MESH = 468
_RIM_PX = 9


def pasted(
    target_frames: Sequence[Rgb8],
    target_points: Floats,
    real_frames: Sequence[Rgb8],
    real_points: Floats,
    reference: Floats,
    outline: Outline,
) -> Iterator[Rgb8]:
    """Yield the target's frames, each with the person's real face of the nearest head pose inside the outline.

    ``target_points``, ``real_points`` (N, 478, 3) and (M, 478, 3) meshes; ``reference`` (478, 3) the canonical face.
    """
    nearest = nearest_pose(target_points, real_points, reference)
    for frame, points, k in zip(target_frames, target_points, nearest, strict=True):
        yield paste(frame, points, real_frames[k], real_points[k], outline)


def nearest_pose(points: Floats, candidates: Floats, reference: Floats) -> np.ndarray:
    """Return for each mesh (N, 478, 3) the index (N,) of the candidate (M, 478, 3) with the nearest head angles.

    Roll does not count: the picture is turned when it is pasted.
    """
    ours, theirs = head_angles(points, reference)[:, :2], head_angles(candidates, reference)[:, :2]
    return np.linalg.norm(ours[:, None] - theirs[None], axis=-1).argmin(1)


def paste(frame: Rgb8, points: Floats, real: Rgb8, real_points: Floats, outline: Outline) -> Rgb8:
    """Return the frame with the real face laid over it by a similarity, cut at the outline, in the frame's colours."""
    height, width = frame.shape[:2]
    turn = fit_similarity(real_points[:_MESH, :2], points[:_MESH, :2].astype(np.float64))
    laid = cv2.warpAffine(real, turn, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    oval = outline_mask(points, (height, width))
    inner = cv2.erode(oval, np.ones((_RIM_PX, _RIM_PX), np.uint8))
    laid = match_colours(laid, frame, inner)
    cut = outline_mask(points, (height, width), outline)
    share = cv2.GaussianBlur(cut.astype(np.float32) / 255, (0, 0), _EDGE_PX)[..., None]
    mixed: Rgb8 = np.round(frame * (1 - share) + laid * share).astype(np.uint8)
    return mixed


def match_colours(picture: Rgb8, target: Rgb8, mask: Mask) -> Rgb8:
    """Return the picture with the target's mean and deviation of each Lab channel inside the mask (H, W)."""
    inside = mask > 0
    if not inside.any():
        return picture
    ours, theirs = (cv2.cvtColor(p, cv2.COLOR_RGB2LAB).astype(np.float32) for p in (picture, target))
    mean, deviation = ours[inside].mean(0), ours[inside].std(0) + 1e-3
    wanted_mean, wanted_deviation = theirs[inside].mean(0), theirs[inside].std(0)
    matched = (ours - mean) * (wanted_deviation / deviation) + wanted_mean
    rgb: Rgb8 = cv2.cvtColor(np.clip(np.round(matched), 0, 255).astype(np.uint8), cv2.COLOR_LAB2RGB)
    return rgb
