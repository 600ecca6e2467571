"""An avatar made smaller, for faces in which its texture would be shown at less than its resolution."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from bonaface.making.avatar import Avatar
from bonaface.making.layout import BORDER, scale_between
from bonaface.making.prior import Prior
from bonaface.making.texture import Region, quantise
from bonaface.making.unwrapped import SIZES, texels_needed
from bonaface.terms.arrays import Floats


def fitting(avatar: Avatar, face_px: float, prior: Prior) -> Avatar:
    """Return the avatar at the smallest size that loses nothing on a face so wide; itself where that is its own.

    Less work for each frame, and no aliasing where many texels would share a pixel.
    """
    size = next((size for size in SIZES if size >= texels_needed(face_px)), SIZES[-1])
    if size >= avatar.size:
        return avatar
    layout = prior.layout(size)
    regions = []
    for region in avatar.regions:
        share = _shrink(_on_square(region.share[:, None], region.texels, avatar.size), size)[..., 0]
        inside = np.flatnonzero((share > 0.01) & layout.inside)
        weights = region.weights.astype(np.float32) * region.step[:, None]
        rows = [
            _shrink(_on_square(row.reshape(-1, 3), region.texels, avatar.size), size).reshape(-1, 3)[inside].ravel()
            for row in weights
        ]
        kept = share.ravel()[inside].astype(np.float32)
        regions.append(Region(region.features, inside.astype(np.int32), kept, *quantise(np.stack(rows))))
    own = np.round(_shrink(avatar.own.astype(np.float32)[..., None], size)[..., 0]).astype(np.uint8)
    return replace(avatar, mean=_shrink(avatar.mean, size), regions=tuple(regions), own=own)


def _on_square(values: Floats, texels: np.ndarray, size: int) -> Floats:
    out = np.zeros((size * size, values.shape[1]), np.float32)
    out[texels] = values
    return out.reshape(size, size, -1)


def _shrink(values: Floats, size: int) -> Floats:
    """Return (size, size, C): the same places of the layout at another resolution."""
    scale = scale_between(values.shape[0], size)
    smooth = cv2.GaussianBlur(values, (0, 0), 0.4 * scale)
    shift = BORDER - scale * BORDER
    matrix = np.array([[scale, 0, shift], [0, scale, shift]])
    how = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(smooth, matrix, (size, size), flags=how, borderMode=cv2.BORDER_REPLICATE).reshape(
        size, size, -1
    )
