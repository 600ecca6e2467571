"""What each detector, ours and any other, has earned on the same files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from bonaface.bench.check_faces import Seen
from bonaface.bench.check_figures import (
    Flags,
    Names,
    Rate,
    Reliability,
    auc,
    auc_interval,
    cross_fitted,
    eer,
    paired,
    rate,
    rate_interval,
    recalibrated,
    reliability,
    sigmoid,
)
from bonaface.checking.calibration import Calibration
from bonaface.terms.arrays import Doubles
from bonaface.terms.finding import Verdict

OURS, BASELINE = "bonaface", "compression only"
OWN, HERE = "its own calibration", "recalibrated here"
ALPHAS = (0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5)
FOLDS = 5
_CODES = {Verdict.MANIPULATED: 1, Verdict.NO_SIGN: 0, Verdict.INCONCLUSIVE: -1, None: -1}


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Verdicts by some calibration at one error rate.

    ``alarms`` untouched files called manipulated, ``misses`` manipulated ones without a sign: of all, and of those that
    were answered (``_answered``); ``over_groups`` 95 % interval of the false alarms by a bootstrap over groups;
    ``curve`` of error rate asked for, share answered, share wrong among the answered.
    """

    how: str
    alarms: Rate
    alarms_answered: Rate
    over_groups: tuple[float, float]
    misses: Rate
    misses_answered: Rate
    answered: Rate
    curve: tuple[tuple[float, float, float], ...]


@dataclass(frozen=True, slots=True)
class Marks:
    """One detector's figures on the files that it gave a score."""

    name: str
    reals: int
    fakes: int
    auc: float
    interval: tuple[float, float]
    eer: float
    paired: Rate
    reliability: Reliability
    verdicts: tuple[Verdicts, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Files:
    """All files in order, with their labels and groups (N,)."""

    seen: Sequence[Seen]
    fake: Flags
    groups: Names

    @staticmethod
    def of(seen: Sequence[Seen]) -> Files:
        """Return the files as arrays."""
        return Files(seen, np.array([one.item.fake for one in seen]), np.array([one.item.group for one in seen]))

    def originals(self, known: Flags) -> list[int | None]:
        """Return, counted among the files that are ``known``, the row of each one's original."""
        kept = [one for one, is_known in zip(self.seen, known, strict=True) if is_known]
        row_of = {one.item.name: row for row, one in enumerate(kept) if not one.item.fake}
        return [row_of.get(one.item.original) if one.item.original else None for one in kept]


def own_marks(files: Files, calibration: Calibration, alpha: float) -> Marks:
    """Return our figures: verdicts by the checker's own calibration, and recalibrated as others are."""
    codes = own_codes(files)

    def at(other: float) -> np.ndarray:
        return np.array([_CODES[one.verdict_at(other, calibration)] for one in files.seen])

    own = _verdicts(OWN, codes, files.fake, files.groups, at)
    return marks_of(OURS, np.array([one.score for one in files.seen]), files, alpha, own)


def own_codes(files: Files) -> np.ndarray:
    """Return the checker's own verdicts (N,): 1 manipulated, 0 no sign, -1 inconclusive or no face."""
    return np.array([_CODES[one.verdict] for one in files.seen])


def marks_of(name: str, scores: Doubles, files: Files, alpha: float, own: Verdicts | None = None) -> Marks:
    """Return the figures of scores (N,), nan where there is none; recalibrated on the other half of the groups."""
    known = np.isfinite(scores)
    values, fake, groups = scores[known], files.fake[known], files.groups[known]
    here = _verdicts(
        HERE, recalibrated(values, fake, groups, alpha), fake, groups, lambda a: recalibrated(values, fake, groups, a)
    )
    return Marks(
        name,
        int((~fake).sum()),
        int(fake.sum()),
        auc(values, fake),
        auc_interval(values, fake, groups),
        eer(values, fake),
        paired(values, files.originals(known)),
        reliability(sigmoid(cross_fitted(values[:, None], fake, groups)), fake),
        (here,) if own is None else (own, here),
    )


def baseline_scores(files: Files) -> Doubles:
    """Return for each file (N,) the logit of a regression on file size, JPEG quality, sharpness and brightness.

    It is fitted on the other groups, in five folds; nan for a file that could not be read.
    """
    cheap = [one.cheap for one in files.seen]
    features = np.array([[np.log(c.size + 1), c.jpeg_quality, c.sharpness, c.brightness] for c in cheap])
    known = np.array([not one.error for one in files.seen])
    out = np.full(len(cheap), np.nan)
    out[known] = cross_fitted(features[known], files.fake[known], files.groups[known], FOLDS)
    return out


def _verdicts(how: str, codes: np.ndarray, fake: Flags, groups: Names, at: Callable[[float], np.ndarray]) -> Verdicts:
    said = codes >= 0
    curve = []
    for alpha in ALPHAS:
        other = at(alpha)
        answered = other >= 0
        wrong = rate(other[answered] != fake[answered])
        curve.append((alpha, float(answered.mean()) if len(answered) else float("nan"), wrong.share))
    alarms = codes[~fake] == 1
    return Verdicts(
        how,
        rate(alarms),
        rate(codes[~fake & said] == 1),
        rate_interval(alarms, groups[~fake]),
        rate(codes[fake] == 0),
        rate(codes[fake & said] == 0),
        rate(said),
        tuple(curve),
    )
