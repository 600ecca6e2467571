"""The command check."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from bonaface.apps.exits import batch_code
from bonaface.apps.options import EVERYWHERE
from bonaface.apps.terminal import Terminal, sentence_of

if TYPE_CHECKING:
    from bonaface.terms.finding import FaceFinding, Finding
    from bonaface.verbs.check import Question

_MOST_LINES = 6
"""Evidence of each face that is told in words; the report and JSON have all."""


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(epilog=EVERYWHERE)(check)


def check(
    context: typer.Context,
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="PATH", help="Images and videos, or folders of them.")
    ] = None,
    listed: Annotated[
        Path | None, typer.Option("--list", metavar="FILE", help="A text file with one path a line, or a Parquet.")
    ] = None,
    error_rate: Annotated[
        float,
        typer.Option(metavar="RATE", help="Of untouched faces at most so many are called manipulated: 0.001 to 0.5."),
    ] = 0.05,
    reference: Annotated[
        Path | None, typer.Option(metavar="CLIP", help="A picture or clip of the person who is said to be shown.")
    ] = None,
    original: Annotated[
        Path | None, typer.Option(metavar="IMAGE", help="What the one picture is said to have been made from.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE.html", help="Write a report to read, to print and to show.")
    ] = None,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="One line of JSON a file, as soon as it is known.")] = False,
    trust: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Certificates (PEM) of signers that you trust.")
    ] = None,
    engine: Annotated[
        str, typer.Option(metavar="ENGINE", help="local, or ray: a cluster, or all cores of this machine.")
    ] = "local",
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="With --engine ray: folder for the results (Parquet).")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, metavar="N", help="Files examined at once.")] = 2,
    force: Annotated[bool, typer.Option("--force", help="Replace a report that is there already.")] = False,
) -> None:
    """Say whether a face in media was manipulated: with evidence and a known error rate, or "inconclusive".

    Nothing is ever called authentic: a file without a sign may still be false in what it claims to show. Exit codes:
    0 no sign of manipulation, 1 likely manipulated, 3 inconclusive, 4 no face.
    """
    from bonaface.checking.calibration import shipped_calibration
    from bonaface.checking.output import finding_as_dict
    from bonaface.checking.report import Shortlist, write_report
    from bonaface.media.scratch import check_output
    from bonaface.verbs.check import ask, check_each
    from bonaface.verbs.file_list import files_of, read_list
    from bonaface.verbs.settings import settle

    terminal: Terminal = context.obj
    files = files_of([*(paths or []), *(read_list(listed) if listed else [])])
    if report is not None:
        check_output(report, files, force)
    trusted = settle({"trust": None if trust is None else str(trust)})["trust"].value
    question = ask(error_rate, reference, original, None if trusted is None else Path(trusted), files=files)
    if engine != "local":
        _check_many(terminal, files, question, engine, out)
    calibration, codes = shipped_calibration(), []
    kept = Shortlist()
    shown: list[dict[str, Any]] = []
    with terminal.progress() as progress:
        for finding in check_each(files, question, workers=min(workers, len(files)), progress=progress):
            codes.append(finding.exit_code)
            if jsonl:
                terminal.line(json.dumps(finding_as_dict(finding, calibration), ensure_ascii=False))
            elif terminal.as_json:
                shown.append(finding_as_dict(finding, calibration))
            else:
                terminal.tell(_text(finding))
            if report is not None:
                kept.add(finding)
    if terminal.as_json and not jsonl:
        terminal.show(shown, str)
    if report is not None:
        written = write_report(kept.findings(), calibration, report)
        terminal.complain("Written: " + ", ".join(map(str, written[:3])))
    raise typer.Exit(batch_code(codes))


def _check_many(terminal: Terminal, files: list[Path], question: Question, engine: str, out: Path | None) -> NoReturn:
    from bonaface.terms.errors import UsageError
    from bonaface.verbs.check_many import check_many

    if engine != "ray":
        raise UsageError(f"There is no engine {engine!r}; name local or ray.")
    if out is None:
        raise UsageError("With --engine ray the results go to a folder; name one with --out.")
    with terminal.progress() as progress:
        tally = check_many(files, question, out, progress=progress)
    names = {0: "no sign", 1: "likely manipulated", 3: "inconclusive", 4: "no face"}
    told = ", ".join(f"{count} {names.get(code, 'not examined')}" for code, count in sorted(tally.codes.items()))
    terminal.show(tally, lambda: f"{tally.files} files, {tally.examined} of them now: {told}; results: {tally.out}")
    raise typer.Exit(batch_code(tally.codes))


def _text(finding: Finding) -> str:
    if finding.error is not None:
        return f"{finding.path}: not examined. {sentence_of(finding.error)}"
    said = "no face" if finding.verdict is None else str(finding.verdict)
    lines = [f"{finding.path}: {said.upper() if finding.exit_code == 1 else said}"]
    lines += [f"  {one.finding}" for one in finding.origin]
    for face in finding.faces:
        lines += _face_lines(face, len(finding.faces) > 1 or face.first_s is not None)
    return "\n".join([*lines, *(f"  {remark}" for remark in finding.not_examined)])


def _face_lines(face: FaceFinding, named: bool) -> list[str]:
    from bonaface.checking.report_words import rate_in_words

    when = "" if face.first_s is None else f", {face.first_s:.1f} to {face.last_s or face.first_s:.1f} s"
    why = f": {face.why}" if face.why else ""
    lines = [f"  face {face.number}{when}: {face.verdict}{why}"] if named or why else []
    heavy = sorted(face.evidence, key=lambda one: -abs(one.weight))[:_MOST_LINES]
    lines += [f"    {one.finding} (weighs {one.weight:+.2f})" for one in heavy if one.weight]
    lines += [f"    {one.finding}" for one in face.evidence if not one.weight]
    error = face.error
    if error is not None and not face.why:
        lines += [f"    {sentence}" for sentence in rate_in_words(error, face.verdict)]
    return lines
