"""The last step to pixels: the rendered face over the frame, in the frame's own depth, nothing else touched."""

from __future__ import annotations

import numba as nb
import numpy as np

from bonaface.terms.arrays import Floats, Mask, Rgb

_SEEN = 0.002
"""Alpha below which a pixel is left as it is: not half a step of 8 bits."""


@nb.njit(cache=True, fastmath=True, nogil=True)
def _blend(region, base, layer, fine, alpha, drawn, unit, touched):  # type: ignore[no-untyped-def]  # numba compiles it
    height, width = alpha.shape
    most = np.float32(255.0) * unit
    for y in range(height):
        for x in range(width):
            share = alpha[y, x]
            if share <= _SEEN and not drawn[y, x]:
                continue
            touched[y, x] = 255
            for c in range(3):
                below = base[y, x, c]
                value = (below + share * (layer[y, x, c] + fine[y, x] - below)) * unit + np.float32(0.5)
                region[y, x, c] = min(max(value, np.float32(0.0)), most)


def blend(region: Rgb, base: Floats, layer: Floats, fine: Floats, alpha: Floats, drawn: np.ndarray | None) -> Mask:
    """Write ``base + alpha * (layer + fine - base)`` into ``region`` and return (H, W), 255 where it was written.

    Args:
        region: (H, W, 3) uint8 or uint16, changed in place.
        base: (H, W, 3) float32 0..255, what lies below; layer: the same, the face.
        fine: (H, W) float32, added to all channels of the layer.
        alpha: (H, W) float32 0..1.
        drawn: (H, W) bool, where the base itself differs from the region; None: nowhere.
    """
    touched = np.zeros(alpha.shape, np.uint8)
    unit = np.float32(257 if region.dtype == np.uint16 else 1)
    moved = np.zeros(alpha.shape, np.bool_) if drawn is None else drawn
    _blend(region, base, layer, fine, alpha, moved, unit, touched)
    return touched
