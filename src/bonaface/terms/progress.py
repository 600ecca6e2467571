"""How long work tells how far it is. Whoever does the work calls; the command line draws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """``done`` of ``total`` (None: not known) units of a named stage; ``note`` is a live remark, e.g. a quality."""

    stage: str
    done: int
    total: int | None = None
    unit: str = "frames"
    note: str = ""


Progress = Callable[[Step], None]


def silent(step: Step) -> None:
    """Take a step and say nothing."""
