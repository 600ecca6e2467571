"""The figures as text: one line a direction, a table for each question."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from bonaface.bench.rows import Row, Verdict

Column = tuple[str, Callable[[Row], str]]


def tables(rows: Sequence[Row]) -> str:
    """Return the tables of likeness, motion, pixels and time."""
    return "\n\n".join(
        f"{title}\n{_table(columns, rows)}"
        for title, columns in (
            ("Likeness (to source / to target)", _likeness(rows)),
            ("Motion (in brackets: re-encoding alone)", _MOTION),
            ("Pixels inside the oval (in brackets: re-encoding alone)", _PIXELS),
            ("Time", _TIME),
        )
    )


def _likeness(rows: Sequence[Row]) -> list[Column]:
    names = list(dict.fromkeys(verdict.judge for row in rows for verdict in row.verdicts))
    columns: list[Column] = [("direction", lambda row: row.pair), ("frames", lambda row: str(row.measured))]
    for name in names:
        columns.append((name, _said(name)))
        if name == names[0]:
            columns.append(("95 % interval", lambda row: "{:.3f}-{:.3f}".format(*row.verdicts[0].interval)))
    for outline in ("oval", "wide"):
        columns += [(f"ceiling, {outline}", _ceiling(outline)), ("reached", _share(outline))]
    columns.append(("first in gallery", _retrieved))
    columns.append(("faces", lambda row: _percent(row.verdicts[0].frames_with_face)))
    return columns


def _said(judge: str) -> Callable[[Row], str]:
    def cell(row: Row) -> str:
        found: list[Verdict] = [verdict for verdict in row.verdicts if verdict.judge == judge]
        return f"{found[0].to_source:.3f} / {found[0].to_target:.3f}" if found else "-"

    return cell


def _ceiling(outline: str) -> Callable[[Row], str]:
    def cell(row: Row) -> str:
        ceiling = row.ceilings.get(outline)
        return f"{ceiling.to_source:.3f} / {ceiling.to_target:.3f}" if ceiling else "-"

    return cell


def _share(outline: str) -> Callable[[Row], str]:
    def cell(row: Row) -> str:
        ceiling = row.ceilings.get(outline)
        return _percent(ceiling.share) if ceiling else "-"

    return cell


def _retrieved(row: Row) -> str:
    return "-" if row.retrieval is None else f"{_percent(row.retrieval.first)} of 1+{row.retrieval.strangers}"


_MOTION: list[Column] = [
    ("direction", lambda row: row.pair),
    ("pose, degrees", lambda row: f"{row.motion.pose_deg:.2f} ({row.encoder_motion.pose_deg:.2f})"),
    ("wobble, degrees", lambda row: f"{row.motion.pose_wobble_deg:.2f} ({row.encoder_motion.pose_wobble_deg:.2f})"),
    ("blendshapes r", lambda row: f"{row.motion.expression_r:.3f} ({row.encoder_motion.expression_r:.3f})"),
    ("mouth r", lambda row: f"{row.motion.mouth_r:.3f} ({row.encoder_motion.mouth_r:.3f})"),
    ("eyes r", lambda row: f"{row.motion.eyes_r:.3f} ({row.encoder_motion.eyes_r:.3f})"),
    ("gaze off, eye widths", lambda row: f"{row.motion.gaze_off:.3f} ({row.encoder_motion.gaze_off:.3f})"),
]
_PIXELS: list[Column] = [
    ("direction", lambda row: row.pair),
    ("sharpness of the target's", lambda row: f"{row.surface.sharpness:.2f} ({row.encoder_surface.sharpness:.2f})"),
    ("flicker (target's own)", lambda row: f"{row.flicker:.2f} ({row.target_flicker:.2f})"),
    ("PSNR, dB", lambda row: f"{row.surface.psnr_db:.1f} ({row.encoder_surface.psnr_db:.1f})"),
    ("SSIM", lambda row: f"{row.surface.ssim:.3f} ({row.encoder_surface.ssim:.3f})"),
    ("far from the face, 0-255", lambda row: f"{row.surface.outside:.2f} ({row.encoder_surface.outside:.2f})"),
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
]


def _table(columns: Sequence[Column], rows: Sequence[Row]) -> str:
    cells = [[title for title, _ in columns]] + [[cell(row) for _, cell in columns] for row in rows]
    widths = [max(len(line[k]) for line in cells) for k in range(len(columns))]
    lines = ["  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in cells]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def _percent(share: float, digits: int = 0) -> str:
    return "-" if math.isnan(share) else f"{100 * share:.{digits}f} %"
