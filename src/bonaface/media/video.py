"""Read clips frame by frame: upright RGB with exact timestamps, in constant memory."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any

import av
import numpy as np

from bonaface.media.colour import matrix_of
from bonaface.media.container import open_container, picture_stream
from bonaface.media.kind import head_of
from bonaface.terms.errors import UnreadableMediaError
from bonaface.terms.picture import Frame, VideoInfo

_TRANSFERS = {
    1: "bt709",
    6: "smpte170m",
    13: "iec61966-2-1",
    14: "bt2020-10",
    15: "bt2020-12",
    16: "smpte2084",
    18: "arib-std-b67",
}
_HDR = ("smpte2084", "arib-std-b67")
_DYNAMIC = frozenset({"DYNAMIC_HDR_PLUS", "DOVI_RPU_BUFFER", "DOVI_METADATA", "DYNAMIC_HDR_VIVID"})
_DEEPEST = 10
_PIXEL_LIMIT = 16384
_MOST_RATE = 480
"""Faster is no rate but a clock: WebM files of webcams claim 1000."""
_SLOWEST_S = 3600
"""A clock that ticks more slowly is a damaged one."""
_MISSING = 0.95
"""A clip that gives less than this share of what it promises breaks off."""


class VideoReader:
    """A clip that is open for reading; a context manager.

    ``remarks`` fills while frames are read: sentences on what is wrong with the file although it can be used.
    """

    def __init__(self, path: Path) -> None:
        """Open a clip.

        Raises:
            MissingFileError, UnreadableMediaError: with the cure.
        """
        head_of(path)
        self._container = open_container(path)
        self.remarks: list[str]
        try:
            self.info, self.remarks = _look(path, self._container)
            self._rewind()
        except BaseException:
            self._container.close()
            raise
        coded = self.info.height_px, self.info.width_px
        self._coded_hw = coded[::-1] if self.info.rotation_deg % 180 else coded

    def __enter__(self) -> VideoReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._container.close()

    def frames(
        self, start_s: Fraction | None = None, end_s: Fraction | None = None, *, every: int = 1
    ) -> Generator[Frame, None, None]:
        """Yield the frames whose time lies in start_s <= t < end_s, upright, uint8 or (above 8 bits) uint16.

        Of ``every`` so many only the first; ``Frame.index`` counts all. Times count from the beginning of the clip. A
        clip that breaks off gives what is there, with a remark.
        """
        origin = Fraction(self._stream.start_time or 0) * self.info.time_base
        if start_s is not None and start_s > 1:
            self._go_to(origin + start_s - 1)
        index, last, time_s = 0, None, origin
        for picture in self._pictures():
            pts = picture.pts if picture.pts is not None else picture.dts
            if pts is None or (last is not None and pts <= last):
                continue  # two pictures at one time: the second was never seen
            last = pts
            time_s = Fraction(pts) * self.info.time_base
            if start_s is not None and time_s - origin < start_s:
                continue
            if end_s is not None and time_s - origin >= end_s:
                return
            if index % every == 0:
                yield Frame(index, pts, time_s, self._upright(picture))
            index += 1
        if index == 0 and start_s is None and end_s is None:
            raise UnreadableMediaError(f"{self.info.path} holds no picture that can be decoded; get it again.")
        promised_s = _promised_s(self._stream)
        if start_s is None and promised_s is not None and time_s - origin + 1 / self.info.rate < _MISSING * promised_s:
            self.remarks.append(
                f"{self.info.path.name} breaks off after {float(time_s - origin):.1f} of {float(promised_s):.1f} "
                "seconds; what is there was used."
            )

    def _go_to(self, time_s: Fraction) -> None:
        try:
            self._container.seek(int(time_s / self.info.time_base), stream=self._stream)
        except av.FFmpegError:  # no index, as in WebM from a webcam: read from the beginning
            self._rewind()

    def _rewind(self) -> None:
        """Go to the beginning. It is opened anew, because seeking misses it where times begin before 0."""
        self._container.close()
        self._container = open_container(self.info.path)
        self._stream: Any = picture_stream(self._container)
        assert self._stream is not None  # it was there a moment ago
        self._stream.thread_type = "AUTO"

    def _pictures(self) -> Iterator[av.VideoFrame]:
        """Decode; a damaged packet is passed over, a damaged container ends the clip, and both are said."""
        damaged = 0
        try:
            for packet in self._container.demux(self._stream):
                try:
                    yield from packet.decode()
                except av.FFmpegError:
                    damaged += 1
        except (av.FFmpegError, OSError) as error:
            self.remarks.append(f"{self.info.path.name} breaks off ({error.strerror}); what is there was used.")
        if damaged:
            self.remarks.append(f"{damaged} damaged pieces of {self.info.path.name} were passed over.")

    def _upright(self, picture: av.VideoFrame) -> np.ndarray:
        deep = self.info.bit_depth > 8
        matrix, full = matrix_of(int(picture.colorspace), int(picture.color_range), picture.height)
        height, width = self._coded_hw
        if (picture.height, picture.width) != (height, width):
            remark = f"{self.info.path.name} changes its size; all frames were given {width}x{height} pixels."
            if remark not in self.remarks:
                self.remarks.append(remark)
        rgb = picture.reformat(
            width=width,
            height=height,
            format="rgb48le" if deep else "rgb24",
            src_colorspace=matrix,
            src_color_range=2 if full else 1,
            dst_color_range=2,
        ).to_ndarray()
        return np.ascontiguousarray(np.rot90(rgb, self.info.rotation_deg // 90)) if self.info.rotation_deg else rgb


def probe(path: Path) -> VideoInfo:
    """Return what a clip's container says.

    Raises:
        MissingFileError, UnreadableMediaError: with the cure.
    """
    with VideoReader(path) as reader:
        return reader.info


def _look(path: Path, container: av.container.InputContainer) -> tuple[VideoInfo, list[str]]:
    stream = picture_stream(container)
    if stream is None:
        raise UnreadableMediaError(f"{path} holds no moving pictures; choose a clip with a video track.")
    context = stream.codec_context
    if context is None or not context.width or not context.height or stream.time_base is None:
        raise UnreadableMediaError(f"{path} has a video track of an unknown codec; convert it to MP4 (H.264).")
    if max(context.width, context.height) > _PIXEL_LIMIT:
        raise UnreadableMediaError(
            f"{path} is {context.width}x{context.height}; make it at most {_PIXEL_LIMIT} pixels wide."
        )
    if stream.time_base > _SLOWEST_S:
        raise UnreadableMediaError(f"{path} tells times that cannot be; convert it to MP4 or get it again.")
    stream.thread_type = "AUTO"
    picture = _first_picture(path, container, stream)
    width, height = picture.width, picture.height  # of a clip that changes its size, the container may name another
    rotation = int(picture.rotation) % 360
    rotation = rotation if rotation % 90 == 0 else 0
    transfer = _TRANSFERS.get(int(picture.color_trc), "bt709")
    turned = rotation % 180 == 90
    depth = max((component.bits for component in context.format.components), default=8) if context.format else 8
    duration = None
    if stream.duration:
        duration = Fraction(stream.duration) * stream.time_base
    elif container.duration:
        duration = Fraction(container.duration, 1_000_000)
    info = VideoInfo(
        path=path,
        container=container.format.name,
        codec=context.name,
        width_px=height if turned else width,
        height_px=width if turned else height,
        rate=_rate_of(stream),
        time_base=Fraction(stream.time_base),
        rotation_deg=rotation,  # counter-clockwise to be upright
        bit_depth=depth,
        transfer=transfer,
        has_sound=bool(container.streams.audio),
        frame_count=stream.frames or None,
        duration_s=duration,
        hdr=transfer in _HDR,
    )
    return info, _lost(info, stream, picture)


def _lost(info: VideoInfo, stream: Any, picture: Any) -> list[str]:
    """Sentences on what of the pictures cannot be kept."""
    lost, name = [], info.path.name
    if _has_alpha(stream):
        lost.append(f"The transparency of {name} was left out, because clips are written without.")
    if info.bit_depth > _DEEPEST:
        lost.append(f"{name} has {info.bit_depth} bits; {_DEEPEST} are kept.")
    if _DYNAMIC & {data.type.name for data in picture.side_data}:
        lost.append(f"The changing HDR data of {name} (Dolby Vision, HDR10+) were left out; its HDR picture is kept.")
    return lost


def _rate_of(stream: Any) -> Fraction:
    claims = (stream.average_rate, stream.guessed_rate)
    return next((Fraction(rate) for rate in claims if rate and rate <= _MOST_RATE), Fraction(25))


def _promised_s(stream: Any) -> Fraction | None:
    """How long the pictures last by the container's word, None where it does not say it of them alone."""
    if stream.duration:
        return Fraction(stream.duration) * stream.time_base
    parts = str(stream.metadata.get("DURATION", "")).split(":")  # Matroska
    try:
        hours, minutes, seconds = (Fraction(part) for part in parts)
    except ValueError:
        return None
    return hours * 3600 + minutes * 60 + seconds


def _has_alpha(stream: Any) -> bool:
    if stream.codec_context.name == "gif":
        return False
    shape = stream.codec_context.format
    return stream.metadata.get("alpha_mode") == "1" or bool(shape and any(c.is_alpha for c in shape.components))


def _first_picture(path: Path, container: av.container.InputContainer, stream: Any) -> av.VideoFrame:
    """Return the first picture."""
    try:
        picture = next(iter(container.decode(stream)), None)
    except av.FFmpegError as error:
        raise UnreadableMediaError(f"{path} holds no picture that can be decoded; get it again.") from error
    if picture is None:
        raise UnreadableMediaError(f"{path} holds no picture; get it again.")
    return picture
