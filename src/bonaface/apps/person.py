"""The commands person add, list, show, forget, export, import."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from bonaface.apps.options import EVERYWHERE, group
from bonaface.apps.terminal import Terminal, counted, table
from bonaface.terms.permit import tell_consent

if TYPE_CHECKING:
    from bonaface.verbs.person import PersonReport

Name = Annotated[str, typer.Argument(metavar="NAME", help="Of the person: letters, digits, spaces, - and _.")]
Force = Annotated[bool, typer.Option("--force", help="Replace what is there already.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    person = group("The people you may learn: from their media, with their consent.")
    for name, command in (
        ("add", add),
        ("list", list_people),
        ("show", show),
        ("forget", forget),
        ("export", export),
        ("import", import_file),
    ):
        person.command(name, epilog=EVERYWHERE)(command)
    app.add_typer(person, name="person")


def add(
    context: typer.Context,
    name: Name,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PATH", help="Images and videos of the person, or folders of them."),
    ] = None,
    consent: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="What the person agreed to (docs/consent-file.md); needed at first."),
    ] = None,
    reference: Annotated[
        Path | None, typer.Option(metavar="IMAGE", help="A picture of the person, where the media show several people.")
    ] = None,
    fictional: Annotated[
        int | None,
        typer.Option(
            metavar="SEED", help="Draw a person who does not exist from a whole number: no media, no consent needed."
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Begin anew with a person that is there already.")] = False,
) -> None:
    """Learn what a person looks like, or add more media.

    Says what the media cover and what to film next. With --fictional, a person is made up: the same number gives the
    same face.
    """
    from bonaface.verbs.person import add_person

    terminal: Terminal = context.obj
    with terminal.progress() as progress:
        report = add_person(
            name,
            paths or [],
            consent=consent,
            reference=reference,
            fictional=fictional,
            force=force,
            progress=progress,
        )
    terminal.show(report, lambda: _report_text(report))


def list_people(context: typer.Context) -> None:
    """List all people with their consent and how many pictures there are."""
    from bonaface.verbs.person import list_people as run

    terminal: Terminal = context.obj
    people = run()
    rows = [
        (p.name, str(p.crops), "yes" if p.trained else "no", ", ".join(p.purposes), str(p.until), p.statement)
        for p in people
    ]
    head = ("name", "pictures", "trained", "purposes", "until", "consent")
    nobody = "Nobody yet. Begin with: bonaface person add NAME PATH... --consent FILE"
    terminal.show(people, lambda: table(rows, head) if rows else nobody)


def show(context: typer.Context, name: Name) -> None:
    """Show one person: consent, coverage, what to film next."""
    from bonaface.verbs.person import show_person

    terminal: Terminal = context.obj
    report = show_person(name)
    terminal.show(report, lambda: _report_text(report))


def forget(
    context: typer.Context,
    name: Name,
    force: Annotated[bool, typer.Option("--force", help="Do not ask.")] = False,
) -> None:
    """Delete a person: pictures, avatar, consent.

    The ledger keeps that it was done.
    """
    from bonaface.verbs.person import forget_person, show_person

    terminal: Terminal = context.obj
    report = show_person(name)
    if not force:
        typer.confirm(f"Delete {name} with {counted(report.crops, 'picture')} for good?", abort=True, err=True)
    forget_person(name)
    terminal.show({"forgotten": name}, lambda: f"{name} is forgotten.")


def export(
    context: typer.Context,
    name: Name,
    destination: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="Without it NAME.bonaface in this folder.")
    ] = None,
    force: Force = False,
) -> None:
    """Write a person, consent included, to one file."""
    from bonaface.verbs.person import export_person

    terminal: Terminal = context.obj
    path = export_person(name, destination, force=force)
    terminal.show({"exported": path}, lambda: f"{name} -> {path}")


def import_file(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(metavar="FILE", help="A .bonaface file.")],
    name: Annotated[str | None, typer.Option(metavar="NAME", help="Another name than the one in the file.")] = None,
    force: Force = False,
) -> None:
    """Take a person in from a file; the consent inside is checked."""
    from bonaface.verbs.person import import_person

    terminal: Terminal = context.obj
    report = import_person(path, name=name, force=force)
    terminal.show(report, lambda: _report_text(report))


def _fictional_text(report: PersonReport) -> str:
    return "\n".join(
        [
            f"{report.name} does not exist: drawn from a seed, nobody was filmed and nobody is shown",
            f"{tell_consent(report.statement)}; for {', '.join(report.purposes)}; until {report.until}",
            f"Next: bonaface swap {quote(report.name)} TARGET --purpose anonymise (nothing is to be learned)",
        ]
    )


def _report_text(report: PersonReport) -> str:
    if report.fictional:
        return _fictional_text(report)
    lines = [f"{report.name}: {counted(report.crops, 'picture')}, {'trained' if report.trained else 'not trained yet'}"]
    left = ", ".join(f"{count} {why}" for why, count in report.dropped.items() if count)
    if left:
        lines.append(f"left out: {left}")
    lines.append(f"{tell_consent(report.statement)}; for {', '.join(report.purposes)}; until {report.until}")
    head = ("", "far left", "left", "front", "right", "far right")
    rows = [(word, *map(str, row)) for word, row in zip(("up", "level", "down"), report.coverage, strict=True)]
    lines += ["", table(rows, head), ""]
    for what, kinds in report.seen.items():
        lines.append(f"{what}: " + ", ".join(f"{count} {kind}" for kind, count in kinds.items()))
    lines.append("")
    lines += [f"- {line}" for line in report.advice] or ["Everything was filmed that an avatar needs."]
    lines += [f"! {line}" for line in report.remarks]
    if report.sheet is not None:
        lines.append(f"picture of what was filmed: {report.sheet}")
    lines.append(f"Next: bonaface train {quote(report.name)}")
    return "\n".join(lines)
