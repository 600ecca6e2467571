"""Faces cut out upright and pasted back as classical face swappers do: one similarity, an oval, a match of colours."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from bonaface.bench.outlines import outline_mask
from bonaface.faces.embed import fit_similarity
from bonaface.faces.pose import load_canonical_face
from bonaface.faces.region import Region, crop_region
from bonaface.terms.arrays import Doubles, Floats, Mask, Rgb8

SIZE_PX = 96
"""Of an aligned crop."""
ROOMY_PX = 128
"""Of one with room around it, from which crops are taken turned and shifted; a face is as large in it."""
_FILLED = 0.8  # larger side of the average face over the crop's side
_EDGE = 0.04  # of the face's width: how far the oval is drawn in, and blurred
_LEAST_SPREAD = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Aligned:
    """A face cut out upright.

    ``rgb`` (S, S, 3) uint8; ``oval`` (S, S) uint8, 255 inside the mesh's outline; ``back`` (2, 3) from its pixels to
    the frame's.
    """

    rgb: Rgb8
    oval: Mask
    back: Doubles


def align(frame: Rgb8, points: Floats, side_px: int = SIZE_PX) -> Aligned:
    """Cut the face of a mesh (478, 3) out of a frame, the average face's points laid over its own by a similarity."""
    region = _region(points)
    crop, back = crop_region(frame, replace(region, side_px=region.side_px * side_px / SIZE_PX), side_px)
    there = cv2.invertAffineTransform(back)
    inside = points[:, :2] @ there[:, :2].T + there[:, 2]
    return Aligned(crop, outline_mask(inside, (side_px, side_px)), back)


def paste_back(frame: Rgb8, points: Floats, face: Aligned, painted: Rgb8) -> tuple[Rgb8, Mask]:
    """Return the frame with ``painted`` in the place of its ``face``, and an (H, W) mask of what was touched.

    In the colours of the target, inside the outline of its mesh (478, 3) with a soft edge.
    """
    height, width = frame.shape[:2]
    matched = match_statistics(painted, face.rgb, face.oval)
    how = {"flags": cv2.INTER_CUBIC, "borderMode": cv2.BORDER_REPLICATE}
    laid = cv2.warpAffine(matched, face.back, (width, height), **how)
    share = _soft_oval(points, (height, width))[..., None]
    mixed: Rgb8 = np.round(frame * (1 - share) + laid * share).astype(np.uint8)
    return mixed, np.where(share[..., 0] > 0, 255, 0).astype(np.uint8)


def match_statistics(picture: Rgb8, target: Rgb8, mask: Mask) -> Rgb8:
    """Return the picture with the target's mean and deviation of each Lab channel inside the mask (H, W).

    Reinhard and others, "Color transfer between images", 2001, with CIE Lab as the face swappers do.
    """
    inside = mask > 0
    if not inside.any():
        return picture
    ours, theirs = (cv2.cvtColor(x.astype(np.float32) / 255, cv2.COLOR_RGB2LAB) for x in (picture, target))
    spread = theirs[inside].std(0) / np.maximum(ours[inside].std(0), _LEAST_SPREAD)
    moved = (ours - ours[inside].mean(0)) * spread + theirs[inside].mean(0)
    rgb = cv2.cvtColor(moved.astype(np.float32), cv2.COLOR_LAB2RGB)
    matched: Rgb8 = np.clip(np.round(rgb * 255), 0, 255).astype(np.uint8)
    return matched


def _region(points: Floats) -> Region:
    average = load_canonical_face().points[:468, :2].astype(np.float64)
    low, high = average.min(0), average.max(0)
    side = float((high - low).max()) / _FILLED
    turn = fit_similarity(average - (low + high) / 2, points[:468, :2].astype(np.float64))
    scale = float(np.hypot(turn[0, 0], turn[1, 0]))
    return Region(np.asarray(turn[:, 2], np.float64), side * scale, float(np.arctan2(turn[1, 0], turn[0, 0])))


def _soft_oval(points: Floats, hw: tuple[int, int]) -> Floats:
    """Return (H, W) float32 0..1: the oval drawn in by its edge, so that nothing beyond the outline is touched."""
    edge = max(1.0, _EDGE * float(np.ptp(points[:468, 0])))
    reach = 2 * round(1.5 * edge) + 1
    oval = outline_mask(points, hw)
    inner = cv2.erode(oval, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
    soft = cv2.GaussianBlur(inner, (0, 0), edge / 2).astype(np.float32) / 255
    return np.asarray(soft * (oval > 0), np.float32)
