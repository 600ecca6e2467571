"""The figures as text: one line a direction, a table for each question."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from bonaface.bench.rows import Row, Verdict, summarise

T = TypeVar("T")
Column = tuple[str, Callable[[Row], str]]


def tables(rows: Sequence[Row]) -> str:
    """Return the tables of likeness, motion, pixels and time, "-" for what is not known.

    The tool is named where there are several.
    """
    several = len({row.tool for row in rows}) > 1
    tool: list[Column] = [("tool", lambda row: row.tool)] if several else []
    likeness, *others = (
        f"{title}\n{text_table([columns[0], *tool, *columns[1:]], rows)}"
        for title, columns in (
            ("Likeness (to source / to target)", _likeness(rows)),
            ("Motion (in brackets: re-encoding alone)", _MOTION),
            ("Pixels inside the oval (in brackets: re-encoding alone)", _PIXELS),
            ("Time", _TIME),
        )
    )
    return "\n\n".join(["\n".join([likeness, *_overall(rows)]), *others])


def _overall(rows: Sequence[Row]) -> list[str]:
    several = len({row.tool for row in rows}) > 1
    return [
        (f"{whole.tool}: " if several else "")
        + f"{whole.judge} to source, mean of {whole.directions} directions: {_number(whole.to_source, 3)}; "
        + (
            f"95 % interval over the {whole.people} people whose faces they show: {_range(whole.interval)}"
            if not math.isnan(whole.interval[0])
            else f"{whole.people} people are too few for an interval over people"
        )
        for whole in summarise(rows)
        if whole.directions > 1
    ]


def _likeness(rows: Sequence[Row]) -> list[Column]:
    names = list(dict.fromkeys(verdict.judge for row in rows for verdict in row.verdicts))
    columns: list[Column] = [("direction", lambda row: row.pair), ("frames", lambda row: str(row.measured))]
    for name in names:
        columns.append((name, _said(name)))
        if name == names[0]:
            columns.append(("95 % over this clip's frames", lambda row: _range(row.verdicts[0].interval)))
    for outline in ("oval", "wide"):
        columns += [(f"ceiling, {outline}", _ceiling(outline)), ("reached", _share(outline))]
    columns.append(("first in gallery", _retrieved))
    columns.append(("faces", lambda row: _percent(row.verdicts[0].frames_with_face)))
    return columns


def _said(judge: str) -> Callable[[Row], str]:
    def cell(row: Row) -> str:
        found: list[Verdict] = [verdict for verdict in row.verdicts if verdict.judge == judge]
        return _two(found[0].to_source, found[0].to_target, 3) if found else "-"

    return cell


def _ceiling(outline: str) -> Callable[[Row], str]:
    def cell(row: Row) -> str:
        ceiling = row.ceilings.get(outline)
        return _two(ceiling.to_source, ceiling.to_target, 3) if ceiling else "-"

    return cell


def _share(outline: str) -> Callable[[Row], str]:
    def cell(row: Row) -> str:
        ceiling = row.ceilings.get(outline)
        return _percent(ceiling.share) if ceiling else "-"

    return cell


def _retrieved(row: Row) -> str:
    return "-" if row.retrieval is None else f"{_percent(row.retrieval.first)} of 1+{row.retrieval.strangers}"


def _beside(digits: int, figure: Callable[[Row], tuple[float, float]]) -> Callable[[Row], str]:
    """Write a figure of the swap, and in brackets that of re-encoding alone."""
    return lambda row: "{} ({})".format(*(_number(value, digits) for value in figure(row)))


_MOTION: list[Column] = [
    ("direction", lambda row: row.pair),
    ("pose, degrees", _beside(2, lambda row: (row.motion.pose_deg, row.encoder_motion.pose_deg))),
    ("wobble, degrees", _beside(2, lambda row: (row.motion.pose_wobble_deg, row.encoder_motion.pose_wobble_deg))),
    ("blendshapes r", _beside(3, lambda row: (row.motion.expression_r, row.encoder_motion.expression_r))),
    ("mouth r", _beside(3, lambda row: (row.motion.mouth_r, row.encoder_motion.mouth_r))),
    ("eyes r", _beside(3, lambda row: (row.motion.eyes_r, row.encoder_motion.eyes_r))),
    ("gaze off, eye widths", _beside(3, lambda row: (row.motion.gaze_off, row.encoder_motion.gaze_off))),
]
_PIXELS: list[Column] = [
    ("direction", lambda row: row.pair),
    ("sharpness of the target's", _beside(2, lambda row: (row.surface.sharpness, row.encoder_surface.sharpness))),
    ("PSNR, dB", _beside(1, lambda row: (row.surface.psnr_db, row.encoder_surface.psnr_db))),
    ("SSIM", _beside(3, lambda row: (row.surface.ssim, row.encoder_surface.ssim))),
    ("far from the face, 0-255", _beside(2, lambda row: (row.surface.outside, row.encoder_surface.outside))),
    ("flicker / target's own", lambda row: _two(row.flicker, row.target_flicker, 2)),
    ("difference", lambda row: _number(row.flicker - row.target_flicker, 2, "+")),
]


def _made(cell: Callable[[Row], str]) -> Callable[[Row], str]:
    return lambda row: cell(row) if row.making is not None else "-"


def _stage(*stages: str) -> Callable[[Row], str]:
    return lambda row: "-" if row.speed is None else f"{row.speed.frames_per_s(*stages):.0f}"


def _size(row: Row) -> str:
    return "-" if row.speed is None else f"{row.speed.width_px}x{row.speed.height_px}"


_TIME: list[Column] = [
    ("direction", lambda row: row.pair),
    ("crops", _made(lambda row: str(row.making.crops) if row.making else "-")),
    ("following, s", _made(lambda row: f"{row.making.following_s:.1f}" if row.making else "-")),
    ("fitting, s", _made(lambda row: f"{row.making.fitting_s:.1f}" if row.making else "-")),
    ("size", _size),
    ("whole swap, frames/s", _made(lambda row: f"{row.making.frames_per_s:.1f}" if row.making else "-")),
    ("decode + encode", _stage("decode", "encode")),
    ("decode", _stage("decode")),
    ("track", _stage("track")),
    ("render", _stage("render")),
    ("encode", _stage("encode")),
    ("untouched outside the mask", lambda row: "-" if row.speed is None else _percent(row.speed.untouched, 2)),
    ("held, hidden", _made(lambda row: f"{row.making.held}, {row.making.hidden}" if row.making else "-")),
    ("painted", _made(lambda row: _percent(row.making.painted) if row.making else "-")),
    ("by the network", _made(lambda row: kept_text(row.making.kept) if row.making else "-")),
]


def kept_text(kept: Mapping[str, str]) -> str:
    """Return the parts that the network paints, "-" for none."""
    said = {"network": "{}", "both": "{} beyond the filmed"}
    return ", ".join(said[what].format(part) for part, what in kept.items() if what in said) or "-"


def text_table(columns: Sequence[tuple[str, Callable[[T], str]]], rows: Sequence[T]) -> str:
    """Return the rows as lines of text, columns below each other under their titles."""
    cells = [[title for title, _ in columns]] + [[cell(row) for _, cell in columns] for row in rows]
    widths = [max(len(line[k]) for line in cells) for k in range(len(columns))]
    lines = ["  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in cells]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def _number(value: float, digits: int, sign: str = "") -> str:
    return f"{value:{sign}.{digits}f}" if math.isfinite(value) else "-"


def _two(first: float, second: float, digits: int) -> str:
    return f"{_number(first, digits)} / {_number(second, digits)}"


def _range(interval: tuple[float, float]) -> str:
    low, high = interval
    return f"{low:.3f}-{high:.3f}" if math.isfinite(low) else "-"


def _percent(share: float, digits: int = 0) -> str:
    return "-" if math.isnan(share) else f"{100 * share:.{digits}f} %"
