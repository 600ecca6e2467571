"""What a file is, told from its content and never from its name."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from bonaface.media.container import open_container, picture_stream
from bonaface.terms.errors import MissingFileError, UnreadableMediaError

MEDIA_ENDINGS = frozenset(
    [
        ".jpg", ".jpeg", ".png", ".webp", ".avif", ".tif", ".tiff", ".heic", ".heif",
        ".mp4", ".mov", ".m4v", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".mts",
        ".m2ts", ".3gp", ".wmv", ".flv", ".bmp", ".gif",
    ]
)  # fmt: skip
"""What is taken from a folder; a file that is named is always tried."""

_IMAGE_BRANDS = (b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1", b"heim", b"heis")


def kind_of(path: Path) -> Literal["image", "video"]:
    """Return whether a file is a still picture or a clip.

    Raises:
        MissingFileError: nothing is there, or a folder is.
        UnreadableMediaError: it is neither, or damaged.
    """
    head = head_of(path)
    if is_image(head):
        return "image"
    with open_container(path) as container:
        if picture_stream(container) is not None:
            return "video"
    raise UnreadableMediaError(f"{path} holds no pictures, only sound or data; choose a picture or a clip.")


def head_of(path: Path) -> bytes:
    """Return the first bytes of a file, after the checks that every reader needs.

    Raises:
        MissingFileError: nothing is there, or a folder is. UnreadableMediaError: it is empty or may not be read.
    """
    if path.is_dir():
        raise MissingFileError(f"{path} is a folder where a file is needed; name a file in it.")
    if not path.is_file():
        raise MissingFileError(f"{path} does not exist; check the name.")
    try:
        with path.open("rb") as file:
            head = file.read(32)
    except OSError as error:
        raise UnreadableMediaError(f"{path} may not be read ({error.strerror}); check its rights.") from error
    if not head:
        raise UnreadableMediaError(f"{path} is empty; get the file again.")
    return head


def is_image(head: bytes) -> bool:
    """Tell from the first 32 bytes whether a file is a still picture of a known type."""
    return (
        head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"))
        or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")
        or (head.startswith(b"BM") and head[6:10] == bytes(4))
        or (head[4:8] == b"ftyp" and head[8:12] in _IMAGE_BRANDS)
    )


def find_media(paths: Iterable[Path]) -> list[Path]:
    """Return the files named, and those in the folders named (with their folders) that look like media, sorted.

    Raises:
        MissingFileError: a path does not exist.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(p for p in path.rglob("*") if _looks_like_media(p) and p.is_file())
        elif path.is_file():
            found.append(path)
        else:
            raise MissingFileError(f"{path} does not exist; check the name.")
    return found


def _looks_like_media(path: Path) -> bool:
    # A point in front is what systems put beside media: thumbnails, "._IMG_0001.jpg" of macOS.
    return path.suffix.lower() in MEDIA_ENDINGS and not path.name.startswith(".")
