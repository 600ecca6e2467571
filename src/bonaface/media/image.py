"""Read still pictures: upright, RGB, 8 or 16 bits, with colour profile, EXIF and transparency beside."""

from __future__ import annotations

import warnings
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from bonaface.media.kind import head_of
from bonaface.terms.errors import MissingPartError, UnreadableMediaError
from bonaface.terms.picture import Picture

MOST_PIXELS = 200_000_000
"""Larger pictures are refused: a few kilobytes can claim a picture that fills the memory."""
IMAGE_TYPES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".avif", ".tif", ".tiff", ".heic", ".heif"})
_HEIC = (b"heic", b"heix", b"mif1", b"msf1", b"heim", b"heis")
_ORIENTATION = 0x0112


def read_image(path: Path) -> Picture:
    """Return a picture as it is seen.

    Raises:
        MissingFileError: nothing is there, or a folder is.
        UnreadableMediaError: empty, damaged, of an unknown type, or larger than `MOST_PIXELS`.
        MissingPartError: a HEIC picture without the extra that reads it.
    """
    head = head_of(path)
    if head[4:8] == b"ftyp" and head[8:12] in _HEIC:
        _register_heic(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of odd metadata, which harms nothing
            with Image.open(path) as image:
                if image.width * image.height > MOST_PIXELS:
                    raise UnreadableMediaError(
                        f"{path} has {image.width}x{image.height} pixels; make it smaller than "
                        f"{MOST_PIXELS // 10**6} million."
                    )
                image.load()
                return _picture(path, image)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        if isinstance(error, UnreadableMediaError):
            raise
        raise UnreadableMediaError(
            f"{path} is damaged or no picture that can be read; get it again or convert it."
        ) from error


def _picture(path: Path, image: Image.Image) -> Picture:
    exif = image.getexif()
    orientation = exif.get(_ORIENTATION, 1)
    icc = image.info.get("icc_profile")
    kind = image.format or "PNG"
    deep = _read_deep(path, kind)
    if orientation in range(2, 9):
        exif[_ORIENTATION] = 1
    block = exif.tobytes() if len(exif) else None
    if deep is not None:
        rgb, alpha = deep
        rgb = _upright(rgb, orientation)
        alpha = None if alpha is None else _upright(alpha, orientation)
        return Picture(path, rgb, kind, alpha, icc, block)
    upright = ImageOps.exif_transpose(image)
    grey = upright.mode in ("1", "L", "LA", "I;16", "I", "F")
    clear = upright.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in upright.info
    if upright.mode == "CMYK":
        icc = None  # the profile is one of inks; what is written is RGB
    pixels = np.asarray(upright.convert("RGBA" if clear else "RGB"))
    alpha = np.ascontiguousarray(pixels[..., 3]) if clear else None
    return Picture(path, np.ascontiguousarray(pixels[..., :3]), kind, alpha, icc, block, grey)


def _read_deep(path: Path, kind: str) -> tuple[np.ndarray, np.ndarray | None] | None:
    """Pixels and transparency of a picture of 16 bits (Pillow would cut it to 8), None for any other."""
    if kind not in ("PNG", "TIFF"):
        return None
    pixels = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.dtype != np.uint16:
        return None
    if pixels.ndim == 2:
        return np.repeat(pixels[..., None], 3, axis=2), None
    rgb = np.ascontiguousarray(pixels[..., 2::-1])
    return rgb, np.ascontiguousarray(pixels[..., 3]) if pixels.shape[2] == 4 else None


def _upright(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Apply the EXIF orientation 1 to 8."""
    if orientation in (5, 6, 7, 8):
        pixels = np.swapaxes(pixels, 0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)


def _register_heic(path: Path) -> None:
    try:
        import pillow_heif  # noqa: PLC0415  # an optional extra
    except ImportError as error:
        raise MissingPartError(
            f"{path} is a HEIC picture; install the extra that reads it (pip install 'bonaface[heic]') or convert it."
        ) from error
    pillow_heif.register_heif_opener()
