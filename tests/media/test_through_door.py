"""A clip with everything in it passes the door: sealed, and nothing of it is lost."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import av
from av.subtitles.subtitle import SubtitleSet

from bonaface.marking.claim import Claim
from bonaface.marking.door import VideoRelease
from bonaface.marking.read import read_seal
from bonaface.media.video import VideoReader
from bonaface.terms.permit import Permit
from bonaface.terms.picture import Unmarked

CLAIM = Claim((Permit("3f", "Ann", "media-licence", "art", date(2999, 1, 1), "ab" * 32, "not documented"),))


def test_two_sounds_subtitles_and_odd_times_come_out_sealed(clips: SimpleNamespace, tmp_path: Path) -> None:
    times = [0, 33, 70, 100, 180, 190, 400, 433, 500, 1000]
    plain = clips.make(tmp_path / "plain.mkv", times, size=(160, 120), sound="aac", sounds=2)
    source = tmp_path / "told.mkv"
    with av.open(str(plain)) as old, av.open(str(source), "w") as out:
        streams = {s.index: out.add_stream_from_template(s) for s in old.streams}
        text = out.add_stream("subrip")
        text.codec_context.time_base = text.time_base = Fraction(1, 1000)
        text.codec_context.subtitle_header = b"[Script Info]\n\n[Events]\nFormat: Layer, Start, End, Text\n"
        for packet in old.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                out.mux(packet)
        line = text.codec_context.encode_subtitle(SubtitleSet.create(b"0,0,Default,,0,0,0,,hello", 0, 500))
        line.pts = line.dts = 100
        line.duration, line.time_base, line.stream = 500, Fraction(1, 1000), text
        out.mux(line)
    destination, home = tmp_path / "out.mp4", tmp_path / "home"
    with VideoReader(source) as reader, VideoRelease(source, reader.info, destination, CLAIM, home=home) as release:
        for frame in reader.frames():
            release.write(Unmarked(frame.rgb), frame)
        released = release.finish()
    assert any("subtitles" in remark for remark in released.remarks)
    assert released.beside == ()
    seal = read_seal(destination, home=home)
    assert (seal.state, seal.signer) == ("whole", "trusted")
    assert clips.read(destination)[0] == [Fraction(t, 1000) for t in times]
    for track in (0, 1):
        assert clips.sound(destination, track) == clips.sound(source, track)
    with av.open(str(destination)) as out:
        assert [bytes(p)[2:7] for p in out.demux(subtitles=0) if p.size > 2] == [b"hello"]
