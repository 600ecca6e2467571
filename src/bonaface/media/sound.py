"""The sound of a clip on its way into another: packets untouched where the container can hold them, else AAC."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av

_COPIED = {
    "mp4": frozenset({"aac", "mp3", "mp2", "mp1", "ac3", "eac3", "opus", "flac", "alac"}),
    "mov": frozenset({"aac", "mp3", "mp2", "mp1", "ac3", "eac3", "alac"}),
}
"""Sound that a container may hold as it is."""
_HIGHEST_HZ = 48_000
_LAYOUTS = {1: "mono", 6: "5.1"}
"""What AAC keeps; all else is mixed to stereo."""
Timed = tuple[Fraction, int, av.Packet]
"""When, the order of the kind of track at the same time, and what."""


@dataclass(frozen=True, slots=True)
class Part:
    """The part of the source that is wanted: its clock's reading at time 0 of the result, its beginning and end."""

    shift_s: Fraction
    start_s: Fraction | None
    end_s: Fraction | None

    def holds(self, time_s: Fraction) -> bool:
        """Tell whether a moment of the source is wanted."""
        return (self.start_s is None or time_s >= self.start_s) and (self.end_s is None or time_s < self.end_s)


class SoundTracks:
    """All sound tracks of a source; ``remarks`` are sentences on what is not as it was."""

    def __init__(self, original: Any, out: Any, kind: str, part: Part, *, anew: bool = False) -> None:
        """Announce the tracks to the result; ``kind`` is "mp4" or "mov"; ``anew``: none is copied, nor its language."""
        self.remarks: list[str] = []
        self._original, self._part = original, part
        self._streams: dict[int, tuple[Any, bool]] = {}
        for track in original.streams.audio:
            if track.codec_context is None:
                self.remarks.append("A sound track of an unknown codec was left out.")
                continue
            name = track.codec_context.name.removesuffix("float")
            copied = not anew and (name in _COPIED[kind] or (kind == "mov" and name.startswith("pcm_")))
            stream = out.add_stream_from_template(track) if copied else self._encoder(out, track)
            if not copied:
                why = "so that nothing else comes along" if anew else f"because {kind.upper()} cannot hold it"
                self.remarks.append(f"The sound ({name}) was encoded as AAC, {why}.")
            if "language" in track.metadata and not anew:
                stream.metadata["language"] = track.metadata["language"]
            self._streams[track.index] = stream, copied

    def packets(self) -> Iterator[Timed]:
        """Yield copied and encoded packets in the order of the source."""
        chosen = [track for track in self._original.streams.audio if track.index in self._streams]
        if not chosen:
            return
        try:
            for packet in self._original.demux(chosen):
                stream, copied = self._streams[packet.stream.index]
                yield from self._copied(packet, stream) if copied else self._encoded(packet, stream)
        except (av.FFmpegError, OSError) as error:
            self.remarks.append(f"The sound breaks off ({error.strerror}); what is there was used.")

    def _encoder(self, out: Any, track: Any) -> Any:
        context = track.codec_context
        coded = out.add_stream("aac", rate=min(context.sample_rate, _HIGHEST_HZ))
        coded.codec_context.layout = _LAYOUTS.get(context.channels, "stereo")
        return coded

    def _copied(self, packet: Any, stream: Any) -> Iterator[Timed]:
        if packet.pts is None and packet.dts is None:
            return
        pts = packet.dts if packet.pts is None else packet.pts
        time_s = Fraction(pts) * packet.time_base
        if packet.size and self._part.holds(time_s):
            shift = round(self._part.shift_s / packet.time_base)
            packet.pts = packet.dts = pts - shift  # sound is never reordered
            packet.stream = stream
            yield time_s - self._part.shift_s, 1, packet

    def _encoded(self, packet: Any, stream: Any) -> Iterator[Timed]:
        try:
            frames = packet.decode()
        except av.FFmpegError:  # one damaged packet: a moment of silence
            return
        for frame in frames:
            if frame.pts is None or not self._part.holds(Fraction(frame.pts) * frame.time_base):
                continue
            frame.pts -= round(self._part.shift_s / frame.time_base)
            yield from self._made(stream.encode(frame))
        if packet.size == 0:
            yield from self._made(stream.encode(None))

    def _made(self, packets: list[Any]) -> Iterator[Timed]:
        for made in packets:
            yield Fraction(made.pts) * made.time_base, 1, made
