"""Pictures, frames and what is known of the file that they come from."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np

from bonaface.terms.arrays import Mask, Rgb, Rgb8


def as_rgb8(rgb: Rgb) -> Rgb8:
    """Return the picture with 8 bits: uint16 is divided by 257 with rounding, uint8 comes back as it is."""
    if rgb.dtype == np.uint8:
        return rgb
    return ((rgb.astype(np.uint32) + 128) // 257).astype(np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A still picture as it is seen: upright (EXIF orientation applied), RGB.

    ``alpha`` has the dtype of ``rgb`` and shape (H, W); ``icc`` and ``exif`` are the raw blocks of the file
    (``exif`` with its orientation set to 1); ``format`` is Pillow's name, e.g. ``"JPEG"``; ``remarks`` are sentences
    on what of the file was not taken.
    """

    path: Path
    rgb: Rgb
    format: str
    alpha: np.ndarray | None = None
    icc: bytes | None = None
    exif: bytes | None = None
    grey: bool = False
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """What a container says of its first video stream; sizes are of the upright picture.

    ``bit_depth`` 8, 10 or 12; ``transfer`` is the name of the transfer function (``"bt709"``, ``"smpte2084"``,
    ``"arib-std-b67"``...); ``frame_count`` and ``duration_s`` are None where the file does not say.
    """

    path: Path
    container: str
    codec: str
    width_px: int
    height_px: int
    rate: Fraction
    time_base: Fraction
    rotation_deg: int
    bit_depth: int
    transfer: str
    has_sound: bool
    frame_count: int | None
    duration_s: Fraction | None
    hdr: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One frame of a clip, upright. ``pts`` counts in ``VideoInfo.time_base``; ``time_s`` = pts * time_base."""

    index: int
    pts: int
    time_s: Fraction
    rgb: Rgb


@dataclass(frozen=True, slots=True, eq=False)
class Unmarked:
    """Rendered pixels that carry no mark yet. It has no way to a file: only ``marking.door`` takes it.

    ``rgb`` as in `Frame` or `Picture`; ``changed`` is None or an (H, W) mask of what was touched;
    ``face_boxes_xywh_px`` are the swapped faces, which the visible label must not cover.
    """

    rgb: Rgb
    changed: Mask | None = None
    face_boxes_xywh_px: tuple[tuple[int, int, int, int], ...] = ()
    alpha: np.ndarray | None = field(default=None, repr=False)
