"""Clips made on the spot, sent through reader, encoder and remuxer."""

from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest

from bonaface.media.encode import VideoEncoder, finish_video
from bonaface.media.video import VideoReader


def make_clip(
    path: Path,
    pts: list[int],
    size: tuple[int, int] = (64, 48),
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    rotation: int = 0,
    sound: str | None = None,
    base: Fraction = Fraction(1, 1000),
    b_frames: int = 0,
    sounds: int = 1,
    **settings: object,
) -> Path:
    """Write a clip of moving colour ramps with these timestamps; ``settings`` are the picture codec's."""
    width, height = size
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=25, options=settings.pop("options", {}))
        stream.width, stream.height, stream.pix_fmt = width, height, pix_fmt
        stream.codec_context.time_base = base
        stream.codec_context.max_b_frames = b_frames
        for name, value in settings.items():
            setattr(stream.codec_context, name, value)
        if rotation:
            stream.set_display_rotation(rotation)
        voices = [out.add_stream(sound, rate=48000) for _ in range(sounds)] if sound else []
        for k, at in enumerate(pts):
            ramp = np.add.outer(np.arange(height) * 2, np.arange(width)) + 3 * k
            rgb = np.stack([ramp, ramp[::-1], np.full_like(ramp, 90)], -1) % 200 + 20
            frame = av.VideoFrame.from_ndarray(rgb.astype(np.uint8), format="rgb24").reformat(format=pix_fmt)
            frame.pts, frame.time_base = at, base
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        tone = np.sin(np.arange(48000 * 2) / 40).astype(np.float32)[None] * 0.2
        for number, voice in enumerate(voices):
            for start in range(0, tone.shape[1], 960):
                samples = np.ascontiguousarray(tone[:, start : start + 960]) / (number + 1)
                piece = av.AudioFrame.from_ndarray(samples, "fltp", "mono")
                piece.sample_rate, piece.pts, piece.time_base = 48000, start, Fraction(1, 48000)
                out.mux(voice.encode(piece))
            out.mux(voice.encode(None))
    return path


def through(source: Path, destination: Path, pieces: int = 1, codec: str = "h264", **part: Fraction) -> list[str]:
    """Decode and encode a clip in so many segments, and join them."""
    segments = []
    with VideoReader(source) as reader:
        frames = list(reader.frames(**part))
    for k, piece in enumerate(np.array_split(np.arange(len(frames)), pieces)):
        segments.append(destination.with_name(f"segment{k}.mp4"))
        with VideoEncoder(segments[-1], reader.info, codec) as encoder:
            for index in piece:
                encoder.write(frames[index].rgb, frames[index].pts)
    return finish_video(segments, source, destination, **part)


def read(path: Path) -> tuple[list[Fraction], list[np.ndarray]]:
    with VideoReader(path) as reader:
        frames = list(reader.frames())
    return [frame.time_s for frame in frames], [frame.rgb for frame in frames]


def sound_packets(path: Path, track: int = 0) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(audio=track) if packet.size]


@pytest.fixture
def clips() -> SimpleNamespace:
    """The functions of this file."""
    return SimpleNamespace(make=make_clip, through=through, read=read, sound=sound_packets)
