"""What the checker says of a file: evidence, faces, verdicts, and the error rate that they hold to."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from bonaface.terms.arrays import Floats, Rgb8
from bonaface.terms.errors import BonafaceError


class Verdict(StrEnum):
    """What is said of a face or a file. Nothing is ever called authentic."""

    MANIPULATED = "likely manipulated"
    NO_SIGN = "no sign of manipulation"
    INCONCLUSIVE = "inconclusive"


def worst(said: Collection[Verdict]) -> Verdict | None:
    """Return a file's verdict from those of its faces, None without a face."""
    order = (Verdict.MANIPULATED, Verdict.INCONCLUSIVE, Verdict.NO_SIGN)
    return next((verdict for verdict in order if verdict in said), None)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one examiner found.

    ``finding`` is a sentence; ``value`` its figure, None where it has none; ``weight`` how far it moves the score, in
    the score's own unit (0: shown only); ``reliability`` a sentence on how it has proved.
    """

    examiner: str
    finding: str
    value: float | None = None
    weight: float = 0.0
    reliability: str = ""


@dataclass(frozen=True, slots=True)
class Quality:
    """How well a face can be seen: ``face_px`` side of the square that is looked at, in pixels of the picture;
    ``detail`` log of the finest band's share of the face's contrast: compression, blur and enlarging lower it;
    ``brightness`` mean 0..255.
    """

    face_px: float
    detail: float
    brightness: float


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """One face in one picture: ``crop`` (side, side, 3), ``back`` (2, 3) from the crop's pixels to the picture's,
    ``time_s`` in a clip; ``logit`` and ``where`` (cells, cells) 0..1 what the network says of it.
    """

    crop: Rgb8
    back: Floats
    quality: Quality
    time_s: float | None = None
    logit: float = 0.0
    where: Floats | None = None


@dataclass(frozen=True, slots=True)
class ErrorRate:
    """What a verdict holds to: of untouched faces like this one at most ``alpha`` are called manipulated, and of
    manipulated ones at most ``alpha`` pass without a sign.

    ``real_sources`` and ``fake_sources`` it was calibrated on; ``measured`` false alarms and ``upper95`` their upper
    bound, on other people, who were never trained, chosen or calibrated on.
    """

    alpha: float
    bucket: str
    real_sources: int
    fake_sources: int
    measured: float
    upper95: float
    calibration: str


@dataclass(frozen=True, slots=True, eq=False)
class FaceFinding:
    """One face, or one person's run of frames in a clip (``first_s`` to ``last_s``).

    ``box_xywh_px`` (4,) in the picture or in the frame of the first look; ``score`` above 0 speaks for manipulation;
    ``why`` it is inconclusive.
    """

    number: int
    box_xywh_px: tuple[int, int, int, int]
    verdict: Verdict
    score: float
    why: str
    evidence: tuple[Evidence, ...]
    quality: Quality
    error: ErrorRate | None
    first_s: float | None = None
    last_s: float | None = None
    looks: tuple[Look, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """What was found in one file.

    ``verdict`` None: no face, so that no pixels were examined; or ``error`` says why it could not be read.
    ``difference`` (H, W) grey levels by which it differs from the original that was named, None where none was.
    """

    path: Path
    sha256: str = ""
    kind: str = ""
    verdict: Verdict | None = None
    faces: tuple[FaceFinding, ...] = ()
    origin: tuple[Evidence, ...] = ()
    not_examined: tuple[str, ...] = ()
    error: BonafaceError | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    difference: Floats | None = field(default=None, repr=False)

    @property
    def score(self) -> float | None:
        """The highest score of its faces, None without a face."""
        return max((face.score for face in self.faces), default=None)

    @property
    def exit_code(self) -> int:
        """0 no sign, 1 likely manipulated, 3 inconclusive, 4 no face, or the error's code."""
        if self.error is not None:
            return self.error.exit_code
        if self.verdict is None:
            return 4
        return {Verdict.NO_SIGN: 0, Verdict.MANIPULATED: 1, Verdict.INCONCLUSIVE: 3}[self.verdict]
