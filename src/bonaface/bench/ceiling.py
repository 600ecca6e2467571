"""The ceiling: what the judge says when the person's real face fills a fixed outline in the target's surroundings.

A swap that keeps to the outline can hardly score higher, however good its network is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from bonaface.bench.measures import head_angles, mouth_opening, mouth_width
from bonaface.bench.outlines import Outline, outline_mask
from bonaface.faces.embed import fit_similarity
from bonaface.terms.arrays import Floats, Mask, Rgb8

_EDGE_PX = 1.0  # of blur; 6 px cost .06 of SFace's cosine
_MESH = 468
_DEG_PER_MOUTH = 40.0  # a mouth as wide open as half the eyes' distance weighs as much as 20 degrees of turn
_RIM_PX = 9


def pasted(
    target_frames: Sequence[Rgb8],
    target_points: Floats,
    real_frames: Sequence[Rgb8],
    real_points: Floats,
    reference: Floats,
    outline: Outline,
) -> Iterator[Rgb8]:
    """Yield the target's frames, each with the person's real face of the nearest pose inside the outline.

    ``target_points``, ``real_points`` (N, 478, 3) and (M, 478, 3) meshes; ``reference`` (478, 3) the canonical face.
    """
    nearest = nearest_look(target_points, real_points, reference)
    for frame, points, k in zip(target_frames, target_points, nearest, strict=True):
        yield paste(frame, points, real_frames[k], real_points[k], outline)


def nearest_look(points: Floats, candidates: Floats, reference: Floats) -> np.ndarray:
    """Return for each mesh (N, 478, 3) the index (N,) of the candidate (M, 478, 3) that is turned and acts most alike.

    Pitch, yaw, and how open and wide the mouth is; the best swap acts as the target does, so the ceiling must as far
    as the person was filmed so. Roll does not count: the picture is turned when it is pasted.
    """
    ours, theirs = (
        np.column_stack(
            [
                head_angles(mesh, reference)[:, :2],
                _DEG_PER_MOUTH * mouth_opening(mesh),
                _DEG_PER_MOUTH * mouth_width(mesh),
            ]
        )
        for mesh in (points, candidates)
    )
    near = np.linalg.norm(ours[:, None, :2] - theirs[None, :, :2], axis=-1)
    near = near + np.abs(ours[:, None, 2:] - theirs[None, :, 2:]).sum(-1)
    return near.argmin(1)


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
    """Return the picture shifted to the target's mean colour inside the mask (H, W).

    The mean alone: matching deviations too would stretch the contrast of a face lit otherwise, and costs up to .06.
    """
    inside = mask > 0
    if not inside.any():
        return picture
    shift = target[inside].mean(0) - picture[inside].mean(0)
    shifted: Rgb8 = np.clip(np.round(picture + shift), 0, 255).astype(np.uint8)
    return shifted
