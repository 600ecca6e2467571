"""Read still pictures: upright, RGB, 8 or 16 bits, with colour profile, EXIF and transparency beside."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageCms, UnidentifiedImageError

from bonaface.media.kind import head_of
from bonaface.terms.errors import MissingPartError, UnreadableMediaError
from bonaface.terms.picture import Picture, as_rgb8

MOST_PIXELS = 200_000_000
"""Larger pictures are refused: a few kilobytes can claim a picture that fills the memory."""
_HEIC = (b"heic", b"heix", b"mif1", b"msf1", b"heim", b"heis")
_DAMAGED = (
    UnidentifiedImageError, OSError, EOFError, ValueError, SyntaxError, RuntimeError, TypeError, LookupError,
    ArithmeticError, MemoryError, struct.error, zlib.error, cv2.error,
)  # fmt: skip
"""What Pillow's and OpenCV's readers raise for damaged files, as found by feeding them some thousands."""
_ORIENTATION, _BITS = 0x0112, 258
_LAYOUT_OF_A_TIFF = {
    254,
    256,
    257,
    258,
    259,
    262,
    266,
    273,
    277,
    278,
    279,
    284,
    317,
    320,
    *range(322, 326),
    338,
    339,
    347,
    700,
    34675,
}
"""Tags that say how the pixels of a TIFF lie; they stand among its EXIF and are wrong for any other file."""


def read_image(path: Path) -> Picture:
    """Return a picture as it is seen; of one that moves, the first frame, with a remark.

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
                _check_size(path, image)
                deep = _is_deep(image, head)
                image.load()
                return _deep(path, image) if deep else _shallow(path, image)
    except UnreadableMediaError:
        raise
    except Image.DecompressionBombError as error:
        raise UnreadableMediaError(
            f"{path} claims more pixels than can be read; make it smaller than {MOST_PIXELS // 10**6} million."
        ) from error
    except _DAMAGED as error:
        raise UnreadableMediaError(
            f"{path} is damaged or no picture that can be read; get it again or convert it to PNG."
        ) from error


def in_srgb(picture: Picture) -> Picture:
    """Return the picture in sRGB and 8 bits, if it had a colour profile; without that, and without EXIF."""
    if picture.icc is None:
        return replace(picture, exif=None)
    remarks = (*picture.remarks, "Its colours were converted to sRGB.")
    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(picture.icc))
        shown = Image.fromarray(as_rgb8(picture.rgb))
        turned = ImageCms.profileToProfile(shown, own, ImageCms.createProfile("sRGB"), outputMode="RGB")
        rgb = as_rgb8(picture.rgb) if turned is None else np.asarray(turned)
    except (ImageCms.PyCMSError, OSError):  # a broken profile, or one of greys: the plain way is better than none
        rgb = as_rgb8(picture.rgb)
    alpha = picture.alpha
    if alpha is not None and alpha.dtype == np.uint16:
        alpha = (alpha >> 8).astype(np.uint8)
    return replace(picture, rgb=rgb, alpha=alpha, icc=None, exif=None, remarks=remarks)


def _check_size(path: Path, image: Image.Image) -> None:
    if image.width * image.height > MOST_PIXELS:
        raise UnreadableMediaError(
            f"{path} has {image.width}x{image.height} pixels; make it smaller than {MOST_PIXELS // 10**6} million."
        )


def _is_deep(image: Image.Image, head: bytes) -> bool:
    """Tell whether a picture has 16 bits, which Pillow would cut to 8."""
    if image.format == "PNG":
        return head[24] == 16
    return image.format == "TIFF" and max(image.tag_v2.get(_BITS, (8,))) == 16  # type: ignore[attr-defined]


def _shallow(path: Path, image: Image.Image) -> Picture:
    if image.mode in ("I", "F"):
        raise UnreadableMediaError(f"{path} has 32 bits a pixel, whose white nobody knows; convert it to 16 bits.")
    exif, icc = image.getexif(), image.info.get("icc_profile")
    orientation = _orientation_of(image)
    grey = image.mode in ("1", "L", "LA", "La")
    clear = image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info
    if image.mode == "CMYK":
        image, icc = _from_inks(image, icc), None
    pixels = _upright(np.asarray(image.convert("RGBA" if clear else "RGB")), orientation)
    alpha = np.ascontiguousarray(pixels[..., 3]) if clear else None
    rgb = np.ascontiguousarray(pixels[..., :3])
    return Picture(path, rgb, _format_of(image, path), alpha, icc, _block(exif), grey, _remarks(path, image))


def _deep(path: Path, image: Image.Image) -> Picture:
    pixels = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.dtype != np.uint16:
        raise UnreadableMediaError(f"{path} is damaged or of a rare kind; convert it to a PNG of 16 bits.")
    grey = pixels.ndim == 2 or bool((np.ptp(pixels[..., :3], axis=2) == 0).all())
    rgb = np.repeat(pixels[..., None], 3, axis=2) if pixels.ndim == 2 else pixels[..., 2::-1]
    alpha = pixels[..., 3] if pixels.ndim == 3 and pixels.shape[2] == 4 else None
    # OpenCV turns a TIFF as it says, and a PNG not.
    orientation = 1 if image.format == "TIFF" else _orientation_of(image)
    return Picture(
        path,
        _upright(rgb, orientation),
        image.format or "PNG",
        None if alpha is None else _upright(alpha, orientation),
        image.info.get("icc_profile"),
        _block(image.getexif()),
        grey,
        _remarks(path, image),
    )


def _orientation_of(image: Image.Image) -> int:
    # Pillow has turned a TIFF while it loaded it, and forgotten the tag.
    orientation = image.getexif().get(_ORIENTATION, 1)
    return orientation if orientation in range(1, 9) else 1


def _block(exif: Image.Exif) -> bytes | None:
    """The EXIF block for an upright picture; its thumbnail, which shows what was there before, is not in it."""
    if _ORIENTATION in exif:
        exif[_ORIENTATION] = 1
    for tag in _LAYOUT_OF_A_TIFF & set(exif):
        del exif[tag]
    return exif.tobytes() if len(exif) else None


def _format_of(image: Image.Image, path: Path) -> str:
    if image.format:
        return image.format
    with Image.open(path) as again:  # conversions forget it
        return again.format or "PNG"


def _from_inks(image: Image.Image, icc: bytes | None) -> Image.Image:
    """Return a picture of four inks in sRGB, by its own profile where it has one."""
    if icc is None:
        return image.convert("RGB")
    try:
        inks = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        turned = ImageCms.profileToProfile(image, inks, ImageCms.createProfile("sRGB"), outputMode="RGB")
        return image.convert("RGB") if turned is None else turned
    except (ImageCms.PyCMSError, OSError):  # a broken profile: the plain way is better than none
        return image.convert("RGB")


def _remarks(path: Path, image: Image.Image) -> tuple[str, ...]:
    count = getattr(image, "n_frames", 1)
    if count > 1 and image.format != "MPO":  # a phone's second picture is a depth or gain map
        return (f"{path.name} holds {count} pictures; only the first was used (convert it to MP4 to use all).",)
    return ()


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
