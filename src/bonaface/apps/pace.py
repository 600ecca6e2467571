"""Numbered steps of a longer run: each says what it may take before it begins, and what it took."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bonaface.apps.terminal import seconds_text


@dataclass(slots=True)
class Pace:
    """Prints the steps of a run on stdout; ``steps`` is how many there will be."""

    steps: int
    current: str = ""
    _number: int = 0
    _kept: bool = False

    @contextmanager
    def step(self, title: str, budget_s: int) -> Iterator[None]:
        """Say that a step begins, and at the end how long it took; a step that fails keeps its title in `current`."""
        self._number, self._kept, self.current = self._number + 1, False, title
        self.say(f"[{self._number}/{self.steps}] {title} (budget {seconds_text(budget_s)})")
        began_s = time.monotonic()
        yield
        spent_s = time.monotonic() - began_s
        if self._kept:
            self.note("kept from an earlier run: nothing that it was made from has changed")
            return
        over = f", {seconds_text(spent_s - budget_s)} over its budget" if spent_s > budget_s + 0.5 else ""
        self.note(f"took {spent_s:.1f} s{over}")

    def kept(self) -> None:
        """Take down that the step found its result up to date."""
        self._kept = True

    def note(self, sentence: str) -> None:
        """Print a line that belongs to the step."""
        self.say(f"      {sentence}")

    def say(self, text: str = "") -> None:
        """Print a line at once."""
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
