"""The statistics of a detector: ranking, errors with bounds, calibration. What each means: ``docs/measures.md``.

Scores (N,) are higher for what looks manipulated; ``fake`` (N,) tells what is; ``groups`` (N,) who belongs together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.stats import beta, rankdata

from bonaface.bench.measures import people_interval
from bonaface.checking.calibration import Bucket
from bonaface.terms.arrays import Doubles

Flags = np.ndarray
"""Booleans (N,)."""
Names = np.ndarray
"""Texts (N,)."""

DRAWS = 1000
BINS = 10
_RIDGE = 1e-3
_FEWEST_GROUPS = 3
NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Rate:
    """``count`` of ``of``, the share, and its 95 % interval (`clopper_pearson`)."""

    count: int
    of: int
    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class Reliability:
    """Calibration in bins of equally many: mean of what was promised, share of fakes, how many; and the error (ECE)."""

    promised: Doubles
    true: Doubles
    count: Doubles
    error: float


def auc(scores: Doubles, fake: Flags) -> float:
    """Return the share of pairs in which the fake has the higher score, ties half (Mann and Whitney 1947)."""
    fakes, reals = int(fake.sum()), int((~fake).sum())
    if not fakes or not reals:
        return NAN
    ranks = rankdata(scores)
    return float((ranks[fake].sum() - fakes * (fakes + 1) / 2) / (fakes * reals))


def roc(scores: Doubles, fake: Flags) -> tuple[Doubles, Doubles]:
    """Return false alarm rates and hit rates, ascending from (0, 0) to (1, 1), a point for each distinct score."""
    order = np.argsort(-scores, kind="stable")
    last = np.append(np.diff(scores[order]) != 0, True)
    hits, alarms = np.cumsum(fake[order])[last], np.cumsum(~fake[order])[last]
    return np.append(0, alarms / max(1, int((~fake).sum()))), np.append(0, hits / max(1, int(fake.sum())))


def eer(scores: Doubles, fake: Flags) -> float:
    """Return the error rate where false alarms and misses are equally frequent, on the line between ROC points."""
    if not fake.any() or fake.all():
        return NAN
    alarms, hits = roc(scores, fake)
    gap = alarms - (1 - hits)  # ascends from -1 to 1
    after = int(np.argmax(gap >= 0))
    share = gap[after - 1] / (gap[after - 1] - gap[after])
    return float(alarms[after - 1] + share * (alarms[after] - alarms[after - 1]))


def auc_interval(scores: Doubles, fake: Flags, groups: Names, draws: int = DRAWS) -> tuple[float, float]:
    """Return the 95 % interval of the AUC by a bootstrap over groups; nan with fewer than three of them.

    All of a group are drawn together (Cameron, Gelbach, Miller 2008). The draws are the same every time; one without
    both classes is left out.
    """
    names, whose = np.unique(groups, return_inverse=True)
    if len(names) < _FEWEST_GROUPS:
        return NAN, NAN
    members = [np.flatnonzero(whose == k) for k in range(len(names))]
    rng = np.random.default_rng(0)
    drawn = (np.concatenate([members[k] for k in rng.integers(0, len(names), len(names))]) for _ in range(draws))
    areas = np.array([auc(scores[rows], fake[rows]) for rows in drawn])
    areas = areas[np.isfinite(areas)]
    if not len(areas):
        return NAN, NAN
    low, high = np.quantile(areas, [0.025, 0.975])
    return float(low), float(high)


def clopper_pearson(count: int, of: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the exact two-sided interval of a share (Clopper and Pearson 1934); 0 to 1 of nothing."""
    tail = (1 - confidence) / 2
    low = float(beta.ppf(tail, count, of - count + 1)) if count else 0.0
    high = float(beta.ppf(1 - tail, count + 1, of - count)) if count < of else 1.0
    return low, high


def rate(flags: Flags | Sequence[bool]) -> Rate:
    """Return how many are true, with the interval."""
    count, of = int(np.sum(flags)), len(flags)
    return Rate(count, of, count / of if of else NAN, *clopper_pearson(count, of))


def rate_interval(flags: Flags, groups: Names) -> tuple[float, float]:
    """Return the 95 % interval of a share by a bootstrap over groups; nan with fewer than three of them.

    Where all flags are the same, no draw differs: then it is `clopper_pearson` with one vote a group.
    """
    names = np.unique(groups)
    if len(names) >= _FEWEST_GROUPS and (flags.all() or not flags.any()):
        return clopper_pearson(len(names) if flags.any() else 0, len(names))
    return people_interval(flags.astype(np.float64), [str(group) for group in groups])


