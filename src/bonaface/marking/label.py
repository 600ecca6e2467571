"""The visible label: a few words on a dark plate in a corner, off the faces, on every picture that leaves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from bonaface.terms.arrays import Floats, Rgb
from bonaface.terms.errors import UsageError
from bonaface.terms.picture import Unmarked

Box = tuple[int, int, int, int]
"""x, y, width, height in pixels."""

TEXTS = ("AI-generated face swap", "AI face swap", "AI")
"""The words, shorter ones for pictures where the first do not fit."""
AS_GIVEN = ("Pictures as given, no face swap", "No face swap", "As given")
"""The words on a sheet that shows a person's own pictures and nothing that was rendered."""
PRESETS = {"small": 0.020, "large": 0.050}
"""Height of the letters (of a capital, not of the line) as a share of the picture's shortest side."""
_LEAST_LETTER_PX = 7
_PLATE_ALPHA = 0.68
"""White letters on it keep a contrast of at least 7 to 1 (WCAG AAA) also over white: see the test."""
_BRIGHTEST = {"smpte2084": 0.58, "arib-std-b67": 0.75}
"""Code value of reference white, 203 cd/m2 (ITU-R BT.2408): full code would glare at up to 10,000."""
_OVERLAP_TO_LEAVE = 0.10
_STAY_S = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """The drawn label, ready to be laid over a picture.

    ``premultiplied`` (h, w, 3) in the pictures' dtype: colour times opacity; ``keep`` (h, w, 1) in 0..256: how much
    of the picture shines through; uint16 for uint8 pictures, uint32 for uint16, so that products fit.
    """

    premultiplied: Rgb
    keep: np.ndarray
    text: str


class Label:
    """The label of one picture or clip: drawn once, put in the corner that overlaps the faces least, and left there.

    It moves only when a face comes under it while another corner is free, and never within two seconds of moving.
    """

    def __init__(
        self,
        height_px: int,
        width_px: int,
        dtype: np.dtype[np.generic],
        preset: str = "small",
        *,
        transfer: str = "",
        expected_faces: Iterable[Box] = (),
        place: Box | None = None,
        texts: Sequence[str] = TEXTS,
    ) -> None:
        """Draw the label for pictures of one size and dtype (uint8 or uint16).

        Args:
            preset: a name out of `PRESETS`. transfer: of the video, as in `VideoInfo`.
            expected_faces: boxes of all frames to come, where they are known; then it need never move.
            place: where it stood before, of a clip that is taken up again.
            texts: the words, `TEXTS` or `AS_GIVEN`.

        Raises:
            UsageError: no such preset.
        """
        self._patch = draw_patch(height_px, width_px, dtype, preset, _BRIGHTEST.get(transfer, 1.0), texts)
        self._places = _places(height_px, width_px, *self._patch.premultiplied.shape[:2])
        self._place = place if place in self._places else None
        expected = list(expected_faces)
        if expected and self._place is None:
            self._place = min(self._places, key=lambda place: _overlap(place, expected))
        self._moved_s = -_STAY_S

    @property
    def text(self) -> str:
        """The words that fitted."""
        return self._patch.text

    def lay_over(self, unmarked: Unmarked, time_s: float = 0.0) -> tuple[Rgb, Box]:
        """Return a copy of the pixels with the label, and the box of the label: nothing outside of it differs.

        ``time_s`` must not go backwards from call to call.
        """
        x, y, w, h = box = self._settle(unmarked.face_boxes_xywh_px, time_s)
        rgb = unmarked.rgb.copy()
        under = rgb[y : y + h, x : x + w]
        shining = (under * self._patch.keep) >> 8
        rgb[y : y + h, x : x + w] = self._patch.premultiplied + shining.astype(rgb.dtype)
        return rgb, box

    def _settle(self, faces: Sequence[Box], time_s: float) -> Box:
        if self._place is None:
            self._place, self._moved_s = min(self._places, key=lambda place: _overlap(place, faces)), time_s
        elif _overlap(self._place, faces) > _OVERLAP_TO_LEAVE and time_s - self._moved_s >= _STAY_S:
            best = min(self._places, key=lambda place: _overlap(place, faces))
            if _overlap(best, faces) <= _OVERLAP_TO_LEAVE / 2:
                self._place, self._moved_s = best, time_s
        return self._place


