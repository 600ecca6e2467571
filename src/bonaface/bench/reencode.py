"""What the encoder alone costs: the target's own frames through the same codec, held in memory and forgotten."""

from __future__ import annotations

import io
from collections.abc import Sequence
from fractions import Fraction

import av
import numpy as np

from bonaface.terms.arrays import Rgb8

_CRF = "16"  # as the door encodes


def reencode(frames: Sequence[Rgb8], *, rate: Fraction = Fraction(25), crf: str = _CRF) -> list[Rgb8]:
    """Return the frames after H.264 at visually lossless quality; an odd last row or column is cut off.

    Raises:
        ValueError: no frames.
    """
    with av.open(encoded(frames, rate=rate, crf=crf)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def encoded(frames: Sequence[Rgb8], *, rate: Fraction = Fraction(25), crf: str = _CRF) -> io.BytesIO:
    """Return the frames as an MP4 of H.264 in memory, at its beginning.

    Raises:
        ValueError: no frames.
    """
    if not frames:
        raise ValueError("Expected at least one frame to encode.")
    height, width = (side // 2 * 2 for side in frames[0].shape[:2])
    memory = io.BytesIO()
    with av.open(memory, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=rate)
        stream.height, stream.width, stream.pix_fmt = height, width, "yuv420p"
        stream.options = {"crf": crf, "preset": "veryfast", "bf": "0"}
        for frame in frames:
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame[:height, :width]), format="rgb24")
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    memory.seek(0)
    return memory
