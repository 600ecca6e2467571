"""Calibrate the checker: weights of the examiners, and the scores of each class of quality.

    python scripts/calibrate_check.py --shared FOLDER --work FOLDER --swaps FOLDER --out src/bonaface/models

Weights are fitted on the part "choose", scores are gathered on "calibrate", false alarms are measured on "test": no
person is in two of them, and none was trained on. The unit is the source: each real face gives one score to each
class of quality that it can be shown in (as it is, after JPEG, shrunk, or both), and so does one of its fakes.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from datetime import date
from hashlib import sha256
from pathlib import Path

import cv2
import numpy as np
from check_material import Faces, Source, read_faces
from scipy.stats import beta
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from bonaface.checking.calibration import FEATURES, Bucket, Calibration, bucket_name, write_calibration
from bonaface.checking.examine import Examiners
from bonaface.checking.sight import look_at
from bonaface.media.recompress import jpeg
from bonaface.terms.finding import Look, Verdict

ALPHAS = (0.01, 0.02, 0.05, 0.1, 0.2)
_RANGE = (0.5, 99.5)
_ROUNDS = 3
_SEED = 17


def main() -> None:
    """Read the command line and write the calibration."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for folder in ("shared", "work", "swaps", "out"):
        parser.add_argument(f"--{folder}", required=folder != "swaps", type=Path)
    settings = parser.parse_args()
    cv2.setNumThreads(1)
    faces = read_faces(settings.shared, settings.work, settings.swaps)
    examiners = Examiners(_blank(), num_threads=2)
    seen = {part: _seen(faces, part, examiners) for part in ("choose", "calibrate", "test")}
    calibration = _calibrated(seen["choose"], seen["calibrate"], settings.out / "checker.onnx")
    measured = _measured(calibration, seen["test"])
    calibration = replace(calibration, buckets=measured)
    (settings.out / "checker_calibration.json").write_text(write_calibration(calibration), encoding="utf-8")
    for name, bucket in sorted(measured.items()):
        at = bucket.measured["0.05"]
        print(
            f"{name}: {len(bucket.real)} real, {len(bucket.fake)} fake; at 5 %: false alarms {at['false_alarms']:.3f} "
            f"(upper {at['upper95']:.3f} of {at['sources']:.0f}), missed {at['missed']:.3f}, "
            f"answered {at['answered']:.3f}"
        )


class _Seen:
    """What the examiners made of the faces of a part: rows of figures, qualities, labels, and which source."""

    def __init__(self) -> None:
        self.looks: list[Look] = []
        self.fake: list[int] = []
        self.source: list[str] = []
        self.features = np.zeros((0, len(FEATURES)), np.float32)


def _seen(faces: Faces, part: str, examiners: Examiners) -> _Seen:
    seen = _Seen()
    for number, source in enumerate(faces.of(part)):
        rng = np.random.default_rng([_SEED, number])
        for _ in range(_ROUNDS if source.real else 1):
            fate = _fate(rng)
            for label, name in ((0, source.real), (1, _one_fake(source, rng))):
                if name:
                    seen.looks.append(_shown(faces, name, fate))
                    seen.fake.append(label)
                    seen.source.append(source.real or name)
    seen.features = np.concatenate(
        [examiners.features(seen.looks[start : start + 256]) for start in range(0, len(seen.looks), 256)]
    )
    return seen


def _one_fake(source: Source, rng: np.random.Generator) -> str:
    return source.fakes[str(rng.choice(sorted(source.fakes)))]


def _fate(rng: np.random.Generator) -> tuple[float, int]:
    """Share of the size, and quality of JPEG (0: none)."""
    share = 1.0 if rng.random() < 0.5 else float(rng.uniform(0.3, 0.9))
    return share, 0 if rng.random() < 0.5 else int(rng.integers(45, 95))


def _shown(faces: Faces, name: str, fate: tuple[float, int]) -> Look:
    share, quality = fate
    picture, five = faces.picture(name), faces.fives[name]
    if share < 1:
        size = round(picture.shape[1] * share), round(picture.shape[0] * share)
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        five = five * np.float32(share)
    if quality:
        picture = jpeg(picture, quality)
    return look_at(picture, five)


