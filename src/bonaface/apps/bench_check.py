"""The command bench check."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bonaface.apps.terminal import Terminal


def bench_check(
    context: typer.Context,
    source: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="A folder with real/ and fake/ or index.csv, or a CSV.")
    ],
    split: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of a CSV with a column split, only these rows.")
    ] = None,
    first: Annotated[
        int | None, typer.Option(metavar="N", help="Only the first N sources with their fakes, and N untouched.")
    ] = None,
    damage: Annotated[
        str | None,
        typer.Option(metavar="KIND", help="Every picture after jpeg50, half, dark, beauty or h264."),
    ] = None,
    detector: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE.py",
            help='Another detector, on the same faces: a file with predict(path), or "command {path}"; repeatable.',
        ),
    ] = None,
    untouched: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="More untouched files, for false alarms alone."),
    ] = None,
    error_rate: Annotated[float, typer.Option(metavar="RATE", help="The error rate that verdicts hold to.")] = 0.05,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for tables and plots.")] = Path("bench-out"),
    force: Annotated[bool, typer.Option("--force", help="Replace tables and plots that are there already.")] = False,
) -> None:
    """Measure the checker on labelled files, beside other detectors.

    A CSV has the columns file and label (real or fake), and may have original, group and others to list by.
    """
    from bonaface.bench.check import run_check

    terminal: Terminal = context.obj
    with terminal.progress() as progress:
        report = run_check(
            source,
            split=split,
            first=first,
            damage=damage,
            detectors=detector or [],
            untouched=untouched,
            error_rate=error_rate,
            out=out,
            force=force,
            progress=progress,
        )
    terminal.show(report, lambda: "\n".join([report.text, "Written:", *(f"  {path}" for path in report.written)]))
