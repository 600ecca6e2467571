"""Shares that come and go little by little, so that nothing flickers."""

from __future__ import annotations

_QUICKNESS = 0.35
LEAST_SHARE = 0.02
"""Less than this cannot be seen."""


class Gradual:
    """A share 0..1 that follows what is wanted from frame to frame; the first frame has it wholly."""

    def __init__(self) -> None:
        """Begin before the first frame."""
        self._share: float | None = None

    def restart(self) -> None:
        """Forget the frames before: the next one begins anew."""
        self._share = None

    def towards(self, wanted: float) -> float:
        """Return the share of the next frame."""
        before = wanted if self._share is None else self._share
        self._share = before + _QUICKNESS * (wanted - before)
        return self._share
