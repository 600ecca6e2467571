"""Words and options that several commands share."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import typer

from bonaface.terms.errors import UsageError

SUMMARY = """Make films and pictures in which a consenting person's face is seen, sealed so that everyone can tell.

Begin with: bonaface person add NAME CLIPS... --consent FILE, then bonaface train NAME,
then bonaface swap NAME TARGET."""

EVERYWHERE = (
    "Everywhere: --json prints the result as JSON; --debug shows where an error came from. "
    "Exit codes: 0 done, no sign, or seal whole, 1 likely manipulated, altered, or a broken ledger, 2 usage, "
    "3 inconclusive, 4 nothing to work on, 5 refused by a rule, 6 failed, 130 Ctrl-C; of several files the first of "
    "1, 3, 6, 5, 4, 0 that occurs."
)

PAINTED_BY = {
    "network": "the network",
    "avatar": "the avatar",
    "both": "the avatar where it was filmed, and beyond that by the network",
}
"""What the gate chose for a part, in words."""

PURPOSES = "entertainment, film, art, education, anonymise, research or political"


def group(help_text: str) -> typer.Typer:
    """Return an empty group of commands that shows its help when called with nothing."""
    return typer.Typer(help=help_text, epilog=EVERYWHERE, no_args_is_help=True, rich_markup_mode=None)


def seconds(text: str) -> Fraction:
    """Return the seconds of ``12.5``, ``1:02.5`` or ``0:01:02``.

    Raises:
        UsageError: anything else.
    """
    total = Fraction(0)
    parts = text.split(":")
    try:
        for part in parts:
            total = total * 60 + Fraction(part)
    except (ValueError, ZeroDivisionError):
        parts = []
    if not 1 <= len(parts) <= 3 or total < 0 or "/" in text or "-" in text:
        raise UsageError(f"{text!r} is no time; write seconds (12.5), minutes (1:02.5) or hours (0:01:02).")
    return total


def part_of_cast(entry: str) -> tuple[str, Path]:
    """Return name and picture of ``NAME=IMAGE``.

    Raises:
        UsageError: anything else.
    """
    name, sign, picture = entry.partition("=")
    if not (name and sign and picture):
        raise UsageError(f"{entry!r} is no member of the cast; write NAME=IMAGE, the picture of the face they take.")
    return name, Path(picture)
