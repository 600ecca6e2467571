"""Subtitles of a clip on their way into another: kept in MP4's own form, converted, or left out and named."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import av
from av.subtitles.subtitle import SubtitleSet

from bonaface.media.sound import Part, Timed

_TEXT = frozenset({"subrip", "srt", "ass", "ssa", "webvtt", "text"})
_STYLED = frozenset({"ass", "ssa"})
_DEFAULT_S = 3
"""How long a line stands whose end the file does not tell."""


class SubtitleTracks:
    """All subtitle tracks of a source; ``remarks`` are sentences on what is not as it was."""

    def __init__(self, original: Any, out: Any, part: Part) -> None:
        """Announce the tracks to the result."""
        self.remarks: list[str] = []
        self._original, self._part = original, part
        self._streams: dict[int, tuple[Any, bool]] = {}
        for track in original.streams.subtitles:
            context = track.codec_context
            name = "unknown" if context is None else context.name
            if name == "mov_text":
                stream = out.add_stream_from_template(track)
            elif name in _TEXT:
                stream = _encoder(out, track)
                lost = ", without fonts and places" if name in _STYLED else ""
                self.remarks.append(f"The subtitles ({name}) were converted to the MP4's own form{lost}.")
            else:
                self.remarks.append(f"The subtitles in pictures ({name}) were left out; they stay in the source.")
                continue
            if "language" in track.metadata:
                stream.metadata["language"] = track.metadata["language"]
            self._streams[track.index] = stream, name == "mov_text"

    def __bool__(self) -> bool:
        """Tell whether there is anything to take along."""
        return bool(self._streams)

    def packets(self) -> Iterator[Timed]:
        """Yield packets in the order of the source."""
        chosen = [track for track in self._original.streams.subtitles if track.index in self._streams]
        try:
            for packet in self._original.demux(chosen):
                if packet.pts is None or not packet.size:
                    continue
                stream, copied = self._streams[packet.stream.index]
                time_s = Fraction(packet.pts) * packet.time_base
                if self._part.holds(time_s):
                    made = packet if copied else _converted(packet, stream)
                    if made is None:
                        continue
                    made.pts = made.dts = round((time_s - self._part.shift_s) / made.time_base)
                    made.stream = stream
                    yield time_s - self._part.shift_s, 2, made
        except (av.FFmpegError, OSError) as error:
            self.remarks.append(f"The subtitles break off ({error.strerror}); what is there was used.")


def _encoder(out: Any, track: Any) -> Any:
    track.codec_context.open(strict=False)  # its header says how its text is marked up
    stream = out.add_stream("mov_text")
    stream.codec_context.time_base = stream.time_base = Fraction(1, 1000)
    stream.codec_context.subtitle_header = track.codec_context.subtitle_header
    return stream


def _converted(packet: Any, stream: Any) -> av.Packet | None:
    """The same line in MP4's form; None where there is nothing to read."""
    decoded = packet.stream.codec_context.decode2(packet)
    lines = [] if decoded is None else [rect.ass for rect in decoded if rect.type == b"ass"]
    if not lines:
        return None
    length_s = Fraction(packet.duration) * packet.time_base if packet.duration else Fraction(_DEFAULT_S)
    length_ms = round(length_s * 1000)
    made = stream.codec_context.encode_subtitle(SubtitleSet.create(lines[0], 0, length_ms))
    made.time_base, made.duration = Fraction(1, 1000), length_ms
    return made
