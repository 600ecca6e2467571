"""From a face's figures to one score, and from the score to a verdict with a bounded error.

The score is a logistic combination of the examiners' figures. The verdict is class-conditional split-conformal (Vovk
and others 2005, chapter 4.5; Sadinle and others 2019): a label is accepted when the score is not among the most extreme
alpha of that label's calibration scores, in the same bucket of quality; only when exactly one label is accepted, it is
said. The unit is the source: each gave one score to each bucket.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from bonaface.checking.traces import NAMES
from bonaface.models import model_path
from bonaface.terms.arrays import Doubles, Floats
from bonaface.terms.finding import ErrorRate, Quality, Verdict

FEATURES = ("learned", *NAMES)
_FILE = "checker_calibration.json"
SIZES_PX = (0.0, 90.0, 160.0)
"""Lower ends of the classes of face size."""


@dataclass(frozen=True, slots=True, eq=False)
class Bucket:
    """Calibration scores of one class of quality, ascending, one a source; and what was measured on other people."""

    name: str
    real: Doubles
    fake: Doubles
    measured: Mapping[str, Mapping[str, float]]

    def accepted(self, score: float, alpha: float) -> tuple[bool, bool]:
        """Return whether "untouched" and "manipulated" are accepted for a score."""
        as_real = (1 + int(np.count_nonzero(self.real >= score))) / (len(self.real) + 1)
        as_fake = (1 + int(np.count_nonzero(self.fake <= score))) / (len(self.fake) + 1)
        return as_real > alpha, as_fake > alpha

    def least_alpha(self) -> float:
        """Return the smallest error rate that so many sources can speak for."""
        return 1 / (min(len(self.real), len(self.fake)) + 1)


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """Weights of the examiners' figures, buckets, and the range in which they hold.

    ``mean``, ``spread`` and ``weights`` (F,) by `FEATURES`; ``bias`` so that 0 is even. ``range`` least and most of
    each quality; ``about`` date, sources and sums for the output; ``reliability`` area under the curve of each figure
    alone.
    """

    mean: Doubles
    spread: Doubles
    weights: Doubles
    bias: float
    buckets: Mapping[str, Bucket]
    range: Mapping[str, tuple[float, float]]
    detail_border: float
    about: Mapping[str, str]
    reliability: Mapping[str, float]

    def parts(self, features: Floats) -> Doubles:
        """Return what each figure (F,) adds to the score."""
        return (np.asarray(features, np.float64) - self.mean) / self.spread * self.weights

    def learned(self, logit: float) -> float:
        """Return what the learned examiner alone adds to the score, by its logit."""
        return float((logit - self.mean[0]) / self.spread[0] * self.weights[0])

    def score(self, features: Floats) -> float:
        """Return the score: above 0 speaks for manipulation."""
        return float(self.parts(features).sum() + self.bias)

    def bucket_of(self, quality: Quality) -> Bucket:
        """Return the bucket of a quality; an empty one where no source was of that quality."""
        name = bucket_name(quality, self.detail_border)
        return self.buckets.get(name) or Bucket(name, np.zeros(0), np.zeros(0), {})

    def why_out_of_range(self, quality: Quality) -> str:
        """Return in plain words why a face cannot be judged, empty where it can."""
        for name, words in _WORDS.items():
            least, most = self.range[name]
            value = getattr(quality, name)
            if value < least:
                return words[0].format(value=value, limit=least)
            if value > most and words[1]:
                return words[1].format(value=value, limit=most)
        return ""

    def decide(self, score: float, quality: Quality, alpha: float) -> tuple[Verdict, str, ErrorRate]:
        """Return the verdict on a score, why it is inconclusive, and the error rate it holds to."""
        bucket = self.bucket_of(quality)
        measured = bucket.measured.get(f"{alpha:g}") or bucket.measured.get("0.05") or _UNMEASURED
        error = ErrorRate(
            alpha, bucket.name, len(bucket.real), len(bucket.fake), measured["false_alarms"], measured["upper95"],
            self.about["id"],
        )  # fmt: skip
        if why := self.why_out_of_range(quality):
            return Verdict.INCONCLUSIVE, why, error
        if alpha < bucket.least_alpha():
            why = f"an error rate of {alpha:.2%} needs more calibration sources than the {len(bucket.real)} at hand"
            return Verdict.INCONCLUSIVE, why, error
        as_real, as_fake = bucket.accepted(score, alpha)
        if as_real and as_fake:
            return Verdict.INCONCLUSIVE, "such a score is usual for untouched and for manipulated faces", error
        if not as_real and not as_fake:
            return Verdict.INCONCLUSIVE, "such a score is unusual for untouched and for manipulated faces", error
        return (Verdict.MANIPULATED if as_fake else Verdict.NO_SIGN), "", error


_UNMEASURED = {"false_alarms": 0.0, "upper95": 1.0}
_WORDS = {
    "face_px": ("the face is {value:.0f} pixels wide; at least {limit:.0f} are needed", ""),
    "detail": ("the face is too blurred, or too much compressed or enlarged", "the face is sharper or noisier than any "
               "that was calibrated on"),
    "brightness": ("the face is too dark", "the face is too bright"),
}  # fmt: skip


def bucket_name(quality: Quality, detail_border: float) -> str:
    """Return the name of the bucket: class of face size, and how much detail is left."""
    size = max(k for k, least in enumerate(SIZES_PX) if quality.face_px >= least)
    names = (f"under {SIZES_PX[1]:.0f}", f"{SIZES_PX[1]:.0f} to {SIZES_PX[2]:.0f}", f"from {SIZES_PX[2]:.0f}")
    return f"face {names[size]} px, {'full' if quality.detail >= detail_border else 'reduced'} detail"


@lru_cache(maxsize=1)
def shipped_calibration() -> Calibration:
    """Return the calibration that ships.

    Raises:
        MissingPartError: its file is not there.
    """
    return read_calibration(model_path(_FILE).read_text(encoding="utf-8"))


def read_calibration(text: str) -> Calibration:
    """Return the calibration written as JSON by `write_calibration`."""
    held = json.loads(text)
    buckets = {
        name: Bucket(name, np.array(one["real"]), np.array(one["fake"]), one["measured"])
        for name, one in held["buckets"].items()
    }
    ranges = {name: (float(low), float(high)) for name, (low, high) in held["range"].items()}
    mean, spread, weights = (np.array(held[name], np.float64) for name in ("mean", "spread", "weights"))
    return Calibration(
        mean, spread, weights, held["bias"], buckets, ranges, held["detail_border"], held["about"], held["reliability"]
    )


def write_calibration(calibration: Calibration) -> str:
    """Return a calibration as JSON."""

    def rounded(values: Sequence[float] | Doubles) -> list[float]:
        return [round(float(value), 5) for value in values]

    held = {
        "about": dict(calibration.about),
        "features": list(FEATURES),
        "mean": rounded(calibration.mean),
        "spread": rounded(calibration.spread),
        "weights": rounded(calibration.weights),
        "bias": round(calibration.bias, 5),
        "detail_border": round(calibration.detail_border, 5),
        "range": {name: rounded(ends) for name, ends in calibration.range.items()},
        "reliability": {name: round(value, 4) for name, value in calibration.reliability.items()},
        "buckets": {
            name: {"real": rounded(one.real), "fake": rounded(one.fake), "measured": one.measured}
            for name, one in calibration.buckets.items()
        },
    }
    return json.dumps(held, indent=1) + "\n"
