"""What stands beside the pictures: sound, subtitles, covers and further tracks are kept, converted or named."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest
from av.subtitles.subtitle import SubtitleSet
from PIL import Image

from bonaface.media.kind import kind_of
from bonaface.media.video import VideoReader, probe
from bonaface.terms.errors import UnreadableMediaError

EVERY_40 = list(range(0, 1000, 40))


def remade(source: Path, destination: Path, extra, **options: str) -> Path:
    """Copy a clip packet by packet into another container and let ``extra(out)`` add tracks and their packets."""
    with av.open(str(source)) as old, av.open(str(destination), "w", **options) as out:
        streams = {s.index: out.add_stream_from_template(s) for s in old.streams}
        late = extra(out)
        for packet in old.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                out.mux(packet)
        late()
    return destination


def captions(codec: str):
    """Add three lines of text, from 0.2, 0.4 and 0.6 s, 150 ms each."""

    def extra(out):
        stream = out.add_stream(codec)
        stream.codec_context.time_base = stream.time_base = Fraction(1, 1000)
        stream.metadata["language"] = "fra"
        header = "[Script Info]\nScriptType: v4.00+\n\n[Events]\nFormat: Layer, Start, End, Text\n"
        stream.codec_context.subtitle_header = header.encode()

        def late() -> None:
            for k, word in enumerate(("bon", "visage", "élève")):
                line = f"{k},0,Default,,0,0,0,,{word}".encode()
                packet = stream.codec_context.encode_subtitle(SubtitleSet.create(line, 0, 150))
                packet.pts = packet.dts = 200 * (k + 1)
                packet.duration, packet.time_base, packet.stream = 150, Fraction(1, 1000), stream
                out.mux(packet)

        return late

    return extra


def read_captions(path: Path) -> list[tuple[float, float, str]]:
    with av.open(str(path)) as container:
        (track,) = container.streams.subtitles
        assert track.codec_context.name == "mov_text"
        return [
            (float(p.pts * p.time_base), float(p.duration * p.time_base), bytes(p)[2:].decode().split("\0")[0])
            for p in container.demux(track)
            if p.size > 2
        ]


@pytest.mark.parametrize(
    ("codec", "ending"), [("subrip", "mkv"), ("ass", "mkv"), ("webvtt", "webm"), ("mov_text", "mp4")]
)
def test_subtitles_are_those_of_the_source(clips: SimpleNamespace, tmp_path: Path, codec: str, ending: str) -> None:
    pictures = "libvpx-vp9" if ending == "webm" else "libx264"
    plain = clips.make(tmp_path / f"plain.{ending}", EVERY_40, codec=pictures)
    source = remade(plain, tmp_path / f"told.{ending}", captions(codec))
    remarks = clips.through(source, tmp_path / "out.mp4", pieces=2)
    assert bool(remarks) == (codec != "mov_text")
    assert all("converted" in remark for remark in remarks)
    assert read_captions(tmp_path / "out.mp4") == [(0.2, 0.15, "bon"), (0.4, 0.15, "visage"), (0.6, 0.15, "élève")]
    with av.open(str(tmp_path / "out.mp4")) as out:
        assert out.streams.subtitles[0].language == "fra"


def test_subtitles_of_a_part_move_with_it(clips: SimpleNamespace, tmp_path: Path) -> None:
    plain = clips.make(tmp_path / "plain.mkv", EVERY_40)
    source = remade(plain, tmp_path / "told.mkv", captions("subrip"))
    clips.through(source, tmp_path / "out.mp4", start_s=Fraction(3, 10), end_s=Fraction(7, 10))
    assert [(round(at, 3), text) for at, _, text in read_captions(tmp_path / "out.mp4")] == [
        (0.1, "visage"),
        (0.3, "élève"),
    ]


def test_several_sound_tracks_stay_apart(clips: SimpleNamespace, tmp_path: Path) -> None:
    source = clips.make(tmp_path / "talk.mkv", EVERY_40, sound="aac", sounds=2)
    assert clips.through(source, tmp_path / "out.mp4", pieces=2) == []
    for track in (0, 1):
        assert clips.sound(tmp_path / "out.mp4", track) == clips.sound(source, track)
    assert clips.sound(source, 0) != clips.sound(source, 1)


@pytest.mark.parametrize(
    ("codec", "ending", "copied"),
    [
        ("pcm_s16le", "mov", True),
        ("aac", "mov", True),
        ("flac", "mp4", True),
        ("ac3", "mp4", True),
        ("libmp3lame", "mp4", True),
        ("libopus", "mov", False),
        ("flac", "mov", False),
        ("pcm_f32le", "mp4", False),
    ],
)
def test_sound_is_copied_where_the_container_can_hold_it(
    clips: SimpleNamespace, tmp_path: Path, codec: str, ending: str, copied: bool
) -> None:
    source = clips.make(tmp_path / "talk.mkv", EVERY_40, sound=codec)
    remarks = clips.through(source, tmp_path / f"out.{ending}")
    # MOV has no bounds between pieces of PCM, so the bytes are compared.
    assert (b"".join(clips.sound(tmp_path / f"out.{ending}")) == b"".join(clips.sound(source))) == copied
    assert bool(remarks) != copied
    with av.open(str(tmp_path / f"out.{ending}")) as out:
        heard = sum(frame.samples for frame in out.decode(audio=0)) / 48000
    assert heard == pytest.approx(2.0, abs=0.06)


def test_vorbis_becomes_aac_and_sounds_the_same(clips: SimpleNamespace, tmp_path: Path) -> None:
    plain = clips.make(tmp_path / "plain.webm", EVERY_40, codec="libvpx-vp9")

    def extra(out):
        voice = out.add_stream("vorbis", rate=48000, options={"strict": "-2"})
        voice.codec_context.layout = "stereo"

        def late() -> None:
            tone = np.sin(np.arange(48000) / 20).astype(np.float32) * 0.3
            for start in range(0, 48000, 960):
                piece = av.AudioFrame.from_ndarray(np.stack([tone[start : start + 960]] * 2), "fltp", "stereo")
                piece.sample_rate, piece.pts, piece.time_base = 48000, start, Fraction(1, 48000)
                out.mux(voice.encode(piece))
            out.mux(voice.encode(None))

        return late

    source = remade(plain, tmp_path / "talk.webm", extra)
    (remark,) = clips.through(source, tmp_path / "out.mp4")
    assert "vorbis" in remark
    with av.open(str(tmp_path / "out.mp4")) as out:
        heard = np.concatenate([frame.to_ndarray()[0] for frame in out.decode(audio=0)])
    assert np.abs(heard[4800:40000]).max() == pytest.approx(0.3, abs=0.05)


def test_six_channels_stay_six(clips: SimpleNamespace, tmp_path: Path) -> None:
    plain = clips.make(tmp_path / "plain.mkv", EVERY_40)

    def extra(out):
        voice = out.add_stream("pcm_s16le", rate=96000)
        voice.codec_context.layout = "5.1"

        def late() -> None:
            for start in range(0, 96000, 960):
                piece = av.AudioFrame.from_ndarray(np.full((1, 960 * 6), 900, np.int16), "s16", "5.1")
                piece.sample_rate, piece.pts, piece.time_base = 96000, start, Fraction(1, 96000)
                out.mux(voice.encode(piece))
            out.mux(voice.encode(None))

        return late

    clips.through(remade(plain, tmp_path / "talk.mkv", extra), tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4")) as out:
        context = out.streams.audio[0].codec_context
        assert (context.channels, context.sample_rate) == (6, 48000)
        assert sum(frame.samples for frame in out.decode(audio=0)) == pytest.approx(48000, abs=3000)


def test_a_cover_picture_is_not_the_clip(clips: SimpleNamespace, tmp_path: Path) -> None:
    cover = io.BytesIO()
    Image.new("RGB", (30, 20), "red").save(cover, "PNG")

    def extra(out):
        out.add_attachment("cover.png", "image/png", cover.getvalue())
        return lambda: None

    plain = clips.make(tmp_path / "plain.mkv", EVERY_40)
    source = remade(plain, tmp_path / "covered.mkv", extra)
    with av.open(str(source)) as container:
        assert len(container.streams.video) == 2
    assert (probe(source).width_px, probe(source).height_px) == (64, 48)
    (remark,) = clips.through(source, tmp_path / "out.mp4")
    assert "cover" in remark
    assert len(clips.read(tmp_path / "out.mp4")[0]) == len(EVERY_40)


def test_sound_with_a_cover_is_no_clip(clips: SimpleNamespace, tmp_path: Path) -> None:
    cover = io.BytesIO()
    Image.new("RGB", (30, 20), "red").save(cover, "PNG")
    with av.open(str(tmp_path / "song.mkv"), "w") as out:
        voice = out.add_stream("aac", rate=48000)
        out.add_attachment("cover.png", "image/png", cover.getvalue())
        piece = av.AudioFrame.from_ndarray(np.zeros((1, 9600), np.float32), "fltp", "mono")
        piece.sample_rate, piece.pts = 48000, 0
        out.mux(voice.encode(piece))
        out.mux(voice.encode(None))
    for look in (kind_of, probe):
        with pytest.raises(UnreadableMediaError, match="pictures"):
            look(tmp_path / "song.mkv")


def test_a_second_video_track_is_named(clips: SimpleNamespace, tmp_path: Path) -> None:
    plain = clips.make(tmp_path / "plain.mkv", EVERY_40)

    def extra(out):
        second = out.add_stream("libx264", rate=25)
        second.width, second.height, second.pix_fmt = 32, 32, "yuv420p"

        def late() -> None:
            out.mux(second.encode(av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8))))
            out.mux(second.encode(None))

        return late

    (remark,) = clips.through(remade(plain, tmp_path / "two.mkv", extra), tmp_path / "out.mp4")
    assert "2 video tracks" in remark


def test_damaged_sound_does_not_lose_the_pictures(clips: SimpleNamespace, tmp_path: Path) -> None:
    source = clips.make(tmp_path / "talk.mkv", EVERY_40, sound="flac")
    content = bytearray(source.read_bytes())
    content[-6000:] = bytes(6000)
    source.write_bytes(content)
    clips.through(source, tmp_path / "out.mov")
    assert clips.read(tmp_path / "out.mov")[0]


def test_a_sound_track_that_no_container_takes_does_not_lose_the_pictures(
    clips: SimpleNamespace, tmp_path: Path
) -> None:
    source = clips.make(tmp_path / "talk.mkv", EVERY_40, sound="libopus")
    content = source.read_bytes()
    at = content.index(b"\x63\xa2\x93OpusHead")  # the codec's header becomes a void
    content = content[:at] + b"\xec\x94" + bytes(20) + content[at + 22 :]
    source.write_bytes(content)
    (remark,) = clips.through(source, tmp_path / "out.mp4", pieces=2)
    assert "damaged and were left out" in remark
    assert len(clips.read(tmp_path / "out.mp4")[0]) == len(EVERY_40)


def test_a_clip_without_sound_stays_without(clips: SimpleNamespace, tmp_path: Path) -> None:
    source = clips.make(tmp_path / "mute.mp4", EVERY_40)
    assert clips.through(source, tmp_path / "out.mp4") == []
    with VideoReader(tmp_path / "out.mp4") as reader:
        assert not reader.info.has_sound
