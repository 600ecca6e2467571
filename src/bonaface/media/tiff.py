"""Write TIFF pictures of 16 bits with their colour profile, which neither Pillow nor OpenCV does."""

from __future__ import annotations

import struct
import zlib

import numpy as np

_SHORT, _LONG, _UNDEFINED = 3, 4, 7
_DEFLATE, _GREY, _RGB, _STRAIGHT_ALPHA = 8, 1, 2, 2


def write_tiff(pixels: np.ndarray, icc: bytes | None) -> bytes:
    """Return a TIFF file (revision 6.0, one strip, deflate with differences).

    ``pixels`` are uint16: grey (H, W), BGR (H, W, 3) or BGR with alpha (H, W, 4).
    """
    deep = pixels[..., None] if pixels.ndim == 2 else pixels
    channels = deep.shape[2]
    if channels >= 3:
        deep = deep[..., [2, 1, 0, *range(3, channels)]]
    differences = deep.astype("<u2")
    differences[:, 1:] -= deep[:, :-1].astype("<u2")
    strip = zlib.compress(differences.tobytes(), 6)
    fields: list[tuple[int, int, tuple[int, ...] | bytes]] = [
        (256, _LONG, (deep.shape[1],)),
        (257, _LONG, (deep.shape[0],)),
        (258, _SHORT, (16,) * channels),
        (259, _SHORT, (_DEFLATE,)),
        (262, _SHORT, (_GREY if channels == 1 else _RGB,)),
        (273, _LONG, (8,)),
        (277, _SHORT, (channels,)),
        (278, _LONG, (deep.shape[0],)),
        (279, _LONG, (len(strip),)),
        (317, _SHORT, (2,)),
    ]
    if channels in (2, 4):
        fields.append((338, _SHORT, (_STRAIGHT_ALPHA,)))
    if icc:
        fields.append((34675, _UNDEFINED, icc))
    strip += bytes(len(strip) % 2)
    return struct.pack("<2sHI", b"II", 42, 8 + len(strip)) + strip + _directory(fields, 8 + len(strip))


def _directory(fields: list[tuple[int, int, tuple[int, ...] | bytes]], start: int) -> bytes:
    entries, beyond = b"", b""
    after = start + 2 + 12 * len(fields) + 4
    for tag, kind, values in fields:
        body = (
            values
            if isinstance(values, bytes)
            else struct.pack(f"<{len(values)}{'I' if kind == _LONG else 'H'}", *values)
        )
        if len(body) > 4:
            where = struct.pack("<I", after + len(beyond))
            beyond += body + bytes(len(body) % 2)
        else:
            where = body.ljust(4, b"\0")
        entries += struct.pack("<HHI", tag, kind, len(values)) + where
    return struct.pack("<H", len(fields)) + entries + struct.pack("<I", 0) + beyond
