"""Put a clip together without encoding: its segments, the sound of its source untouched, its subtitles beside."""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from bonaface.terms.errors import SealError

_COPIED = frozenset({"aac", "mp3", "mp2", "mp1", "ac3", "eac3", "opus", "flac", "alac"})
"""Sound that an MP4 may hold as it is."""
_TEXT = frozenset({"subrip", "srt", "ass", "ssa", "webvtt", "mov_text", "text"})
Timed = tuple[Fraction, int, av.Packet]


@dataclass(frozen=True, slots=True)
class Part:
    """The part of the source that is wanted: its clock's reading at time 0 of the result, and the end."""

    shift_s: Fraction
    start_s: Fraction | None
    end_s: Fraction | None


def finish_video(
    segments: list[Path],
    source: Path,
    destination: Path,
    start_s: Fraction | None = None,
    end_s: Fraction | None = None,
) -> list[str]:
    """Join segments and take over the source's sound; returns sentences on what was changed or could not be kept.

    Timestamps are the source's, or count from ``start_s``. Sound packets are copied byte for byte where the container
    can hold them, else encoded as AAC. Text subtitles are put beside, as ``<name>.srt``.

    Raises:
        SealError: frames are missing from the result.
    """
    remarks: list[str] = []
    kind = "mov" if destination.suffix.lower() == ".mov" else "mp4"
    with av.open(str(source), metadata_errors="replace") as original, av.open(str(segments[0])) as first:
        picture = original.streams.video[0]
        origin = Fraction(picture.start_time or 0) * (picture.time_base or 1)
        rotation = int(next(iter(original.decode(video=0))).rotation)
        original.seek(0)
        part = Part(
            Fraction(0) if start_s is None else origin + start_s,
            None if start_s is None else origin + start_s,
            None if end_s is None else origin + end_s,
        )
        with av.open(str(destination), "w", format=kind) as out:
            video: Any = out.add_stream_from_template(first.streams.video[0])
            video.time_base = picture.time_base
            if rotation:
                video.set_display_rotation(rotation)
            sounds = _Sounds(original, out, kind, part, remarks)
            pictures = _pictures(segments, video, Fraction(picture.time_base or 1), part)
            for _, _, packet in heapq.merge(pictures, sounds.packets(), key=lambda item: item[:2]):
                out.mux(packet)
        _name_lost(original, remarks)
        if start_s is None and end_s is None:
            remarks += _subtitles(original, source, destination)
    made, wanted = _frames(destination), sum(_frames(path) for path in segments)
    if made != wanted:
        raise SealError(f"{destination.name} holds {made} of {wanted} frames; run the same command again.")
    return remarks


def _pictures(segments: list[Path], stream: Any, base: Fraction, part: Part) -> Iterator[Timed]:
    for path in segments:
        with av.open(str(path)) as segment:
            first = int(segment.metadata["first_pts"])
            for packet in segment.demux(video=0):
                if packet.pts is None or packet.dts is None:
                    continue
                pts = first + round(packet.pts * Fraction(packet.time_base) / base) - round(part.shift_s / base)
                packet.pts = packet.dts = pts
                packet.duration = round((packet.duration or 0) * Fraction(packet.time_base) / base)
                packet.time_base = base
                packet.stream = stream
                yield pts * base, 0, packet


