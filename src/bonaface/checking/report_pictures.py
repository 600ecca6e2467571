"""The pictures of a report, from the file itself: whole frames, true pixels of each face, its residual, its map."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from bonaface.media.image import in_srgb, read_image
from bonaface.media.scratch import atomic_path
from bonaface.media.video import VideoReader
from bonaface.terms.arrays import Doubles, Floats, Rgb8
from bonaface.terms.finding import Look
from bonaface.terms.picture import as_rgb8

GAIN = 8
"""How much the residual is exaggerated."""
FULL_COLOUR_AT = 48
"""A difference of so many grey levels has the map's full colour."""
_FINE_PX = 1.0
_AROUND = 1.7
"""Side of the close-up, in sides of the square that was looked at."""
_MAP_PX = 72
_MARKED = 0.5
_MAP_RGB = (255, 40, 120)
_QUALITIES = (88, 66, 36)


@dataclass(frozen=True, slots=True)
class Plate:
    """A picture in the report: ``uri``, and which part of the file's picture it shows, in that one's pixels.

    ``scale`` display pixels per pixel of the file, at most 1.
    """

    uri: str
    x: int
    y: int
    width: int
    height: int
    scale: float


@dataclass(frozen=True, slots=True)
class Mark:
    """One face on a plate, in pixels of the file's picture: its ``outline``, where its number stands, and the map.

    ``matrix`` lays the map's picture ``uri`` (`side` wide) over the file's picture; ``border`` is the SVG path around
    what is marked, in the same coordinates as the map; ``share`` of the square that is marked, None without a map.
    """

    number: int
    outline: str
    badge_xy: tuple[float, float]
    matrix: str
    side: int
    uri: str = ""
    border: str = ""
    share: float | None = None


def pictures_at(path: Path, kind: str, times_s: Iterable[float | None]) -> dict[float | None, Rgb8]:
    """Return the file's picture (H, W, 3) by time; of a still the time is None.

    Raises:
        MissingFileError, UnreadableMediaError: with the cure.
    """
    if kind != "video":
        return {None: as_rgb8(in_srgb(read_image(path)).rgb)}
    wanted = sorted({time_s for time_s in times_s if time_s is not None})
    found: dict[float | None, Rgb8] = {}
    with VideoReader(path) as reader:
        begin = next((float(frame.time_s) for frame in reader.frames()), 0.0)
    for time_s in wanted:
        with VideoReader(path) as reader:
            start_s = reader.info.time_base * max(0, int((time_s - begin - 0.01) / reader.info.time_base))
            for frame in reader.frames(start_s=start_s):
                if float(frame.time_s) >= time_s - 1e-4:
                    found[time_s] = as_rgb8(frame.rgb)
                    break
    return found


def whole(rgb8: Rgb8, most_px: int, most_bytes: int) -> Plate:
    """Return the whole picture, at most ``most_px`` wide or high."""
    height, width = rgb8.shape[:2]
    scale = min(1.0, most_px / max(height, width))
    return Plate(data_uri(_shrunk(rgb8, scale), most_bytes), 0, 0, width, height, scale)


def differing(rgb8: Rgb8, away: Floats, most_px: int, most_bytes: int) -> Plate:
    """Return the picture, grey, and in colour where it differs from the original by ``away`` (H, W) grey levels."""
    strength = np.clip(np.nan_to_num(away) / FULL_COLOUR_AT, 0, 1)[..., None]
    grey = 60 + 0.5 * cv2.cvtColor(rgb8, cv2.COLOR_RGB2GRAY).astype(np.float32)[..., None]
    mixed = grey * (1 - strength) + np.array(_MAP_RGB, np.float32) * strength
    return whole(mixed.astype(np.uint8), most_px, most_bytes)


def close_up(rgb8: Rgb8, look: Look, most_px: int, most_bytes: int) -> tuple[Plate, Plate, Rgb8]:
    """Return a face and what is around it, its residual, and its pixels as they are in the file.

    Nothing is turned or enlarged, since that would change the residual.
    """
    height, width = rgb8.shape[:2]
    corners = _corners(look)
    middle, reach = corners.mean(0), np.ptp(corners, axis=0).max() * _AROUND / 2
    left, top = (int(np.clip(v - reach, 0, n - 1)) for v, n in zip(middle, (width, height), strict=True))
    right, bottom = (int(np.clip(v + reach, low + 1, n)) for v, low, n in
                     zip(middle, (left, top), (width, height), strict=True))  # fmt: skip
    part = rgb8[top:bottom, left:right]
    scale = min(1.0, most_px / max(part.shape[:2]))
    shown = _shrunk(part, scale)
    place = left, top, right - left, bottom - top, scale
    return Plate(data_uri(shown, most_bytes), *place), Plate(data_uri(residual(shown), most_bytes), *place), part


