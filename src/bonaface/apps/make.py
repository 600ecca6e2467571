"""The commands train, swap and verify."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from bonaface.apps.exits import batch_code
from bonaface.apps.options import EVERYWHERE, PAINTED_BY, PURPOSES, part_of_cast, seconds
from bonaface.apps.terminal import Terminal, counted, seconds_text, sentence_of
from bonaface.terms.errors import BonafaceError
from bonaface.terms.permit import tell_consent

if TYPE_CHECKING:
    from bonaface.verbs.swap import Outcome
    from bonaface.verbs.task import Swapped
    from bonaface.verbs.train import Painted, Trained
    from bonaface.verbs.verify import Verified

Name = Annotated[str, typer.Argument(metavar="NAME", help="The person, as named with person add.")]
Targets = Annotated[list[Path], typer.Argument(metavar="TARGET", help="Images and videos, or folders of them.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    for command in (train, swap, verify):
        app.command(epilog=EVERYWHERE)(command)


def train(
    context: typer.Context,
    name: Name,
    minutes: Annotated[
        float,
        typer.Option(
            min=0,
            metavar="MINUTES",
            help="For the network that paints mouth and eyes; 0: the avatar alone, which takes seconds.",
        ),
    ] = 5.0,
    resume: Annotated[
        bool, typer.Option("--resume", help="Keep an avatar that is up to date, and go on from where the network was.")
    ] = False,
) -> None:
    """Learn a person from their face set: an avatar in seconds, then a network that paints mouth and eyes.

    The avatar can be swapped as soon as it is kept. The network takes its place, part by part, only where it shows
    pictures that were held out better; more minutes never make it worse. Sealed sheets in the person's folder "lesson"
    show how it learns. Interrupted, it goes on with --resume. Without torch the network paints as it was shipped.
    """
    from bonaface.verbs.train import train as run

    terminal: Terminal = context.obj
    try:
        with terminal.progress() as progress:
            trained = run(name, minutes=minutes, resume=resume, progress=progress)
    except KeyboardInterrupt:
        terminal.complain(f"What was learned is kept; go on with: bonaface train {quote(name)} --resume")
        raise
    terminal.show(trained, lambda: _trained_text(trained))


def swap(
    context: typer.Context,
    name: Name,
    targets: Targets,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder for the results; without it, beside each target.")
    ] = None,
    purpose: Annotated[
        str | None,
        typer.Option(
            metavar="PURPOSE", help=f"One that the consent names: {PURPOSES}. Without it, the consent's first."
        ),
    ] = None,
    face: Annotated[
        str,
        typer.Option(
            metavar="all|largest|IMAGE",
            help="Which faces: all, the largest of each shot, or like the one in a picture.",
        ),
    ] = "all",
    cast: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=IMAGE", help="A further person, and a picture of the face that they take; repeatable."
        ),
    ] = None,
    begin: Annotated[
        str | None, typer.Option("--from", metavar="T", help="Begin there: 12.5, 1:02.5 or 0:01:02.")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", metavar="T", help="End there.")] = None,
    label: Annotated[str | None, typer.Option(metavar="PRESET", help="The visible label: small or large.")] = None,
    codec: Annotated[str | None, typer.Option(metavar="CODEC", help="Of videos: h264, hevc or av1.")] = None,
    mute: Annotated[bool, typer.Option("--mute", help="Leave the sound out.")] = False,
    preview: Annotated[bool, typer.Option("--preview", help="Nine frames on a sheet, in seconds.")] = False,
    perform: Annotated[
        Path | None, typer.Option(metavar="CLIP", help="Pictures become clips whose face follows the actor here.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace results that are there already.")] = False,
) -> None:
    """Put a person in the place of faces in images and videos.

    Each result is called <target stem>.NAME.<ext>, carries a small visible label and a seal, and keeps size, rate and
    sound. With --purpose anonymise a person who does not exist (person add --fictional) is lent to a witness: they are
    covered in every frame, the result is called anonymous-<n>.<ext>, and nothing of the original is named in it.
    With --perform a portrait speaks: the picture stands still, its face follows the actor of the clip.
    """
    from bonaface.verbs.settings import settle
    from bonaface.verbs.swap import swap as run

    terminal: Terminal = context.obj
    given = {"out": None if out is None else str(out), "label": label, "codec": codec}
    settings = {name: resolved.value for name, resolved in settle(given).items()}
    with terminal.progress() as progress:
        outcomes = run(
            name,
            targets,
            out=settings["out"],
            purpose=purpose,
            face=face,
            cast=dict(part_of_cast(entry) for entry in cast or []),
            start_s=None if begin is None else seconds(begin),
            end_s=None if end is None else seconds(end),
            label=settings["label"] or "small",
            codec=settings["codec"] or "h264",
            mute=mute,
            preview=preview,
            perform=perform,
            force=force,
            progress=progress,
            told=lambda outcome: _tell(terminal, outcome),
        )
    code = batch_code(outcome.exit_code for outcome in outcomes)
    if not outcomes:
        raise _nothing(targets)
    if terminal.as_json:
        terminal.show(outcomes, str)
    raise typer.Exit(code)


def verify(
    context: typer.Context,
    paths: Annotated[list[Path], typer.Argument(metavar="PATH", help="Files to read, or folders of them.")],
    trust: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Certificates (PEM) of signers that you trust.")
    ] = None,
) -> None:
    """Read the seal of files: whole, altered or missing, and by whom."""
    from bonaface.verbs.settings import settle
    from bonaface.verbs.verify import verify as run

    terminal: Terminal = context.obj
    trusted = settle({"trust": None if trust is None else str(trust)})["trust"].value
    read = run(paths, None if trusted is None else Path(trusted))
    terminal.show([one.as_dict() for one in read], lambda: "\n".join(_verified_text(one) for one in read))
    raise typer.Exit(batch_code(one.exit_code for one in read))


def _trained_text(trained: Trained) -> str:
    lines = [f"{trained.person}: {'kept' if trained.kept else 'learned'} {trained.avatar}"]
    if not trained.kept:
        lines.append(f"from {counted(trained.frames, 'picture')} in {seconds_text(trained.seconds)}")
    if trained.quality:
        lines.append(_quality_text(trained.quality))
    if trained.painting is not None:
        lines += _painted_lines(trained.painting)
    lines += [tell_consent(trained.statement), f"Next: bonaface swap {quote(trained.person)} TARGET --preview"]
    return "\n".join(lines)


def _painted_lines(painted: Painted) -> list[str]:
    lines = []
    for part, (avatar, network) in painted.error.items():
        verb = "is" if part == "mouth" else "are"
        if avatar > 0:
            lines.append(
                f"{part} {verb} painted by {PAINTED_BY[painted.kept[part]]} "
                f"(held out, off by {network:.2f} with the network, {avatar:.2f} with the avatar alone)"
            )
    if painted.minutes:
        lines.append(f"the network learned for {seconds_text(60 * painted.minutes)} in all")
    return [*lines, *painted.remarks]


def _quality_text(found: Mapping[str, float]) -> str:
    return (
        f"on {counted(int(found['pictures']), 'picture')} held out: skin off by {found['texture_error']:.1f} of 255 "
        f"grey levels (a face that never moves: {found['mean_error']:.1f}), {found['sharpness']:.2f} as sharp as real, "
        f"mouth follows with r {found['mouth_r']:.2f}, eyes with {found['eyes_r']:.2f} (1: wholly)"
    )


def _tell(terminal: Terminal, outcome: Outcome) -> None:
    """Say what came of one target as soon as it is known."""
    if outcome.error is not None:
        sentence, name = sentence_of(outcome.error), str(outcome.target)
        terminal.complain(sentence if name in sentence else f"{name}: {sentence}")
        terminal.trace(outcome.error)
    if outcome.swapped is not None:
        terminal.tell(_swapped_text(outcome, outcome.swapped))


def _swapped_text(outcome: Outcome, made: Swapped) -> str:
    lines = [f"{outcome.target} -> {made.output}  ({seconds_text(outcome.seconds)}, purpose {made.purpose})"]
    if made.frames > 1:
        rate = f", {made.frames_per_s:.1f} frames a second" if made.frames_per_s else ""
        lines.append(f"  {made.swapped} of {made.frames} frames swapped{rate}")
    if made.held or made.hidden:
        lines.append(f"  face lost: held in {made.held} frames, blurred in {made.hidden}")
    lines += [f"  {remark}" for remark in made.remarks]
    return "\n".join([*lines, f"  {tell_consent(made.statement)}"])


def _verified_text(one: Verified) -> str:
    return "\n".join([f"{one.path}:", *(f"  {sentence}" for sentence in one.sentences())])


def _nothing(targets: list[Path]) -> BonafaceError:
    from bonaface.terms.errors import NothingToDoError

    return NothingToDoError(
        f"No image or video was found in {', '.join(map(str, targets))}; name files or other folders."
    )
