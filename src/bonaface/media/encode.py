"""Pixels into files. Only ``marking.door`` may call this: whatever leaves has been labelled first."""

from __future__ import annotations

import io
import os
import struct
import zlib
from pathlib import Path
from types import TracebackType
from typing import Any

import av
import cv2
import numpy as np
from PIL import Image

from bonaface.media.colour import hevc_hdr, matrix_of, read_tags
from bonaface.media.remux import Sound, finish_video
from bonaface.media.scratch import atomic_path, room_in
from bonaface.media.tiff import write_tiff
from bonaface.terms.arrays import Rgb
from bonaface.terms.errors import UsageError
from bonaface.terms.picture import Picture, VideoInfo

__all__ = ["CODECS", "Sound", "VideoEncoder", "finish_video", "write_image"]

CODECS = ("h264", "hevc", "av1")
_SETTINGS: dict[str, tuple[str, dict[str, str]]] = {
    "h264": ("libx264", {"preset": "veryfast", "crf": "16", "bf": "0"}),
    "hevc": ("libx265", {"preset": "fast", "crf": "17", "x265-params": "log-level=none:bframes=0:repeat-headers=1"}),
    "av1": ("libsvtav1", {"preset": "8", "crf": "24", "svtav1-params": "pred-struct=1"}),
}
"""Visually lossless, without reordered pictures, so that every timestamp is kept exactly."""
_QUALITY = {"JPEG": 95, "WEBP": 95, "AVIF": 90, "HEIF": 90}


def write_image(picture: Picture, path: Path, *, quality: int | None = None) -> None:
    """Write a picture in its own format, with its colour profile, EXIF block and transparency.

    Raises:
        NoSpaceError: the disk is full. UsageError: a format that cannot be written.
    """
    kind = "JPEG" if picture.format == "MPO" else picture.format
    if picture.rgb.dtype == np.uint16 and kind in ("PNG", "TIFF"):
        content = _deep(picture, kind)
    else:
        content = _shallow(picture, kind, quality)
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)


def _shallow(picture: Picture, kind: str, quality: int | None) -> bytes:
    pixels = picture.rgb if picture.alpha is None else np.dstack([picture.rgb, picture.alpha])
    image = Image.fromarray(pixels)
    if picture.grey:
        image = image.convert("L" if picture.alpha is None else "LA")
    if kind == "JPEG" and picture.alpha is not None:
        image = image.convert("L" if picture.grey else "RGB")
    options: dict[str, Any] = {
        key: value
        for key, value in (("icc_profile", _fitting(picture.icc, picture.grey)), ("exif", picture.exif))
        if value
    }
    if kind in _QUALITY:
        options["quality"] = quality or _QUALITY[kind]
    if kind in ("JPEG", "AVIF") and not picture.grey:
        options["subsampling"] = "4:4:4"
    if kind == "TIFF":
        options["compression"] = "tiff_lzw"
    out = io.BytesIO()
    try:
        image.save(out, kind, **options)
    except (KeyError, OSError) as error:
        raise UsageError(
            f"Pictures of the type {kind} cannot be written; convert {picture.path.name} to PNG."
        ) from error
    return out.getvalue()


def _deep(picture: Picture, kind: str) -> bytes:
    pixels: np.ndarray = picture.rgb[..., ::-1]
    if picture.alpha is not None:
        pixels = np.dstack([pixels, picture.alpha])
    elif picture.grey:
        pixels = picture.rgb[..., 1]
    if kind == "TIFF":
        return write_tiff(pixels, _fitting(picture.icc, pixels.ndim == 2))
    _, encoded = cv2.imencode(".png", np.ascontiguousarray(pixels))
    icc, exif = _fitting(picture.icc, pixels.ndim == 2), picture.exif
    chunks = [(b"iCCP", b"icc\x00\x00" + zlib.compress(icc))] if icc else []
    if exif:
        chunks.append((b"eXIf", exif.removeprefix(b"Exif\x00\x00")))
    return _with_chunks(encoded.tobytes(), chunks)