def residual(rgb8: Rgb8) -> Rgb8:
    """Return what a picture has beyond its smooth version, `GAIN` times, around grey."""
    picture = rgb8.astype(np.float32)
    high = picture - cv2.GaussianBlur(picture, (0, 0), _FINE_PX)
    return np.clip(np.rint(128 + GAIN * high), 0, 255).astype(np.uint8)


def mark(number: int, look: Look) -> Mark:
    """Return a face's outline and the map of where it was changed, to lay over the file's picture."""
    corners = _corners(look)
    outline = " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
    side = look.crop.shape[0]
    turn = np.asarray(look.back, np.float64)
    move = turn[:, 2] + 0.5 - turn[:, :2] @ (0.5, 0.5)  # SVG counts from a pixel's corner, `back` from its middle
    matrix = " ".join(f"{value:.4f}" for value in (*turn[:, 0], *turn[:, 1], *move))
    badge = float(corners[:, 0].min()), float(corners[:, 1].min())
    if look.where is None:
        return Mark(number, outline, badge, matrix, side)
    fine = _fine(look.where)
    share = float((fine >= _MARKED).mean())
    return Mark(number, outline, badge, matrix, side, map_uri(look.where), _border(fine, side), share)


def map_uri(where: Floats) -> str:
    """Return a map (cells, cells) 0..1 as a picture of one colour, the more opaque the stronger."""
    fine = _fine(where)
    rgba = np.empty((*fine.shape, 4), np.uint8)
    rgba[..., :3] = _MAP_RGB
    rgba[..., 3] = (255 * np.clip(fine, 0, 1) ** 1.5).astype(np.uint8)
    return _coded(Image.fromarray(rgba), quality=60)


def data_uri(rgb8: Rgb8, most_bytes: int) -> str:
    """Return a picture as an address that holds it, of the best quality that fits ``most_bytes``."""
    image = Image.fromarray(np.ascontiguousarray(rgb8))
    for quality in _QUALITIES:
        uri = _coded(image, quality)
        if len(uri) <= most_bytes or min(image.size) < 64:
            return uri
        if len(uri) > 4 * most_bytes:  # coarser alone will not do
            return data_uri(_shrunk(rgb8, 1.4 * (most_bytes / len(uri)) ** 0.5), most_bytes)
    return data_uri(_shrunk(rgb8, 0.7), most_bytes)


def sharpest(looks: Sequence[Look]) -> Look:
    """Return the look with the most detail, large ones first."""
    return max(looks, key=lambda look: look.quality.detail + np.log(max(look.quality.face_px, 1.0)))


def save_png(rgb8: Rgb8, path: Path) -> None:
    """Write a picture without loss.

    Raises:
        NoSpaceError: the disk is full or the folder cannot be written.
    """
    image = Image.fromarray(np.ascontiguousarray(rgb8))
    with atomic_path(path) as temporary:
        image.save(temporary, "PNG")


def _corners(look: Look) -> Doubles:
    side = look.crop.shape[0] - 0.5
    ends = np.array([[-0.5, -0.5], [side, -0.5], [side, side], [-0.5, side]])
    back = np.asarray(look.back, np.float64)
    return (ends @ back[:, :2].T + back[:, 2] + 0.5).astype(np.float64)


def _fine(where: Floats) -> Floats:
    small = np.nan_to_num(np.asarray(where, np.float32))
    fine = cv2.resize(small, (_MAP_PX, _MAP_PX), interpolation=cv2.INTER_CUBIC)
    return np.clip(fine, 0, 1).astype(np.float32)


def _border(fine: Floats, side: int) -> str:
    """Return the SVG path around what is marked, in a square ``side`` wide."""
    marked = (fine >= _MARKED).astype(np.uint8)
    lines, _ = cv2.findContours(marked, cv2.RETR_LIST, cv2.CHAIN_APPROX_TC89_L1)
    scale = side / _MAP_PX
    paths = []
    for line in lines:
        points = [f"{(x + 0.5) * scale:.1f} {(y + 0.5) * scale:.1f}" for x, y in line.reshape(-1, 2)]
        if len(points) > 2:
            paths.append(f"M{'L'.join(points)}Z")
    return "".join(paths)


def _shrunk(rgb8: Rgb8, scale: float) -> Rgb8:
    if scale >= 1:
        return rgb8
    size = [max(1, round(n * scale)) for n in rgb8.shape[1::-1]]
    return cv2.resize(rgb8, size, interpolation=cv2.INTER_AREA).astype(np.uint8)


def _coded(image: Image.Image, quality: int) -> str:
    held = io.BytesIO()
    image.save(held, "WEBP", quality=quality, method=3)
    return f"data:image/webp;base64,{base64.b64encode(held.getvalue()).decode('ascii')}"
