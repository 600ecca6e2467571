"""Array types used in signatures."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Rgb = NDArray[Any]
"""(H, W, 3) RGB, uint8 0..255, or uint16 0..65535 where the media have more than 8 bits."""
Rgb8 = NDArray[np.uint8]
"""(H, W, 3) RGB, uint8 0..255."""
Floats = NDArray[np.floating[Any]]
"""float32 where a docstring does not say otherwise."""
Doubles = NDArray[np.float64]
Mask = NDArray[np.uint8]
"""(H, W) uint8, 0 = not, 255 = wholly."""
