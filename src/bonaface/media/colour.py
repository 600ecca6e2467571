"""Which matrix and range turn a clip's YCbCr into RGB, and back."""

from __future__ import annotations

_UNSPECIFIED = (0, 2)
_HD_LINES = 720
BT709, BT601, BT2020 = 1, 5, 9
"""Numbers of ITU-T H.273, as FFmpeg uses them."""


def matrix_of(colorspace: int, color_range: int, height_px: int) -> tuple[int, bool]:
    """Return the matrix (an H.273 number) and whether values use the full range.

    Where a clip does not say, players take BT.709 for HD and BT.601 for what is smaller; so do we.
    """
    if colorspace in _UNSPECIFIED:
        matrix = BT709 if height_px >= _HD_LINES else BT601
    else:
        matrix = BT601 if colorspace in (5, 6) else colorspace
    return matrix, color_range == 2
