"""The curve as a picture: a panel a figure, training time along, a line each person and the mean. It shows nobody."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from bonaface.media.scratch import atomic_path
from bonaface.terms.arrays import Rgb8

Lines = Mapping[str, Mapping[float, float]]
"""A value by name of the line and minutes."""

MEAN = "mean"
_PANEL_WH, _COLUMNS = (420, 290), 3
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 28, 40, 34
_LEGEND = 40
_BACK, _FRAME, _GRID, _INK, _FAINT = (24, 26, 30), (90, 96, 105), (48, 52, 59), (238, 240, 243), (140, 146, 155)
_COLOURS = ((96, 165, 250), (251, 146, 60), (74, 222, 128), (244, 114, 182), (250, 204, 21), (167, 139, 250))
_BEFORE = 0.6  # of a decade: how far the beginning, which a logarithm does not know, stands before the first time
_LEAST_SPAN = 0.02


def draw_curve(panels: Mapping[str, Lines]) -> Rgb8:
    """Return the picture (H, W, 3); ``panels`` are lines by title. What is nan is left out."""
    rows = -(-len(panels) // _COLUMNS)
    width, height = _PANEL_WH[0] * _COLUMNS, _PANEL_WH[1] * rows + _LEGEND
    image = Image.new("RGB", (width, height), _BACK)
    draw = ImageDraw.Draw(image)
    for number, (title, lines) in enumerate(panels.items()):
        row, column = divmod(number, _COLUMNS)
        _panel(draw, column * _PANEL_WH[0], row * _PANEL_WH[1], title, lines)
    names = dict.fromkeys(name for lines in panels.values() for name in lines)
    x = float(_LEFT)
    for number, name in enumerate(names):
        colour = _colour(name, number)
        draw.line((x, height - 22, x + 26, height - 22), fill=colour, width=4 if name == MEAN else 2)
        draw.text((x + 34, height - 31), name, fill=_INK, font=ImageFont.load_default(15))
        x += 60 + draw.textlength(name, font=ImageFont.load_default(15))
    return np.asarray(image).copy()


def write_plot(picture: Rgb8, path: Path) -> None:
    """Write the picture as a PNG.

    Raises:
        NoSpaceError: the disk is full.
    """
    image = Image.fromarray(picture)
    with atomic_path(path) as temporary:
        image.save(temporary, "PNG")


def place(minutes: float, first: float, last: float) -> float:
    """Return where a time stands along the axis, 0 to 1: by its logarithm, the beginning a little before ``first``."""
    begin, end = math.log10(first) - _BEFORE, math.log10(last)
    at = begin if minutes <= 0 else math.log10(minutes)
    return (at - begin) / (end - begin)


def span(lines: Lines) -> tuple[float, float]:
    """Return the lowest and the highest value that an axis shows; 0 to 1 where there is none."""
    values = [value for line in lines.values() for value in line.values() if math.isfinite(value)]
    if not values:
        return 0.0, 1.0
    low, high = min(values), max(values)
    room = max(0.08 * (high - low), (_LEAST_SPAN - (high - low)) / 2, 0.0)
    return low - room, high + room


def _panel(draw: ImageDraw.ImageDraw, left: int, top: int, title: str, lines: Lines) -> None:
    x0, x1 = left + _LEFT, left + _PANEL_WH[0] - _RIGHT
    y0, y1 = top + _TOP, top + _PANEL_WH[1] - _BOTTOM
    small, large = ImageFont.load_default(12), ImageFont.load_default(15)
    draw.text((x0, top + 14), title, fill=_INK, font=large)
    times = sorted({minutes for line in lines.values() for minutes in line})
    later = [minutes for minutes in times if minutes > 0] or [1.0]
    first, last = later[0], max(later[-1], later[0] * 1.01)
    low, high = span(lines)
    for step in range(5):
        y = y1 - (y1 - y0) * step / 4
        draw.line((x0, y, x1, y), fill=_GRID)
        draw.text((x0 - 6, y), f"{low + (high - low) * step / 4:.2f}", fill=_FAINT, font=small, anchor="rm")
    for minutes in times:
        x = x0 + (x1 - x0) * place(minutes, first, last)
        draw.line((x, y0, x, y1), fill=_GRID)
        word = f"{round(60 * minutes)} s" if minutes < 1 else f"{minutes:g} min"
        draw.text((x, y1 + 8), word, fill=_FAINT, font=small, anchor="mt")
    draw.rectangle((x0, y0, x1, y1), outline=_FRAME)
    for number, (name, line) in enumerate(lines.items()):
        known = [(minutes, line[minutes]) for minutes in sorted(line) if math.isfinite(line[minutes])]
        xy = [
            (x0 + (x1 - x0) * place(minutes, first, last), y1 - (y1 - y0) * (value - low) / (high - low))
            for minutes, value in known
        ]
        thick = 4 if name == MEAN else 2
        if len(xy) > 1:
            draw.line(xy, fill=_colour(name, number), width=thick, joint="curve")
        for x, y in xy:
            draw.ellipse((x - thick, y - thick, x + thick, y + thick), fill=_colour(name, number))


def _colour(name: str, number: int) -> tuple[int, int, int]:
    return _INK if name == MEAN else _COLOURS[number % len(_COLOURS)]
