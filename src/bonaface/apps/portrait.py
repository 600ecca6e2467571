"""The demo's portrait: the Mona Lisa, learned from one picture, laughs as an actress does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from bonaface.apps.kept import Kept
from bonaface.terms.errors import BonafaceError

if TYPE_CHECKING:
    from bonaface.apps.terminal import Terminal

NAME, PICTURE, PERFORMER = "lisa", "joconde.jpg", "WolfgangLanger_Pexels.mp4"
BEGIN_S, END_S = 12.0, 16.0


def let_perform(examples: Path, out: Path, home: Path, kept: Kept, made_from: list[str], terminal: Terminal) -> Any:
    """Return facts on the sealed clip of the portrait: its path, how many frames, what has to be said of it.

    ``made_from``: sums of all that it is made from; where they are the same, an earlier one is kept.

    Raises:
        BonafaceError: a step failed.
    """
    from bonaface.verbs.person import add_person
    from bonaface.verbs.swap import swap
    from bonaface.verbs.train import train

    facts = kept.find("portrait", made_from)
    if facts is not None:
        return {**facts, "kept": True}
    with terminal.progress() as progress:
        consent = examples / "consent" / "joconde.toml"
        media = examples / "media"
        add_person(NAME, [media / PICTURE], consent=consent, home=home, force=True, progress=progress)
        train(NAME, home=home, progress=progress)
        (outcome,) = swap(
            NAME, media / PICTURE, perform=media / PERFORMER, start_s=BEGIN_S, end_s=END_S, out=out, home=home,
            force=True, progress=progress,
        )  # fmt: skip
    if outcome.error is not None:
        raise outcome.error
    if outcome.swapped is None:
        raise BonafaceError(f"Nothing came of {PICTURE}; run bonaface doctor to see what is missing.")
    made = outcome.swapped
    facts = {"output": str(made.output), "frames": made.frames, "remarks": list(made.remarks)}
    kept.keep("portrait", made_from, [made.output], facts)
    return {**facts, "kept": False}
