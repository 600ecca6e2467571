"""From what is seen of a face to evidence, score and verdict: a list of independent examiners, then one calibration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from bonaface.checking.calibration import FEATURES, Calibration
from bonaface.checking.network import CheckerNetwork
from bonaface.checking.reference import Reference
from bonaface.checking.sight import Sighting
from bonaface.checking.traces import traces
from bonaface.faces.embed import Embedder
from bonaface.media.recompress import jpeg
from bonaface.terms.arrays import Floats, Rgb8
from bonaface.terms.finding import Evidence, FaceFinding, Look, Quality, Verdict

_FLIPPED = "the verdict changes when the picture is encoded anew"
_AGAINST = "the examiners contradict each other"
_SAID = {
    "grain": "grain of the face against what is around it",
    "spectrum": "how fast fine detail falls off",
    "border": "edges along the outline of the face",
    "colour": "step of colour across the outline of the face",
}


class Examiners:
    """All examiners with their networks, loaded once. An instance belongs to one thread."""

    def __init__(self, calibration: Calibration, *, num_threads: int = 2) -> None:
        """Load the network.

        Raises:
            MissingPartError: its file is not there.
        """
        self.calibration = calibration
        self._network = CheckerNetwork(num_threads=num_threads)
        self._num_threads = num_threads
        self._embedder: Embedder | None = None

    def face(self, sighting: Sighting, alpha: float, *, reference: Reference | None = None) -> FaceFinding:
        """Return what is found of one face: of a clip the mean over its looks, by the calibration of stills."""
        looks = self._looked_at(sighting.looks)
        features = np.mean([self._features(look) for look in looks], axis=0)
        quality = _pooled(looks)
        score = self.calibration.score(features)
        verdict, why, error = self.calibration.decide(score, quality, alpha)
        if verdict is not Verdict.INCONCLUSIVE:
            why = self._doubts(looks, features, verdict, quality, alpha)
            verdict = Verdict.INCONCLUSIVE if why else verdict
        evidence = [*self._evidence(features, looks), *_motion(sighting, looks)]
        if reference is not None:
            self._embedder = self._embedder or Embedder(num_threads=self._num_threads)
            evidence.append(reference.examine(looks, self._embedder))
        return FaceFinding(
            sighting.number, sighting.box_xywh_px(), verdict, round(score, 4), why, tuple(evidence), quality, error,
            sighting.first_s, sighting.last_s, tuple(looks),
        )  # fmt: skip

    def features(self, looks: Sequence[Look]) -> Floats:
        """Return the examiners' figures (N, F) of looks, by `calibration.FEATURES`."""
        return np.stack([self._features(look) for look in self._looked_at(looks)])

    def _looked_at(self, looks: Sequence[Look]) -> list[Look]:
        logits, maps = self._network.run([look.crop for look in looks])
        return [
            replace(look, logit=float(logit), where=where)
            for look, logit, where in zip(looks, logits, maps, strict=True)
        ]

    def _features(self, look: Look) -> Floats:
        return np.concatenate([[look.logit], traces(look.crop)]).astype(np.float32)

    def _doubts(self, looks: Sequence[Look], features: Floats, verdict: Verdict, quality: Quality, alpha: float) -> str:
        """Return why a verdict should not be said after all, empty where it stands."""
        parts = self.calibration.parts(features)
        learned, rest = parts[0], float(parts[1:].sum())
        if learned * rest < 0 and abs(rest) > abs(learned):
            return _AGAINST
        middle = sorted(looks, key=lambda look: abs(look.logit - features[0]))[: max(1, min(4, len(looks)))]
        for again in (_jpeg, _smaller, _darker):
            crops = [replace(look, crop=again(look.crop)) for look in middle]
            score = self.calibration.score(self.features(crops).mean(0))
            other, _, _ = self.calibration.decide(score, quality, alpha)
            if other not in (verdict, Verdict.INCONCLUSIVE):
                return _FLIPPED
        return ""

    def _evidence(self, features: Floats, looks: Sequence[Look]) -> list[Evidence]:
        parts, reliable = self.calibration.parts(features), self.calibration.reliability
        spread = float(np.std([look.logit for look in looks]))
        says = "speaks for" if parts[0] > 0 else "speaks against"
        looked = f", over {len(looks)} looks (they differ by {spread:.1f})" if len(looks) > 1 else ""
        evidence = [
            Evidence(
                "learned", f"What the network has learned {says} manipulation{looked}.", float(features[0]),
                float(parts[0]), _reliability(reliable["learned"]),
            )
        ]  # fmt: skip
        for name, value, part in zip(FEATURES[1:], features[1:], parts[1:], strict=True):
            says = "speaks for" if part > 0 else "speaks against"
            words = f"{_SAID[name][0].upper()}{_SAID[name][1:]} {says} manipulation."
            evidence.append(
                Evidence(f"artifacts: {name}", words, float(value), float(part), _reliability(reliable[name]))
            )
        return evidence


def _reliability(area: float) -> str:
    return f"alone it ranks a manipulated above an untouched face in {max(area, 1 - area):.0%} of pairs"


def _pooled(looks: Sequence[Look]) -> Quality:
    values = np.median([(q.face_px, q.detail, q.brightness) for q in (look.quality for look in looks)], axis=0)
    return Quality(*(round(float(value), 4) for value in values))


def _motion(sighting: Sighting, looks: Sequence[Look]) -> list[Evidence]:
    """Return what time tells, without weight: too few independent clips are at hand to calibrate it."""
    if sighting.motion is None:
        return []
    shown = "shown only: no weight until enough independent clips calibrate it"
    evidence = []
    for value, words in (
        (sighting.motion.jerk.value(), "The face's own points jerk by {:.3f} eye widths between frames."),
        (sighting.motion.seam.value(), "The outline of the face changes {:.2f} times as much as its inside."),
        (float(np.std([look.logit for look in looks])), "The learned score varies by {:.2f} between looks."),
    ):
        if value is not None:
            evidence.append(Evidence("temporal", words.format(value), round(float(value), 4), 0.0, shown))
    return evidence


def _jpeg(crop: Rgb8) -> Rgb8:
    return jpeg(crop, 75)


def _smaller(crop: Rgb8) -> Rgb8:
    side = crop.shape[0]
    small = cv2.resize(crop, (side * 3 // 4,) * 2, interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (side, side), interpolation=cv2.INTER_LINEAR)


def _darker(crop: Rgb8) -> Rgb8:
    return np.clip(crop.astype(np.float32) * 0.85, 0, 255).astype(np.uint8)
