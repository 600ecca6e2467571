"""The picture of a coverage: what was filmed, what is missing, and what to film next, at a glance."""

from __future__ import annotations

import textwrap

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from bonaface.people.coverage import (
    DIRECTIONS,
    EXPRESSIONS,
    LIGHTS,
    MOUTHS,
    NEEDED,
    TILTS,
    Coverage,
    coverage_of,
    enough,
)
from bonaface.people.face_set import FaceSet
from bonaface.terms.picture import Unmarked

_CELL, _SMALL, _GAP, _EDGE = 132, 100, 10, 24
_LEFT = _EDGE + 64
_WIDTH = 1180
_ASIDE = _LEFT + 5 * (_CELL + _GAP) + 22
_BOTTOM = 70
"""Free for the label, which must not lie on what is to be read."""
_BACK, _INK, _FAINT, _GOOD, _FEW, _MISSING, _OPTIONAL = (
    (24, 26, 30), (238, 240, 243), (140, 146, 155), (63, 170, 106), (226, 168, 44), (229, 92, 80), (78, 83, 92),
)  # fmt: skip


def draw_coverage(face_set: FaceSet, name: str = "") -> Unmarked:
    """Return the coverage as a picture, 1180 wide: directions at the left, the rest at the right, advice below."""
    seen = coverage_of(face_set)
    lines = [line for advice in seen.advice for line in _wrapped(advice)]
    top = 96 + 3 * (_CELL + _GAP) + 28
    height = top + 34 + 25 * max(1, len(lines)) + _BOTTOM
    sheet = _Sheet(face_set, seen, height)
    sheet.head(name)
    sheet.directions()
    sheet.kinds()
    sheet.advice(top, lines)
    return Unmarked(np.asarray(sheet.image).copy(), None, ((0, 0, _WIDTH, height - _BOTTOM),))


def _wrapped(advice: str) -> list[str]:
    first, *rest = textwrap.wrap(advice, 120)
    return [f"- {first}", *(f"  {line}" for line in rest)]


class _Sheet:
    """The picture while it is drawn."""

    def __init__(self, face_set: FaceSet, seen: Coverage, height: int) -> None:
        self._faces, self._seen = face_set, seen
        self.image = Image.new("RGB", (_WIDTH, height), _BACK)
        self._draw = ImageDraw.Draw(self.image)
        self._least = enough(seen.count)

    def head(self, name: str) -> None:
        """Who this is, and how to read it."""
        title = f"What was filmed of {name}" if name else "What was filmed"
        self._text(_EDGE, 16, title, 24)
        pictures = "1 picture" if self._seen.count == 1 else f"{self._seen.count} pictures"
        self._text(_EDGE, 48, f"{pictures}; the numbers say how many of a kind.", 14, _FAINT)
        x = _ASIDE
        for colour, word in ((_GOOD, "enough"), (_FEW, "few"), (_MISSING, "missing"), (_OPTIONAL, "optional")):
            self._draw.rectangle((x, 22, x + 13, 35), fill=colour)
            x = self._text(x + 20, 20, word, 14) + 22

    def directions(self) -> None:
        """Five directions by three tilts."""
        for column, word in enumerate(DIRECTIONS):
            self._text(_LEFT + column * (_CELL + _GAP) + _CELL // 2, 74, word, 14, _FAINT, anchor="mt")
        for row, word in enumerate(TILTS):
            y = 96 + row * (_CELL + _GAP)
            self._text(_LEFT - 10, y + _CELL // 2, word, 14, _FAINT, anchor="rm")
            for column in range(5):
                here = (self._seen.fields[:, 0] == row) & (self._seen.fields[:, 1] == column)
                x, needed = _LEFT + column * (_CELL + _GAP), (row, column) in NEEDED
                self._cell(x, y, _CELL, here, 0, "film this" if needed else "")

    def kinds(self) -> None:
        """Mouth, expression and light, one line each."""
        rows = (("mouth", MOUTHS, 4), ("expression", EXPRESSIONS, 2), ("light", LIGHTS, 3))
        for line, (what, names, axis) in enumerate(rows):
            y = 74 + line * (_CELL + _GAP + 4)
            self._text(_ASIDE, y, what, 15)
            for k, name in enumerate(names):
                here = self._seen.fields[:, axis] == k
                x = _ASIDE + k * (_SMALL + _GAP)
                missing = "" if what == "light" else "film this"
                self._cell(x, y + 20, _SMALL, here, axis, missing, name)

    def advice(self, top: int, lines: list[str]) -> None:
        """What to film next."""
        self._text(_EDGE, top, "What to film next" if lines else "Everything was filmed that an avatar needs.", 18)
        for k, line in enumerate(lines):
            self._text(_EDGE, top + 32 + 25 * k, line, 15)

    def _cell(self, x: int, y: int, side: int, here: np.ndarray, axis: int, missing: str, name: str = "") -> None:
        """One field: the crop that shows it best and how many there are, or that there is none."""
        count = int(here.sum())
        frame = _GOOD if count >= self._least else _FEW
        if count:
            self.image.paste(Image.fromarray(self._sample(here, axis, side)), (x, y))
        else:
            frame = _MISSING if missing else _OPTIONAL
            self._draw.rectangle((x, y, x + side - 1, y + side - 1), fill=(36, 39, 45))
            for start in range(-side, side, 14) if missing else ():
                ends = [(x + max(0, start), y + max(0, -start)), (x + side + min(0, start), y + side - max(0, start))]
                self._draw.line(ends, fill=(56, 44, 46), width=3)
            self._text(x + side // 2, y + side // 2, missing or "not filmed", 14, frame if missing else _FAINT, "mm")
        self._draw.rectangle((x, y, x + side - 1, y + side - 1), outline=frame, width=3)
        words = f"{name}  {count}" if name else str(count)
        if count or name:
            width = self._draw.textlength(words, self._font(13))
            self._draw.rectangle((x + 3, y + side - 22, x + 12 + width, y + side - 4), fill=(0, 0, 0))
            self._text(x + 7, y + side - 20, words, 13)

    def _sample(self, here: np.ndarray, axis: int, side: int) -> np.ndarray:
        """The crop that shows a field best, square around the face, never stretched."""
        rows = np.flatnonzero(here)
        best = int(rows[np.argmax(self._seen.typical[rows, axis])])
        crop, points = self._faces.crop(best), self._faces.points[best, :468, :2]
        low, high = points.min(0), points.max(0)
        middle, reach = (low + high) / 2, float((high - low).max()) * 0.78
        turn = np.array([[1, 0, reach - middle[0]], [0, 1, reach - middle[1]]]) * side / (2 * reach)
        shrunk = side / (2 * reach) < 1
        return cv2.warpAffine(
            cv2.GaussianBlur(crop, (0, 0), max(0.01, 0.35 * 2 * reach / side)) if shrunk else crop,
            turn,
            (side, side),
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )

    def _text(
        self, x: float, y: float, words: str, size: int, colour: tuple[int, int, int] = _INK, anchor: str = "lt"
    ) -> int:
        """Write, and return where it ends."""
        self._draw.text((x, y), words, fill=colour, font=self._font(size), anchor=anchor)
        return int(x + self._draw.textlength(words, self._font(size)))

    @staticmethod
    def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
        return ImageFont.load_default(size)
