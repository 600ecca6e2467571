"""A finding for programs: the same names and figures in every output."""

from __future__ import annotations

from typing import Any

from bonaface.checking.calibration import Calibration
from bonaface.terms.finding import FaceFinding, Finding
from bonaface.terms.version import __version__

SCHEMA_VERSION = 1
LIMITS = (
    "A file is judged by the faces in it alone; what was done to the rest of the picture or to the sound is not seen.",
    "Methods that the calibration does not know may pass, and untouched pictures of a kind that it does not know may "
    "be called manipulated; whatever lies outside its range is inconclusive.",
    "The score is no probability of being fake: how many files are fake where yours come from, one file cannot tell.",
)


def finding_as_dict(finding: Finding, calibration: Calibration) -> dict[str, Any]:
    """Return a finding ready for JSON."""
    held: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "file": {"path": str(finding.path), "sha256": finding.sha256, "kind": finding.kind},
        "verdict": None if finding.verdict is None else str(finding.verdict),
        "score": finding.score,
        "exit_code": finding.exit_code,
    }
    if finding.error is not None:
        return {**held, "error": {"type": type(finding.error).__name__, "sentence": str(finding.error)}}
    return {
        **held,
        "faces": [_face(face) for face in finding.faces],
        "origin": [_evidence(one) for one in finding.origin],
        "facts": dict(finding.facts),
        "not_examined": list(finding.not_examined),
        "limits": list(LIMITS),
        "calibration": dict(calibration.about),
        "versions": {"bonaface": __version__},
    }


def _face(face: FaceFinding) -> dict[str, Any]:
    held: dict[str, Any] = {
        "number": face.number,
        "box_xywh_px": list(face.box_xywh_px),
        "verdict": str(face.verdict),
        "score": face.score,
        "abstain_reason": face.why or None,
        "quality": {
            "bucket": face.error.bucket if face.error else None,
            "face_px": face.quality.face_px,
            "detail": face.quality.detail,
            "brightness": face.quality.brightness,
        },
        "evidence": [_evidence(one) for one in face.evidence],
        "looks": len(face.looks),
    }
    if face.first_s is not None:
        held |= {"first_s": round(face.first_s, 3), "last_s": round(face.last_s or face.first_s, 3)}
        held["scores_over_time"] = [[round(look.time_s or 0.0, 3), round(look.logit, 3)] for look in face.looks]
    if face.error is not None:
        held["error"] = {
            "alpha": face.error.alpha,
            "n": face.error.real_sources,
            "n_manipulated": face.error.fake_sources,
            "measured": face.error.measured,
            "upper95": face.error.upper95,
            "calibration": face.error.calibration,
        }
    return held


def _evidence(one: Any) -> dict[str, Any]:
    direction = "for" if one.weight > 0 else "against" if one.weight < 0 else "none"
    return {
        "name": one.examiner,
        "finding": one.finding,
        "value": None if one.value is None else round(float(one.value), 4),
        "weight": round(float(one.weight), 4),
        "direction": direction,
        "reliability": one.reliability,
    }