def draw_patch(
    height_px: int,
    width_px: int,
    dtype: np.dtype[np.generic],
    preset: str = "small",
    brightest: float = 1.0,
    texts: Sequence[str] = TEXTS,
) -> Patch:
    """Return the label for pictures of this size; in tiny ones the shortest words are squeezed to what there is.

    ``brightest`` is the code value of its white, 0..1; ``texts`` are the words, the longest first.

    Raises:
        UsageError: no such preset.
    """
    if preset not in PRESETS:
        raise UsageError(f"There is no label preset {preset!r}; choose one of: {', '.join(PRESETS)}.")
    letter_px = max(_LEAST_LETTER_PX, int(np.ceil(PRESETS[preset] * min(height_px, width_px))))
    for text in texts:
        opacity, light = _draw(text, letter_px)
        if opacity.shape[1] <= 0.9 * width_px and opacity.shape[0] <= 0.5 * height_px:
            break
    else:
        size = min(opacity.shape[1], width_px), min(opacity.shape[0], height_px)
        opacity, light = _squeeze(opacity, size), _squeeze(light, size)
    full = float(np.iinfo(dtype).max)  # type: ignore[type-var]
    keep = np.round((1 - opacity) * 256)
    # From the rounded opacity, so that letter and background never sum to more than white.
    colour = np.minimum(opacity * light * brightest, 1 - keep / 256) * full
    premultiplied = np.repeat(np.floor(colour)[:, :, None], 3, axis=2).astype(dtype)
    return Patch(premultiplied, keep[:, :, None].astype(np.uint16 if full == 255 else np.uint32), text)


def _draw(text: str, letter_px: int) -> tuple[Floats, Floats]:
    """Return opacity and lightness, (h, w) float32 0..1, of a plate with a thin border and white letters on it."""
    font = _font_of_capital_height(letter_px)
    left, top, right, bottom = (round(edge) for edge in font.getbbox(text))
    pad_x, pad_y = round(0.7 * letter_px), round(0.55 * letter_px)
    size = right - left + 2 * pad_x, bottom - top + 2 * pad_y
    letters = Image.new("L", size, 0)
    ImageDraw.Draw(letters).text((pad_x - left, pad_y - top), text, fill=255, font=font)
    plate = Image.new("L", size, 0)
    ImageDraw.Draw(plate).rounded_rectangle((0, 0, size[0] - 1, size[1] - 1), radius=letter_px // 2, fill=255)
    ink = np.asarray(letters, np.float32) / 255
    ground = np.asarray(plate, np.float32) / 255 * _PLATE_ALPHA
    opacity = np.maximum(ink, ground)
    return opacity, np.divide(ink, np.maximum(opacity, 1e-6))


def _font_of_capital_height(letter_px: int) -> ImageFont.FreeTypeFont:
    size = letter_px
    while True:
        font = ImageFont.load_default(size)
        if not isinstance(font, ImageFont.FreeTypeFont):
            raise UsageError("Pillow was built without FreeType, so no label can be drawn; install Pillow's own wheel.")
        top, bottom = font.getbbox("I")[1::2]
        if bottom - top >= letter_px:
            return font
        size += 1


def _squeeze(picture: Floats, size_wh: tuple[int, int]) -> Floats:
    return np.clip(np.asarray(Image.fromarray(picture).resize(size_wh, Image.Resampling.BOX), np.float32), 0, 1)


def _places(height_px: int, width_px: int, high: int, wide: int) -> list[Box]:
    """Return the corners, then the middles of the edges; the first of equally good ones is taken."""
    margin = min(max(2, round(0.02 * min(height_px, width_px))), (height_px - high) // 2, (width_px - wide) // 2)
    left, centre, right = margin, (width_px - wide) // 2, width_px - wide - margin
    top, bottom = margin, height_px - high - margin
    spots = [(left, bottom), (right, bottom), (right, top), (left, top), (centre, bottom), (centre, top)]
    return [(x, y, wide, high) for x, y in spots]


def _overlap(place: Box, faces: Sequence[Box]) -> float:
    """Return the share of the label that faces cover, summed over the faces."""
    x, y, w, h = place
    shared = 0
    for face_x, face_y, face_w, face_h in faces:
        across = min(x + w, face_x + face_w) - max(x, face_x)
        down = min(y + h, face_y + face_h) - max(y, face_y)
        shared += max(0, across) * max(0, down)
    return shared / (w * h)