def paired(scores: Doubles, originals: Sequence[int | None]) -> Rate:
    """Return how often a fake has a higher score than its own original; a tie counts as an error.

    ``originals`` (N,): the row of the original, None where there is none.
    """
    return rate([scores[row] > scores[other] for row, other in enumerate(originals) if other is not None])


def folds(groups: Names, count: int = 2) -> np.ndarray:
    """Return which of ``count`` folds (N,) each belongs to: groups are never divided, folds as equal as they allow."""
    names, whose, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    filled = np.zeros(count)
    fold_of = np.zeros(len(names), int)
    shuffled = np.random.default_rng(0).permutation(len(names))  # so that equal sizes do not go by name
    for name in shuffled[np.argsort(-sizes[shuffled], kind="stable")]:
        fold_of[name] = int(filled.argmin())
        filled[fold_of[name]] += sizes[name]
    out: np.ndarray = fold_of[whose]
    return out


def logistic(features: Doubles, fake: Flags) -> Doubles:
    """Return weights (F + 1,), the bias last, of the logistic regression of ``features`` (N, F), slightly ridged."""
    full = np.column_stack([features, np.ones(len(features))])
    sign = np.where(fake, 1.0, -1.0)

    def loss(weights: Doubles) -> tuple[float, Doubles]:
        margin = sign * (full @ weights)
        pull = _RIDGE * np.append(weights[:-1], 0.0)
        value = np.logaddexp(0, -margin).mean() + float(pull @ weights) / 2
        return float(value), -(full * (sign * sigmoid(-margin))[:, None]).mean(0) + pull

    start = np.zeros(full.shape[1])
    found: Doubles = minimize(loss, start, jac=True, method="L-BFGS-B").x
    return found


def cross_fitted(features: Doubles, fake: Flags, groups: Names, count: int = 2) -> Doubles:
    """Return for each row (N,) the logit by a regression that was fitted on the other folds; nan where none could be.

    ``features`` (N, F) are brought to mean 0 and spread 1 by those other folds.
    """
    which = folds(groups, count)
    out = np.full(len(fake), NAN)
    for fold in range(count):
        rest, here = which != fold, which == fold
        if not here.any() or not fake[rest].any() or fake[rest].all():
            continue
        mean, spread = features[rest].mean(0), features[rest].std(0) + 1e-9
        weights = logistic((features[rest] - mean) / spread, fake[rest])
        out[here] = (features[here] - mean) / spread @ weights[:-1] + weights[-1]
    return out


def reliability(probabilities: Doubles, fake: Flags, bins: int = BINS) -> Reliability:
    """Return the calibration: expected calibration error over bins of equally many (Nixon and others 2019)."""
    known = np.isfinite(probabilities)
    values, truth = probabilities[known], fake[known]
    if not len(values):
        return Reliability(np.zeros(0), np.zeros(0), np.zeros(0), NAN)
    parts = [rows for rows in np.array_split(np.argsort(values, kind="stable"), bins) if len(rows)]
    promised = np.array([values[rows].mean() for rows in parts])
    true = np.array([truth[rows].mean() for rows in parts])
    count = np.array([len(rows) for rows in parts], np.float64)
    return Reliability(promised, true, count, float((count * np.abs(promised - true)).sum() / count.sum()))


def recalibrated(scores: Doubles, fake: Flags, groups: Names, alpha: float) -> np.ndarray:
    """Return verdicts (N,): 1 manipulated, 0 no sign, -1 inconclusive, by conformal calibration on the other half.

    The same rule as the checker's own (`checking.calibration.Bucket`), without classes of quality.
    """
    half = folds(groups)
    out = np.full(len(scores), -1)
    for fold in (0, 1):
        rest = half != fold
        reals, fakes = scores[rest & ~fake], scores[rest & fake]
        if not len(reals) or not len(fakes):
            continue
        bucket = Bucket("", np.sort(reals), np.sort(fakes), {})
        for row in np.flatnonzero(half == fold):
            as_real, as_fake = bucket.accepted(float(scores[row]), alpha)
            out[row] = -1 if as_real == as_fake else int(as_fake)
    return out


def sigmoid(logits: Doubles) -> Doubles:
    """Return 1 / (1 + exp(-logits)), without overflow."""
    return np.exp(-np.logaddexp(0, -logits))
