"""Read clips frame by frame: upright RGB with exact timestamps, in constant memory."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import av
import numpy as np

from bonaface.media.colour import matrix_of
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
_PIXEL_LIMIT = 16384


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
        try:
            self._container = av.open(str(path), metadata_errors="replace")
        except (av.FFmpegError, OSError, ValueError) as error:
            raise UnreadableMediaError(
                f"{path} is no clip that can be read; convert it to MP4 or get it again."
            ) from error
        self.remarks: list[str] = []
        try:
            self.info = _look(path, self._container)
        except BaseException:
            self._container.close()
            raise

    def __enter__(self) -> VideoReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._container.close()

    def frames(self, start_s: Fraction | None = None, end_s: Fraction | None = None) -> Iterator[Frame]:
        """Yield the frames whose time lies in start_s <= t < end_s, upright, uint8 or (above 8 bits) uint16.

        Times count from the beginning of the clip. A clip that breaks off gives what is there, with a remark.
        """
        stream = self._container.streams.video[0]
        origin = Fraction(stream.start_time or 0) * self.info.time_base
        if start_s is not None and start_s > 1:
            self._container.seek(int((origin + start_s - 1) / self.info.time_base), stream=stream)
        index, last = 0, None
        try:
            for picture in self._container.decode(stream):
                pts = picture.pts if picture.pts is not None else picture.dts
                if pts is None or (last is not None and pts <= last):
                    continue  # two pictures at one time: the second was never seen
                last = pts
                time_s = Fraction(pts) * self.info.time_base
                if start_s is not None and time_s - origin < start_s:
                    continue
                if end_s is not None and time_s - origin >= end_s:
                    return
                yield Frame(index, pts, time_s, self._upright(picture))
                index += 1
        except av.FFmpegError as error:
            if index == 0:
                raise UnreadableMediaError(
                    f"{self.info.path} holds no picture that can be decoded; get it again."
                ) from error
            self.remarks.append(f"{self.info.path.name} breaks off after {index} frames; what is there was used.")

    def _upright(self, picture: av.VideoFrame) -> np.ndarray:
        deep = self.info.bit_depth > 8
        matrix, full = matrix_of(int(picture.colorspace), int(picture.color_range), picture.height)
        rgb = picture.reformat(
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


def _look(path: Path, container: av.container.InputContainer) -> VideoInfo:
    if not container.streams.video:
        raise UnreadableMediaError(f"{path} holds no pictures; choose a clip with a video track.")
    stream = container.streams.video[0]
    context = stream.codec_context
    if context is None or not context.width or not context.height or stream.time_base is None:
        raise UnreadableMediaError(f"{path} has a video track of an unknown codec; convert it to MP4 (H.264).")
    if max(context.width, context.height) > _PIXEL_LIMIT:
        raise UnreadableMediaError(
            f"{path} is {context.width}x{context.height}; make it at most {_PIXEL_LIMIT} pixels wide."
        )
    stream.thread_type = "AUTO"
    rotation, transfer = _first_picture(path, container)
    turned = rotation % 180 == 90
    depth = max((component.bits for component in context.format.components), default=8) if context.format else 8
    duration = None
    if stream.duration:
        duration = Fraction(stream.duration) * stream.time_base
    elif container.duration:
        duration = Fraction(container.duration, 1_000_000)
    return VideoInfo(
        path=path,
        container=container.format.name,
        codec=context.name,
        width_px=context.height if turned else context.width,
        height_px=context.width if turned else context.height,
        rate=Fraction(stream.average_rate or stream.guessed_rate or 25),
        time_base=Fraction(stream.time_base),
        rotation_deg=rotation,
        bit_depth=depth,
        transfer=transfer,
        has_sound=bool(container.streams.audio),
        frame_count=stream.frames or None,
        duration_s=duration,
        hdr=transfer in _HDR,
    )


def _first_picture(path: Path, container: av.container.InputContainer) -> tuple[int, str]:
    """Rotation in degrees (0, 90, 180, 270, counter-clockwise to be upright) and name of the transfer function."""
    try:
        picture = next(iter(container.decode(video=0)), None)
    except av.FFmpegError as error:
        raise UnreadableMediaError(f"{path} holds no picture that can be decoded; get it again.") from error
    if picture is None:
        raise UnreadableMediaError(f"{path} holds no picture; get it again.")
    rotation = int(picture.rotation) % 360
    transfer = _TRANSFERS.get(int(picture.color_trc), "bt709")
    container.seek(0)
    return (rotation if rotation % 90 == 0 else 0), transfer
