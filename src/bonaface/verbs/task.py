"""One target's order and what was made of it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import count
from math import inf
from numbers import Rational, Real
from pathlib import Path

from bonaface.marking.passing import PassingFolder
from bonaface.media.scratch import check_output
from bonaface.terms.errors import UsageError

Seconds = float | int | Fraction
"""A time as a caller gives it."""
_FINEST = 1_000_000
"""Largest denominator of a time that came as a float: every clock of every container is coarser."""

VIDEO_ENDINGS = (".mp4", ".mov", ".m4v")
"""Containers that content credentials can be written into; other videos become MP4."""


@dataclass(frozen=True, slots=True)
class Task:
    """One target of a call of swap: the file, the folder for the result, and the options of the call.

    ``made`` are the results of the call's other targets, which not even ``force`` replaces; ``passing`` is the folder
    that vanishes, into which alone people of a benchmark may be rendered; ``anonymous``: a witness is covered, and
    nothing of the original is named; ``mute``: without sound; ``performer``: the clip that pictures are made to follow.
    """

    target: Path
    folder: Path
    start_s: Fraction | None
    end_s: Fraction | None
    label: str
    codec: str
    force: bool
    home: Path
    passing: PassingFolder | None = None
    made: frozenset[Path] = frozenset()
    anonymous: bool = False
    mute: bool = False
    performer: Path | None = None

    def result(self, name: str, ending: str) -> Path:
        """Return ``<target stem>.<name><ending>`` in the task's folder, if it may be written.

        Of an anonymous task it is ``anonymous-<n><ending>`` with the first number that is free: the target's name may
        name somebody.

        Raises:
            OutputExistsError: it is there already (and not ``force``), or is the target itself.
        """
        if self.anonymous:
            names = (self.folder / f"anonymous-{number}{ending}" for number in count(1))
            return next(path for path in names if not path.exists() and path not in self.made)
        destination = self.folder / f"{self.target.stem}.{name}{ending}"
        check_output(destination, [self.target], self.force and destination not in self.made)
        return destination


@dataclass(frozen=True, slots=True)
class Swapped:
    """A sealed result.

    ``frames`` in all; ``swapped`` of them with a face of the person's, ``held`` rendered where a face was last seen,
    ``hidden`` with a face blurred because it was lost for longer; ``frames_per_s`` of rendering, decode and encode
    included; ``remarks`` sentences on what was converted or could not be kept; ``statement`` on the consent.
    """

    output: Path
    purpose: str
    statement: str
    frames: int = 1
    swapped: int = 1
    held: int = 0
    hidden: int = 0
    frames_per_s: float = 0.0
    remarks: tuple[str, ...] = ()


def exact_seconds(time_s: Seconds | None, name: str) -> Fraction | None:
    """Return the time as a fraction: a float becomes the simplest one that it may have been meant for.

    Raises:
        UsageError: it is negative, not finite or no number; ``name`` is the argument's.
    """
    if time_s is None:
        return None
    if isinstance(time_s, Real) and not isinstance(time_s, bool) and 0 <= time_s < inf:
        return Fraction(time_s) if isinstance(time_s, Rational) else Fraction(float(time_s)).limit_denominator(_FINEST)
    raise UsageError(f"{name} is {time_s!r}; give seconds from the beginning, such as 12, 12.5 or Fraction(25, 2).")
