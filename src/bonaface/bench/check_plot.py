"""Curves of the checker's benchmark as pictures: ROC, calibration, and coverage against error. They show nobody."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from bonaface.bench.check_figures import roc
from bonaface.bench.check_marks import OWN, Files, Marks
from bonaface.terms.arrays import Doubles, Rgb8

PLOTS = ("check_roc.png", "check_calibration.png", "check_coverage.png")

Line = Sequence[tuple[float, float]]
"""Points (x, y), each 0 to 1."""

_SIDE, _LEFT, _TOP, _BOTTOM, _RIGHT = 420, 64, 46, 58, 24
_LEGEND_ROW = 26
_BACK, _FRAME, _GRID, _INK, _FAINT = (24, 26, 30), (90, 96, 105), (48, 52, 59), (238, 240, 243), (140, 146, 155)
_COLOURS = ((96, 165, 250), (251, 146, 60), (74, 222, 128), (244, 114, 182), (250, 204, 21), (167, 139, 250))


def draw_plots(marks: Sequence[Marks], scores: Mapping[str, Doubles], files: Files) -> list[Rgb8]:
    """Return the plots (H, W, 3) by the names of `PLOTS`; ``scores`` (N,) by the detectors' names."""
    ranking, calibration, coverage = {}, {}, {}
    for one in marks:
        known = np.isfinite(scores[one.name])
        alarms, hits = roc(scores[one.name][known], files.fake[known])
        ranking[f"{one.name}: AUC {one.auc:.3f}"] = _points(alarms, hits)
        bins = one.reliability
        calibration[f"{one.name}: error {bins.error:.3f}"] = _points(bins.promised, bins.true)
        for each in one.verdicts:
            coverage[f"{one.name}, {each.how}"] = sorted((answered, wrong) for _, answered, wrong in each.curve)
    return [
        draw_lines("Ranking (ROC)", ("untouched, called manipulated", "manipulated, found"), ranking, diagonal=True),
        draw_lines("Calibration", ("promised share of fakes", "true share"), calibration, diagonal=True),
        draw_lines("Coverage against error", ("share answered", "share wrong among the answered"), coverage),
    ]


def _points(x: Doubles, y: Doubles) -> Line:
    return [(float(a), float(b)) for a, b in zip(x, y, strict=True)]


def draw_lines(
    title: str, axes: tuple[str, str], lines: Mapping[str, Line], *, reach: float = 1.0, diagonal: bool = False
) -> Rgb8:
    """Return a plot (H, W, 3): lines by name, x from 0 to ``reach``, y from 0 to 1, "not finite" left out.

    Args:
        axes: what goes along and what goes up. diagonal: also the line on which both are equal.
    """
    width, height = _LEFT + _SIDE + _RIGHT, _TOP + _SIDE + _BOTTOM + _LEGEND_ROW * max(1, len(lines))
    image = Image.new("RGB", (width, height), _BACK)
    draw = ImageDraw.Draw(image)
    small, large = ImageFont.load_default(12), ImageFont.load_default(15)
    draw.text((_LEFT, 14), title, fill=_INK, font=large)
    for step in range(6):
        x, y = place(step / 5 * reach, step / 5, reach)
        draw.line((x, _TOP, x, _TOP + _SIDE), fill=_GRID)
        draw.line((_LEFT, y, _LEFT + _SIDE, y), fill=_GRID)
        draw.text((x, _TOP + _SIDE + 8), f"{step / 5 * reach:.2f}", fill=_FAINT, font=small, anchor="mt")
        draw.text((_LEFT - 8, y), f"{step / 5:.1f}", fill=_FAINT, font=small, anchor="rm")
    draw.text((_LEFT + _SIDE / 2, _TOP + _SIDE + 30), axes[0], fill=_INK, font=small, anchor="mt")
    draw.text((_LEFT + 8, _TOP + 6), axes[1], fill=_INK, font=small)
    draw.rectangle((_LEFT, _TOP, _LEFT + _SIDE, _TOP + _SIDE), outline=_FRAME)
    if diagonal:
        draw.line((place(0, 0, reach), place(reach, reach, reach)), fill=_FAINT)
    coloured = [name for name in lines if not name.endswith(OWN)]
    for number, (name, line) in enumerate(lines.items()):
        colour = _COLOURS[coloured.index(name) % len(_COLOURS)] if name in coloured else _INK
        points = [place(x, y, reach) for x, y in line if math.isfinite(x) and math.isfinite(y) and x <= reach]
        if len(points) > 1:
            draw.line(points, fill=colour, width=2, joint="curve")
        for x, y in points if len(points) <= 24 else ():
            draw.ellipse((x - 3, y - 3, x + 3, y + 3), fill=colour)
        y = _TOP + _SIDE + _BOTTOM + _LEGEND_ROW * (number + 0.4)
        draw.line((_LEFT, y, _LEFT + 28, y), fill=colour, width=3)
        draw.text((_LEFT + 38, y), name, fill=_INK, font=small, anchor="lm")
    return np.asarray(image).copy()


def place(x: float, y: float, reach: float = 1.0) -> tuple[float, float]:
    """Return the pixel (x, y) of a point."""
    return _LEFT + _SIDE * x / reach, _TOP + _SIDE * (1 - y)
