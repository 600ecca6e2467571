"""The swaps that are measured: people learned for the benchmark alone, clips rendered into a folder that vanishes."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

from bonaface.bench.clips import copy_beginning
from bonaface.bench.pairs import Part, Someone
from bonaface.making.prior import learned_from
from bonaface.marking.passing import PassingFolder
from bonaface.terms.errors import BonafaceError
from bonaface.terms.progress import Progress, silent
from bonaface.verbs.person import add_person
from bonaface.verbs.swap import swap
from bonaface.verbs.task import Swapped
from bonaface.verbs.train import train

PURPOSE = "research"


@dataclass(frozen=True, slots=True)
class Gathered:
    """A person's crops, found in their media in ``seconds``."""

    name: str
    crops: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Learned:
    """How long it took to know a person: ``following_s`` from media to crops, ``fitting_s`` from crops to avatar.

    ``prior_without``: whom the prior did not know that the avatar was learned with. ``minutes`` of painting were asked
    for; ``painted`` is the share of the face's pixels that the network paints, nan where it paints nothing, ``kept``
    what the gate chose for each part: "network", "avatar" or "both", and ``error`` what it chose by, of both;
    ``remarks`` say what was missing.
    """

    name: str
    crops: int
    following_s: float
    fitting_s: float
    prior_without: frozenset[str] = frozenset()
    minutes: float = 0.0
    painted: float = float("nan")
    kept: Mapping[str, str] = field(default_factory=dict)
    error: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Performed:
    """A swapped clip, sealed and encoded; it vanishes with the passing folder."""

    clip: Path
    swapped: Swapped
    seconds: float


def bench_home(passing: PassingFolder) -> Path:
    """Return the home of the benchmark's people, inside the folder that vanishes."""
    home = passing.path / "home"
    home.mkdir(mode=0o700, exist_ok=True)
    return home


def known_to_prior(*names: str) -> frozenset[str]:
    """Return the names under which the shipped prior knows any of these people: what has to be left out of it.

    A person of a corpus stands there with the corpus before the name of the clip (``grid_bbaf2n``).
    """
    return frozenset(
        known for known in learned_from() if not {known, known.partition("_")[2] or known}.isdisjoint(names)
    )


def gather_crops(someone: Someone, clip: Path, passing: PassingFolder, progress: Progress = silent) -> Gathered:
    """Find a person in the part of ``clip`` that is for learning, under the basis "benchmark".

    Raises:
        NothingToDoError, SeveralPeopleError: as `verbs.person.add_person`.
    """
    home = bench_home(passing)
    consent = passing.path / f"{someone.name}.consent.toml"
    consent.write_text(consent_text(someone.name, date.today()), encoding="utf-8")
    material = _material(someone.learn, clip, passing)
    began_s = time.monotonic()
    report = add_person(someone.name, [material], consent=consent, home=home, progress=progress)
    return Gathered(someone.name, report.crops, time.monotonic() - began_s)


def learn(
    gathered: Gathered,
    passing: PassingFolder,
    prior_without: Collection[str],
    progress: Progress = silent,
    *,
    minutes: float = 0.0,
    before: Learned | None = None,
) -> Learned:
    """Learn a person from the crops, with a prior that has not seen the people in ``prior_without``.

    The network that paints is adapted for so many ``minutes`` in all; what was learned ``before`` is taken up again.
    """
    began_s = time.monotonic()
    home = bench_home(passing)
    trained = train(
        gathered.name,
        minutes=minutes,
        resume=before is not None,
        home=home,
        prior_without=prior_without,
        progress=progress,
    )
    fitting_s = time.monotonic() - began_s + (0.0 if before is None else before.fitting_s)
    learned = Learned(gathered.name, gathered.crops, gathered.seconds, fitting_s, frozenset(prior_without), minutes)
    painting = trained.painting
    if painting is None:
        return learned
    return replace(learned, painted=painting.share, kept=painting.kept, error=painting.error, remarks=painting.remarks)


def perform(
    learned: Learned, target: Part, clip: Path, passing: PassingFolder, number: int, progress: Progress = silent
) -> Performed:
    """Return the learned person's face on the target, as anybody would make it.

    The prior knows no more people than it did when the person was learned; ``number`` keeps the directions apart.

    Raises:
        BonafaceError: the swap failed.
    """
    folder = passing.path / f"swap-{number:02d}"
    folder.mkdir(mode=0o700)
    (outcome,) = swap(
        learned.name,
        clip,
        out=folder,
        purpose=PURPOSE,
        face="largest",
        start_s=target.start_s,
        end_s=target.end_s,
        home=bench_home(passing),
        passing=passing,
        prior_without=learned.prior_without,
        progress=progress,
    )
    if outcome.error is not None:
        raise outcome.error
    if outcome.swapped is None:
        raise BonafaceError(f"Nothing came of {learned.name} on {clip.name}; run bonaface doctor.")
    return Performed(outcome.swapped.output, outcome.swapped, outcome.seconds)


def consent_text(name: str, today: date) -> str:
    """Return a consent file of the basis "benchmark", which ends tomorrow."""
    return (
        f'who = "{name}"\nbasis = "benchmark"\npurposes = ["{PURPOSE}"]\nuntil = {today + timedelta(days=1)}\n'
        'note = "measured on this machine; renders are deleted"\n'
    )


def _material(part: Part, clip: Path, passing: PassingFolder) -> Path:
    if part.start_s is None and part.end_s is None:
        return clip
    folder = passing.path / "learned"
    folder.mkdir(mode=0o700, exist_ok=True)
    return copy_beginning(clip, part, folder / f"{clip.stem}.head{clip.suffix}")