class _Sounds:
    """The sound tracks of the source on their way into the result."""

    def __init__(self, original: Any, out: Any, kind: str, part: Part, remarks: list[str]) -> None:
        self._original, self._part = original, part
        self._streams: dict[int, tuple[Any, bool]] = {}
        for track in original.streams.audio:
            name = track.codec_context.name.removesuffix("float")
            if name in _COPIED or (kind == "mov" and name.startswith("pcm_")):
                self._streams[track.index] = out.add_stream_from_template(track), True
            else:
                coded = out.add_stream("aac", rate=track.codec_context.sample_rate)
                coded.codec_context.layout = "mono" if track.codec_context.channels == 1 else "stereo"
                self._streams[track.index] = coded, False
                remarks.append(f"The sound ({name}) was encoded as AAC, because {kind.upper()} cannot hold it.")

    def packets(self) -> Iterator[Timed]:
        """Yield copied and encoded packets in the order of the source."""
        if not self._streams:
            return
        chosen = [track for track in self._original.streams.audio if track.index in self._streams]
        for packet in self._original.demux(chosen):
            stream, copied = self._streams[packet.stream.index]
            if not copied:
                yield from self._encoded(packet, stream)
            elif packet.dts is not None:
                time_s = Fraction(packet.pts) * packet.time_base
                if self._wanted(time_s):
                    shift = round(self._part.shift_s / packet.time_base)
                    packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
                    packet.stream = stream
                    yield time_s - self._part.shift_s, 1, packet

    def _encoded(self, packet: Any, stream: Any) -> Iterator[Timed]:
        for frame in packet.decode():
            time_s = Fraction(frame.pts) * frame.time_base
            if not self._wanted(time_s):
                continue
            frame.pts -= round(self._part.shift_s / frame.time_base)
            for made in stream.encode(frame):
                yield Fraction(made.pts) * made.time_base, 1, made
        if packet.size == 0:
            for made in stream.encode(None):
                yield Fraction(made.pts) * made.time_base, 1, made

    def _wanted(self, time_s: Fraction) -> bool:
        part = self._part
        return (part.start_s is None or time_s >= part.start_s) and (part.end_s is None or time_s < part.end_s)


def _name_lost(original: Any, remarks: list[str]) -> None:
    if len(original.streams.video) > 1:
        remarks.append(
            f"Only the first of {len(original.streams.video)} video tracks was used; the others were left out."
        )
    if original.streams.data or original.streams.attachments:
        remarks.append("Data tracks and attachments were left out.")


def _subtitles(original: Any, source: Path, destination: Path) -> list[str]:
    remarks = []
    for number, track in enumerate(original.streams.subtitles):
        name = track.codec_context.name if track.codec_context else "unknown"
        if name not in _TEXT:
            remarks.append(f"The subtitles in pictures ({name}) were left out; they stay in {source.name}.")
            continue
        cues = _cues(source, number)
        if cues:
            beside = destination.with_name(f"{destination.stem}{'' if number == 0 else f'.{number + 1}'}.srt")
            beside.write_text("\n".join(cues), encoding="utf-8")
            remarks.append(f"The subtitles were put beside the clip, as {beside.name}.")
    return remarks


def _cues(source: Path, number: int) -> list[str]:
    out: list[str] = []
    with av.open(str(source), metadata_errors="replace") as container:
        track: Any = container.streams.subtitles[number]
        for packet in container.demux(track):
            if packet.pts is None or not packet.size:
                continue
            text = _plain(bytes(packet), track.codec_context.name)
            begin = Fraction(packet.pts) * packet.time_base
            end = begin + Fraction(packet.duration or round(2 / packet.time_base)) * packet.time_base
            if text:
                out.append(f"{len(out) + 1}\n{_clock(begin)} --> {_clock(end)}\n{text}\n")
    return out


def _plain(raw: bytes, codec: str) -> str:
    """The text of one subtitle packet without its markup."""
    if codec == "mov_text":
        raw = raw[2 : 2 + int.from_bytes(raw[:2], "big")]
    text = raw.decode("utf-8", "replace")
    if codec in ("ass", "ssa"):
        text = re.sub(r"\{[^}]*\}", "", text.split(",", 8)[-1]).replace("\\N", "\n").replace("\\n", "\n")
    return text.strip()


def _clock(time_s: Fraction) -> str:
    ms = round(time_s * 1000)
    return f"{ms // 3600000:02d}:{ms // 60000 % 60:02d}:{ms // 1000 % 60:02d},{ms % 1000:03d}"


def _frames(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(1 for packet in container.demux(video=0) if packet.size)
