"""Colour of clips: which matrix and range turn YCbCr into RGB and back, and what a result has to say of it."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from bonaface.media.container import open_container, picture_stream

_UNSPECIFIED = (0, 2)
_HD_LINES = 720
BT709, BT601 = 1, 5
"""Numbers of ITU-T H.273, as FFmpeg uses them."""


@dataclass(frozen=True, slots=True)
class ColourTags:
    """What the first picture says: H.273 numbers, the shape of its pixels, and the screen that HDR was graded on.

    ``screen``: red, green, blue and white point x and y, least and greatest cd/m2, or None. ``light``: greatest light
    of a pixel and of a frame in cd/m2, or None.
    """

    colorspace: int
    color_range: int
    color_primaries: int
    color_trc: int
    pixel_shape: Fraction | None
    screen: tuple[Fraction, ...] | None
    light: tuple[int, int] | None


def matrix_of(colorspace: int, color_range: int, height_px: int) -> tuple[int, bool]:
    """Return the matrix (an H.273 number) and whether values use the full range.

    Where a clip does not say, players take BT.709 for HD and BT.601 for what is smaller; so do we.
    """
    if colorspace in _UNSPECIFIED:
        matrix = BT709 if height_px >= _HD_LINES else BT601
    else:
        matrix = BT601 if colorspace in (5, 6) else colorspace
    return matrix, color_range == 2


def read_tags(path: Path) -> ColourTags:
    """Return the colour tags of a clip."""
    with open_container(path) as container:
        stream = picture_stream(container)
        picture: Any = next(iter(container.decode(stream)))
        held = {data.type.name: bytes(data) for data in picture.side_data}
        shape = stream.sample_aspect_ratio if stream is not None else None
        return ColourTags(
            int(picture.colorspace),
            int(picture.color_range),
            int(picture.color_primaries),
            int(picture.color_trc),
            Fraction(shape) if shape else None,
            _screen(held.get("MASTERING_DISPLAY_METADATA")),
            _light(held.get("CONTENT_LIGHT_LEVEL")),
        )


def hevc_hdr(tags: ColourTags) -> str:
    """Return the x265 parameters that carry screen and light along, each with a colon before it."""
    out = ""
    if tags.screen is not None:
        xy, (least, most) = [round(v * 50_000) for v in tags.screen[:8]], tags.screen[8:]
        red, green, blue, white = (f"({xy[k]},{xy[k + 1]})" for k in (0, 2, 4, 6))
        out += f":master-display=G{green}B{blue}R{red}WP{white}L({round(most * 10_000)},{round(least * 10_000)})"
    if tags.light is not None:
        out += f":max-cll={tags.light[0]},{tags.light[1]}"
    return out


def _screen(raw: bytes | None) -> tuple[Fraction, ...] | None:
    """Read FFmpeg's AVMasteringDisplayMetadata: ten fractions, then whether primaries and luminance are set."""
    if raw is None or len(raw) < 88:
        return None
    numbers = struct.unpack("=22i", raw[:88])
    if not (numbers[20] and numbers[21]) or 0 in numbers[1:20:2]:
        return None
    return tuple(Fraction(numbers[k], numbers[k + 1]) for k in range(0, 20, 2))


def _light(raw: bytes | None) -> tuple[int, int] | None:
    if raw is None or len(raw) < 8:
        return None
    pixel, frame = struct.unpack("=2I", raw[:8])
    return pixel, frame
