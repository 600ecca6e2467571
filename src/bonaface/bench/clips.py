"""Where the benchmark's clips lie, and their frames by number."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import av

from bonaface.bench.frames import Run
from bonaface.bench.pairs import Part
from bonaface.media.video import VideoReader
from bonaface.terms.arrays import Rgb8
from bonaface.terms.errors import MissingFileError
from bonaface.terms.picture import as_rgb8

_CURE = {
    "franck.mp4": "name its folder with --clips FOLDER, or get it with --fetch where npm is present",
    "": "name its folder with --clips FOLDER",
}


def clip_folders(named: Sequence[Path] = ()) -> list[Path]:
    """Return the folders to look in: those that were named, the examples, and the folder of shared media."""
    shared = os.environ.get("BONAFACE_SHARED")
    roots = [Path(shared)] if shared else []
    checkout = Path(__file__).resolve().parents[3]
    media = [folder / "media" for folder in (*roots, checkout.parent / "shared")]
    return [*named, checkout / "examples" / "media", *media, *(folder / "bench" for folder in media)]


def find_clip(file: str, folders: Iterable[Path]) -> Path:
    """Return the first folder's file of this name.

    Raises:
        MissingFileError: no folder has it.
    """
    for folder in folders:
        if (folder / file).is_file():
            return folder / file
    raise MissingFileError(f"The clip {file} is not at hand; {_CURE.get(file, _CURE[''])}.")


def numbered_frames(path: Path, wanted: Run) -> Iterator[tuple[int, Rgb8]]:
    """Yield number and picture of the wanted frames, counted from 0 at the clip's beginning.

    Raises:
        UnreadableMediaError: the clip cannot be read.
    """
    with VideoReader(path) as reader:
        for number, frame in enumerate(reader.frames()):
            if number >= wanted.stop:
                return
            if number in wanted:
                yield number, as_rgb8(frame.rgb)


def copy_beginning(path: Path, part: Part, destination: Path) -> Path:
    """Return ``destination`` with the part's packets as they are, no picture encoded anew; sound is left out.

    Raises:
        ValueError: a part that does not begin at the clip's beginning, which packets alone cannot give.
    """
    if part.start_s is not None:
        raise ValueError(f"Expected a part from the beginning of {part.file}, got one from {float(part.start_s):g} s.")
    with av.open(str(path)) as source, av.open(str(destination), "w") as copy:
        pictures = source.streams.video[0]
        out = copy.add_stream_from_template(pictures)
        for packet in source.demux(pictures):
            if packet.dts is None:
                continue
            # Packets come in the order of decoding: all that is shown before the first late one depends on none after.
            if part.end_s is not None and packet.pts is not None and packet.pts * packet.time_base >= part.end_s:
                break
            packet.stream = out
            copy.mux(packet)
    return destination