def _calibrated(choose: _Seen, calibrate: _Seen, network: Path) -> Calibration:
    detail = float(np.median([look.quality.detail for look in calibrate.looks]))
    mean, spread = choose.features.mean(0, dtype=np.float64), choose.features.std(0, dtype=np.float64)
    fit = LogisticRegression(class_weight="balanced").fit((choose.features - mean) / spread, choose.fake)
    weights = fit.coef_[0].astype(np.float64)
    real = [look.quality for look, fake in zip(calibrate.looks, calibrate.fake, strict=True) if not fake]
    ranges = {
        name: tuple(np.percentile([getattr(quality, name) for quality in real], _RANGE))
        for name in ("face_px", "detail", "brightness")
    }
    fake = np.array(calibrate.fake)
    reliability = {name: float(roc_auc_score(fake, calibrate.features[:, k])) for k, name in enumerate(FEATURES)}
    about = {
        "id": f"{date.today().isoformat()}-{sha256(network.read_bytes()).hexdigest()[:8]}",
        "date": date.today().isoformat(),
        "sources": "Deepfake Detection Challenge (Facebook AI, 2020): faces of actors who agreed to manipulation for "
        "research, their fakes by several methods, our own swaps of them, and faces made by text-to-image models",
        "unit": f"{len(set(calibrate.source))} sources; none trained on, and none of the people measured on",
    }
    calibration = Calibration(
        mean, spread, weights, float(fit.intercept_[0]), {}, {k: (float(a), float(b)) for k, (a, b) in ranges.items()},
        detail, about, reliability,
    )  # fmt: skip
    held: dict[str, dict[int, dict[str, float]]] = {}
    for look, features, label, source in zip(
        calibrate.looks, calibrate.features, calibrate.fake, calibrate.source, strict=True
    ):
        if not calibration.why_out_of_range(look.quality):
            rows = held.setdefault(bucket_name(look.quality, detail), {0: {}, 1: {}})
            rows[label].setdefault(source, calibration.score(features))
    buckets = {
        name: Bucket(name, np.sort(list(rows[0].values())), np.sort(list(rows[1].values())), {})
        for name, rows in held.items()
    }
    return replace(calibration, buckets=buckets)


def _measured(calibration: Calibration, test: _Seen) -> dict[str, Bucket]:
    """Return the buckets with the errors of other people in each, at several error rates."""
    rows: dict[str, list[tuple[float, int, str]]] = {name: [] for name in calibration.buckets}
    for look, features, label, source in zip(test.looks, test.features, test.fake, test.source, strict=True):
        name = bucket_name(look.quality, calibration.detail_border)
        if name in rows and not calibration.why_out_of_range(look.quality):
            rows[name].append((calibration.score(features), label, source))
    out = {}
    for name, bucket in calibration.buckets.items():
        measured = {}
        for alpha in ALPHAS:
            said = [(_said(bucket, score, alpha), label, source) for score, label, source in rows[name]]
            alarms = {source: verdict is Verdict.MANIPULATED for verdict, label, source in said if not label}
            missed = [verdict is Verdict.NO_SIGN for verdict, label, _ in said if label]
            count, bad = len(alarms), sum(alarms.values())
            measured[f"{alpha:g}"] = {
                "sources": count,
                "false_alarms": round(bad / max(count, 1), 4),
                "upper95": round(float(beta.ppf(0.95, bad + 1, max(count - bad, 0))) if bad < count else 1.0, 4),
                "missed": round(float(np.mean(missed)) if missed else 0.0, 4),
                "answered": round(float(np.mean([v is not Verdict.INCONCLUSIVE for v, _, _ in said] or [0])), 4),
            }
        out[name] = Bucket(name, bucket.real, bucket.fake, measured)
    return out


def _said(bucket: Bucket, score: float, alpha: float) -> Verdict:
    as_real, as_fake = bucket.accepted(score, alpha)
    if as_real == as_fake:
        return Verdict.INCONCLUSIVE
    return Verdict.MANIPULATED if as_fake else Verdict.NO_SIGN


def _blank() -> Calibration:
    zeros = np.zeros(len(FEATURES))
    return Calibration(zeros, zeros + 1, zeros, 0.0, {}, {}, 0.0, {}, {})


if __name__ == "__main__":
    main()
