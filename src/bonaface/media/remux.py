"""Put a clip together without encoding: its segments, the sound of its source untouched, its subtitles."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import av

from bonaface.media.container import open_container, picture_stream
from bonaface.media.scratch import room_in
from bonaface.media.sound import Part, SoundTracks, Timed
from bonaface.media.subtitles import SubtitleTracks
from bonaface.terms.errors import SealError

Sound = Literal["kept", "anew", "none"]
"""As the source has it, with its subtitles; encoded afresh, so that nothing else of the source comes along; or not."""


def finish_video(
    segments: list[Path],
    source: Path,
    destination: Path,
    start_s: Fraction | None = None,
    end_s: Fraction | None = None,
    *,
    sound: Sound = "kept",
) -> list[str]:
    """Join segments and take over the source's sound; returns sentences on what was changed or could not be kept.

    Timestamps are the source's, or count from ``start_s``; a source that begins before 0 is moved to 0. Sound packets
    are copied byte for byte where the container can hold them, else encoded as AAC. Text subtitles become those of MP4.

    Raises:
        SealError: frames are missing from the result. NoSpaceError: the disk is full.
    """
    try:
        remarks = _join(segments, source, destination, start_s, end_s, sound)
    except av.FFmpegError:  # headers so damaged that no container takes them
        remarks = _join(segments, source, destination, start_s, end_s, "none")
        remarks.append(f"The sound and subtitles of {source.name} are damaged and were left out.")
    made, wanted = _frames(destination), sum(_frames(path) for path in segments)
    if made != wanted:
        raise SealError(f"{destination.name} holds {made} of {wanted} frames; run the same command again.")
    return remarks


def _join(
    segments: list[Path],
    source: Path,
    destination: Path,
    start_s: Fraction | None,
    end_s: Fraction | None,
    sound: Sound,
) -> list[str]:
    """Write the result."""
    kind = "mov" if destination.suffix.lower() == ".mov" else "mp4"
    with ExitStack() as opened:
        # One reader for each kind of track: they run at their own pace and nothing piles up between them.
        original, other, texts = (opened.enter_context(open_container(source)) for _ in range(3))
        first = opened.enter_context(av.open(str(segments[0])))
        picture: Any = picture_stream(original)
        base = Fraction(picture.time_base)
        origin = Fraction(picture.start_time or 0) * base
        rotation = int(next(iter(original.decode(picture))).rotation)
        begin = None if start_s is None else origin + start_s
        # MP4 hides what begins before 0, so such a clip is moved as a whole.
        shift = min(Fraction(0), origin) if begin is None else begin
        part = Part(shift, begin, None if end_s is None else origin + end_s)
        with room_in(destination.parent), av.open(str(destination), "w", format=kind) as out:
            video: Any = out.add_stream_from_template(first.streams.video[0], opaque=True)
            video.time_base = base
            if rotation:
                video.set_display_rotation(rotation)
            pictures = _pictures(segments, video, base, part)
            sounds = None if sound == "none" else SoundTracks(other, out, kind, part, anew=sound == "anew")
            subtitles = SubtitleTracks(texts, out, part) if sound == "kept" else None
            tracks = [pictures, *(each.packets() for each in (sounds, subtitles) if each)]
            for _, _, packet in heapq.merge(*tracks, key=lambda item: item[:2]):
                out.mux(packet)
        said = [remark for each in (sounds, subtitles) if each is not None for remark in each.remarks]
        if sound == "anew" and original.streams.subtitles:
            said.append("The subtitles were left out.")
        return [*said, *_lost(original)]


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


def _lost(original: Any) -> list[str]:
    """Sentences on what no result takes along."""
    remarks = []
    covers = sum(bool(s.disposition & av.stream.Disposition.attached_pic) for s in original.streams.video)
    if len(original.streams.video) - covers > 1:
        remarks.append(
            f"Only the first of {len(original.streams.video) - covers} video tracks was used; the others were left out."
        )
    if covers:
        remarks.append("The cover picture was left out.")
    if original.streams.data or original.streams.attachments:
        remarks.append("Data tracks and attachments were left out.")
    if original.chapters():
        remarks.append("The chapters were left out.")
    return remarks


def _frames(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(1 for packet in container.demux(video=0) if packet.size)
