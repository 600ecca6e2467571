"""Clips through reader, encoder and remuxer: timestamps, rotation, sound and depth stay."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from bonaface.media.encode import VideoEncoder, finish_video
from bonaface.media.video import VideoReader, probe


def make_clip(
    path: Path,
    pts: list[int],
    size: tuple[int, int] = (64, 48),
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    rotation: int = 0,
    sound: str | None = None,
    base: Fraction = Fraction(1, 1000),
) -> Path:
    """Write a clip of moving colour ramps with these timestamps."""
    width, height = size
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = width, height, pix_fmt
        stream.codec_context.time_base = base
        if rotation:
            stream.set_display_rotation(rotation)
        voice = out.add_stream(sound, rate=48000) if sound else None
        for k, at in enumerate(pts):
            ramp = np.add.outer(np.arange(height) * 2, np.arange(width)) + 3 * k
            rgb = np.stack([ramp, ramp[::-1], np.full_like(ramp, 90)], -1) % 200 + 20
            frame = av.VideoFrame.from_ndarray(rgb.astype(np.uint8), format="rgb24").reformat(format=pix_fmt)
            frame.pts, frame.time_base = at, base
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        if voice is not None:
            tone = np.sin(np.arange(48000 * 2) / 40).astype(np.float32)[None] * 0.2
            for start in range(0, tone.shape[1], 960):
                piece = av.AudioFrame.from_ndarray(np.ascontiguousarray(tone[:, start : start + 960]), "fltp", "mono")
                piece.sample_rate, piece.pts, piece.time_base = 48000, start, Fraction(1, 48000)
                for packet in voice.encode(piece):
                    out.mux(packet)
            for packet in voice.encode(None):
                out.mux(packet)
    return path


def through(source: Path, destination: Path, pieces: int = 1, **part: Fraction) -> list[str]:
    """Decode and encode a clip in so many segments, and join them."""
    segments = []
    with VideoReader(source) as reader:
        frames = list(reader.frames(**part))
    for k, piece in enumerate(np.array_split(np.arange(len(frames)), pieces)):
        segments.append(destination.with_name(f"segment{k}.mp4"))
        with VideoEncoder(segments[-1], reader.info) as encoder:
            for index in piece:
                encoder.write(frames[index].rgb, frames[index].pts)
    return finish_video(segments, source, destination, **part)


def read(path: Path) -> tuple[list[Fraction], list[np.ndarray]]:
    with VideoReader(path) as reader:
        frames = list(reader.frames())
    return [frame.time_s for frame in frames], [frame.rgb for frame in frames]


def sound_packets(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(audio=0) if packet.size]


@pytest.mark.parametrize(
    ("name", "pts", "options"),
    [
        ("constant.mp4", list(range(0, 1200, 40)), {}),
        ("varying.mp4", [0, 33, 70, 100, 180, 190, 400, 433, 500, 1000], {}),
        ("late.mp4", list(range(400, 1200, 40)), {}),
        ("odd.mp4", list(range(0, 800, 40)), {"size": (63, 47), "pix_fmt": "yuv444p"}),
        ("ten.mp4", list(range(0, 400, 40)), {"codec": "libx265", "pix_fmt": "yuv420p10le"}),
        ("reordered.mkv", list(range(0, 1200, 40)), {}),
        ("web.webm", list(range(0, 400, 40)), {"codec": "libvpx-vp9"}),
    ],
)
def test_times_and_pictures_stay(tmp_path: Path, name: str, pts: list[int], options: dict[str, object]) -> None:
    source = make_clip(tmp_path / name, pts, **options)  # type: ignore[arg-type]
    through(source, tmp_path / "out.mp4", pieces=3)
    before, pictures = read(source)
    after, results = read(tmp_path / "out.mp4")
    assert after == before
    assert len(before) == len(pts)
    for old, new in zip(pictures, results, strict=True):
        assert new.shape == old.shape
        assert new.dtype == old.dtype
        scale = 257 if old.dtype == np.uint16 else 1
        assert np.abs(old.astype(float) - new).mean() < 5 * scale


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_rotation_stays_and_frames_come_upright(tmp_path: Path, rotation: int) -> None:
    source = make_clip(tmp_path / "turned.mp4", list(range(0, 400, 40)), rotation=rotation)
    through(source, tmp_path / "out.mp4")
    before, after = probe(source), probe(tmp_path / "out.mp4")
    assert before.rotation_deg == after.rotation_deg == rotation
    assert (after.width_px, after.height_px) == ((48, 64) if rotation != 180 else (64, 48))
    np.testing.assert_allclose(read(source)[1][3].astype(float), read(tmp_path / "out.mp4")[1][3], atol=24)


@pytest.mark.parametrize("codec", ["aac", "libopus", "mp2"])
def test_sound_is_copied_byte_for_byte_and_may_outlast_the_pictures(tmp_path: Path, codec: str) -> None:
    source = make_clip(tmp_path / "talk.mkv", list(range(0, 1000, 40)), sound=codec)
    assert through(source, tmp_path / "out.mp4", pieces=2) == []
    assert sound_packets(tmp_path / "out.mp4") == sound_packets(source)


def test_sound_that_mp4_cannot_hold_is_encoded_and_said(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "talk.mkv", list(range(0, 1000, 40)), sound="pcm_s16le")
    (remark,) = through(source, tmp_path / "out.mp4")
    assert "AAC" in remark
    assert sound_packets(tmp_path / "out.mp4")


def test_a_part_begins_at_zero_and_takes_its_sound_along(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "talk.mkv", list(range(0, 2000, 40)), sound="aac")
    through(source, tmp_path / "out.mp4", start_s=Fraction(1, 2), end_s=Fraction(1))
    times, _ = read(tmp_path / "out.mp4")
    assert times[0] < Fraction(1, 20)
    assert len(times) == 12
    assert 20 < len(sound_packets(tmp_path / "out.mp4")) < 30
