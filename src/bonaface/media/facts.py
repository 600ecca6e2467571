"""What a file says of its own past, besides its pixels: container, encoder, camera, software. Facts, never guilt."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import numpy as np
from PIL import Image

from bonaface.media.container import open_container, picture_stream
from bonaface.media.kind import head_of, is_image
from bonaface.terms.errors import UnreadableMediaError

_MAKE, _MODEL, _SOFTWARE, _TAKEN = 0x010F, 0x0110, 0x0131, 0x9003
_PRIVATE = 0x8769  # the block of EXIF that holds the time of taking
_SCREENS = {
    (1920, 1080), (2560, 1440), (3840, 2160), (1366, 768), (1440, 900), (1680, 1050), (2560, 1600), (2880, 1800),
    (1170, 2532), (1179, 2556), (1206, 2622), (1284, 2778), (1290, 2796), (1320, 2868), (1125, 2436), (1080, 2340),
    (1080, 2400), (1440, 3120), (1440, 3200), (828, 1792), (750, 1334), (1536, 2048), (1640, 2360), (2048, 2732),
}  # fmt: skip
# The luminance table of the JPEG standard (ITU-T T.81, K.1), row by row as Pillow gives it.
_STANDARD = np.array(
    [
        16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29,
        51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121,
        120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
    ]
)  # fmt: skip
_GENERATORS = ("parameters", "prompt", "workflow", "Dream", "sd-metadata")
"""Texts that programs which make pictures from words leave in a PNG."""
_SOURCE_TYPE = re.compile(rb"digitalsourcetype/([A-Za-z]+)")
"""IPTC's word, at the end of its address."""
_AIGC = re.compile(rb"AIGC")
_HEAD = 1 << 18


def file_facts(path: Path) -> dict[str, str]:
    """Return what a picture or clip says of its past: name of the fact, in plain words.

    Raises:
        MissingFileError, UnreadableMediaError: with the cure.
    """
    head = head_of(path)
    facts = _picture_facts(path) if is_image(head) else _clip_facts(path)
    with path.open("rb") as file:
        start = file.read(_HEAD)
    if found := _SOURCE_TYPE.search(start):
        facts["declared source type"] = found.group(1).decode()
    if _AIGC.search(start):
        facts["declared AIGC"] = "carries the Chinese mark for media made by machine"
    return facts


def _picture_facts(path: Path) -> dict[str, str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path) as image:
                facts = {"format": str(image.format), "size": f"{image.width}x{image.height}"}
                exif = image.getexif()
                tables = getattr(image, "quantization", None)
                texts = [key for key in image.info if key in _GENERATORS]
                size = image.width, image.height
    except (OSError, ValueError, SyntaxError, LookupError, TypeError, Image.DecompressionBombError) as error:
        raise UnreadableMediaError(
            f"{path} is damaged or no picture that can be read; get it again or convert it to PNG."
        ) from error
    if tables:
        facts["compression"] = f"JPEG quality about {jpeg_quality(tables[0])}"
    camera = " ".join(str(exif[tag]).strip("\0 ") for tag in (_MAKE, _MODEL) if exif.get(tag))
    if camera:
        facts["camera"] = camera
    if exif.get(_SOFTWARE):
        facts["software"] = str(exif[_SOFTWARE]).strip("\0 ")
    taken = exif.get_ifd(_PRIVATE).get(_TAKEN)
    if taken:
        facts["taken"] = str(taken).strip("\0 ")
    if texts:
        facts["note"] = f"holds the text {texts[0]!r}, which programs that make pictures from words write"
    if not camera and {size, size[::-1]} & _SCREENS:
        facts["screen"] = f"{size[0]}x{size[1]} is the size of a screen, and no camera is named: perhaps a screenshot"
    return facts


def _clip_facts(path: Path) -> dict[str, str]:
    with open_container(path) as container:
        stream = picture_stream(container)
        if stream is None:
            raise UnreadableMediaError(f"{path} holds no pictures, only sound or data; choose a picture or a clip.")
        context, tags = stream.codec_context, {**container.metadata, **stream.metadata}
        facts = {"format": container.format.name.split(",")[0], "codec": context.name if context else "unknown"}
        facts["size"] = f"{stream.width}x{stream.height}"
        seconds = (container.duration or 0) / 1_000_000
        if seconds > 0:
            facts["duration"] = f"{seconds:.1f} s"
            facts["rate of data"] = f"{8 * path.stat().st_size / seconds / 1e6:.2f} Mbit/s"
    names = {"encoder": "encoder", "creation_time": "taken", "com.apple.quicktime.model": "camera"}
    names |= {"com.apple.quicktime.software": "software", "handler_name": "handler"}
    facts |= {words: str(tags[name]) for name, words in names.items() if tags.get(name)}
    if "Lavf" in facts.get("encoder", ""):
        facts["history"] = "written by FFmpeg, as most sites and editing programs do: not the camera's own file"
    return facts


def jpeg_quality(table: list[int]) -> int:
    """Return the quality whose table by the standard's formula (IJG) is nearest to a luminance table (64,)."""
    own = np.array(table, np.float64)
    if own.shape != _STANDARD.shape:
        return 0
    qualities = np.arange(1, 101)
    scale = np.where(qualities < 50, 5000 / qualities, 200 - 2 * qualities)
    tables = np.clip((_STANDARD * scale[:, None] + 50) // 100, 1, 255)
    return int(qualities[np.abs(tables - own).sum(1).argmin()])