def _with_chunks(png: bytes, chunks: list[tuple[bytes, bytes]]) -> bytes:
    """Insert chunks after the header (PNG specification, 11.3); OpenCV writes none."""
    added = b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )
    return png[:33] + added + png[33:]


def _fitting(icc: bytes | None, grey: bool) -> bytes | None:
    """The colour profile, if it is one of pictures that are written so (ICC.1, 7.2.6)."""
    return icc if icc and icc[16:20] == (b"GRAY" if grey else b"RGB ") else None


class VideoEncoder:
    """One labelled segment of a clip, a context manager; it begins with a key frame and keeps timestamps exactly.

    ``codec`` is one of `CODECS`. More than 8 bits, and HDR, need HEVC or AV1 and get HEVC instead of H.264. A rotated
    clip is written as it was filmed, with its rotation beside it.
    """

    def __init__(self, path: Path, info: VideoInfo, codec: str = "h264") -> None:
        """Prepare to write; nothing is on disk before the first frame."""
        if codec not in CODECS:
            raise UsageError(f"The codec {codec} is unknown; choose {', '.join(CODECS)}.")
        self._path, self._info = path, info
        self._deep = info.bit_depth > 8
        self._codec = "hevc" if self._deep and codec == "h264" else codec
        os.environ.setdefault("SVT_LOG", "1")  # errors only: SVT-AV1 writes a page to the terminal otherwise
        self._container: av.container.OutputContainer | None = None
        self._stream: Any = None
        self._first_pts = 0

    def __enter__(self) -> VideoEncoder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._container is None:
            return
        with room_in(self._path.parent):
            try:
                if kind is None:
                    self._mux(self._stream.encode())
            finally:
                container, self._container = self._container, None
                container.close()

    def write(self, rgb: Rgb, pts: int) -> None:
        """Add the upright frame (H, W, 3), uint8 or uint16, shown at ``pts`` in the clip's time base."""
        if self._info.rotation_deg:
            rgb = np.ascontiguousarray(np.rot90(rgb, -self._info.rotation_deg // 90))
        if self._container is None:
            self._open(rgb.shape[0], rgb.shape[1], pts)
        frame = av.VideoFrame.from_ndarray(rgb, format="rgb48le" if rgb.dtype == np.uint16 else "rgb24")
        frame = frame.reformat(
            format=self._stream.pix_fmt,
            src_color_range=2,
            dst_colorspace=self._matrix,
            dst_color_range=2 if self._full else 1,
        )
        frame.pts, frame.time_base = pts - self._first_pts, self._info.time_base
        self._mux(self._stream.encode(frame))

    def _open(self, height: int, width: int, pts: int) -> None:
        source = read_tags(self._info.path)
        self._matrix, self._full = matrix_of(source.colorspace, source.color_range, height)
        # Chroma planes of half size need even sides; an odd picture keeps all its pixels with full chroma.
        plane = "yuv444p" if (height % 2 or width % 2) else "yuv420p"
        self._container = av.open(str(self._path), "w", format="mp4", options={"movflags": "+use_metadata_tags"})
        self._container.metadata["first_pts"] = str(pts)
        self._first_pts = pts
        name, options = _SETTINGS[self._codec]
        if self._codec == "hevc":
            options = {**options, "x265-params": options["x265-params"] + hevc_hdr(source)}
        stream: Any = self._container.add_stream(name, rate=self._info.rate, options=options)
        stream.width, stream.height = width, height
        stream.pix_fmt = plane + ("10le" if self._deep else "")
        context = stream.codec_context
        context.time_base = stream.time_base = self._info.time_base
        context.gop_size = min(300, max(12, round(self._info.rate * 5)))
        context.colorspace, context.color_range = self._matrix, 2 if self._full else 1
        context.color_primaries, context.color_trc = source.color_primaries, source.color_trc
        if source.pixel_shape is not None:
            context.sample_aspect_ratio = source.pixel_shape
        context.thread_count = 0
        if self._codec == "hevc":
            context.codec_tag = "hvc1"
        self._stream = stream

    def _mux(self, packets: list[av.Packet]) -> None:
        assert self._container is not None
        with room_in(self._path.parent):
            self._container.mux(packets)
