"""Judges that share no code with bonaface: PyAV and ffprobe for media, c2pa's own reader and raw bytes for the seal."""

from __future__ import annotations

import hashlib
import json
import math
import shutil
import struct
import subprocess
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
from c2pa import C2paError, Reader
from PIL import Image

TYPES = {".mp4": "video/mp4", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}
_C2PA_IN_MP4 = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")


@dataclass(frozen=True, slots=True)
class Film:
    """What a clip is: size, exact times of its frames in seconds, and the bytes of its sound packets."""

    width: int
    height: int
    times_s: tuple[Fraction, ...]
    sound: tuple[bytes, ...]

    @property
    def frames(self) -> int:
        """How many pictures can be decoded."""
        return len(self.times_s)

    @property
    def steps_s(self) -> tuple[Fraction, ...]:
        """The times from each frame to the next."""
        return tuple(b - a for a, b in pairwise(self.times_s))


def look_at_film(path: Path) -> Film:
    """Return what PyAV decodes of a clip."""
    with av.open(str(path)) as container:
        pictures = container.streams.video[0]
        times = [Fraction(frame.pts) * pictures.time_base for frame in container.decode(pictures)]
        size = pictures.codec_context.width, pictures.codec_context.height
    return Film(*size, tuple(times), sound_of(path))


def sound_of(path: Path) -> tuple[bytes, ...]:
    """Return the sound packets of a clip as they lie in the file; none where it is silent."""
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return ()
        return tuple(bytes(packet) for packet in container.demux(container.streams.audio[0]) if packet.size)


def probe(path: Path) -> str:
    """Return what ffprobe says of a clip's first video stream, empty where there is no ffprobe."""
    program = shutil.which("ffprobe")
    if program is None:
        return ""
    words = ["-v", "error", "-count_frames", "-select_streams", "v:0", "-of", "csv=p=0"]
    shown = ["-show_entries", "stream=codec_name,width,height,nb_read_frames"]
    return subprocess.run([program, *words, *shown, str(path)], capture_output=True, text=True, check=True).stdout


def add_sound(clip: Path, path: Path, *, rate: int = 44100) -> Path:
    """Write a clip with the pictures of another as they are, and a tone of the same length beside them."""
    length_s = float(look_at_film(clip).times_s[-1])
    with av.open(str(clip)) as source, av.open(str(path), "w") as copy:
        pictures = copy.add_stream_from_template(source.streams.video[0])
        tone = copy.add_stream("aac", rate=rate, layout="mono")
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = pictures
                copy.mux(packet)
        for start in range(0, int(length_s * rate), 1024):
            wave = [math.sin(2 * math.pi * (220 + 0.01 * k) * k / rate) / 2 for k in range(start, start + 1024)]
            frame = av.AudioFrame(format="fltp", layout="mono", samples=1024)
            frame.planes[0].update(struct.pack("<1024f", *wave))
            frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
            copy.mux(tone.encode(frame))
        copy.mux(tone.encode(None))
    return path


def copy_streams(source: Path, path: Path) -> Path:
    """Write a clip's packets into a new file: all that stood beside them, a seal too, is left behind."""
    with av.open(str(source)) as old, av.open(str(path), "w") as new:
        streams = {stream.index: new.add_stream_from_template(stream) for stream in old.streams}
        for packet in old.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                new.mux(packet)
    return path


def is_run_of(part: tuple[bytes, ...], whole: tuple[bytes, ...]) -> bool:
    """Tell whether the packets stand in the whole one after the other and unchanged."""
    return any(whole[k : k + len(part)] == part for k in range(len(whole) - len(part) + 1))


def look_at_picture(path: Path) -> tuple[str, tuple[int, int]]:
    """Return the type and the size (width, height) that Pillow decodes."""
    with Image.open(path) as image:
        image.load()
        return str(image.format), image.size


def read_manifest(path: Path) -> dict[str, Any]:
    """Return what c2pa's own reader says of a file, with no settings of bonaface's; empty where it finds no seal."""
    try:
        with path.open("rb") as file, Reader(TYPES[path.suffix.lower()], file) as reader:
            said: dict[str, Any] = json.loads(reader.json())
            return said
    except C2paError.ManifestNotFound:
        return {}


def active(manifest: dict[str, Any]) -> dict[str, Any]:
    """Return the manifest that speaks for the file as it is."""
    found: dict[str, Any] = manifest["manifests"][manifest["active_manifest"]]
    return found


def broken(manifest: dict[str, Any]) -> list[str]:
    """Return the codes of what does not fit, but for who signed: a local signer is on nobody's list of trust."""
    failures = manifest.get("validation_results", {}).get("activeManifest", {}).get("failure", [])
    codes = [str(failure["code"]) for failure in failures]
    return [code for code in codes if not code.startswith("signingCredential.")]


def has_seal_bytes(path: Path) -> bool:
    """Tell from the raw bytes whether a manifest store (JUMBF, type c2pa) lies where the standard puts it."""
    content = path.read_bytes()
    if path.suffix.lower() == ".mp4":
        bodies = [body for kind, body in _boxes(content) if kind == b"uuid"]
        return any(body[:16] == _C2PA_IN_MP4 and b"jumdc2pa" in body for body in bodies)
    if content.startswith(b"\x89PNG"):
        return b"caBX" in content and b"jumdc2pa" in content
    return b"\xff\xeb" in content and b"jumdc2pa" in content


def _boxes(content: bytes) -> list[tuple[bytes, bytes]]:
    """Return the outermost boxes of an MP4: kind and what is inside."""
    found, at = [], 0
    while at + 8 <= len(content):
        size, kind = struct.unpack_from(">I4s", content, at)
        head = 8
        if size == 1:
            size, head = struct.unpack_from(">Q", content, at + 8)[0], 16
        end = at + size if size else len(content)
        found.append((kind, content[at + head : end]))
        at = max(end, at + head)
    return found


def sums_of(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file in a folder and in those below."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {str(path.relative_to(folder)): sum_of(path) for path in files}


def sum_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
