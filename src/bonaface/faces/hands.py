"""Hands before faces (placeholder of the first version: finds none)."""

from __future__ import annotations

from bonaface.terms.arrays import Floats, Mask, Rgb8


class HandFollower:
    """Finds no hands yet."""

    def __init__(self, *, num_threads: int = 2) -> None:
        """Load nothing."""

    def step(self, rgb8: Rgb8, boxes: list[Floats], *, cut: bool) -> Mask | None:
        """Return None."""
        return None
