"""What a report says, in words that need no training: verdicts, what an error rate means, and what to do next."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from bonaface.terms.finding import ErrorRate, FaceFinding, Finding, Verdict

_LONGEST = 300
_INVISIBLE = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
_DECLARED = "The file itself declares that a machine made or changed what it shows."


@dataclass(frozen=True, slots=True)
class Said:
    """A verdict as it is shown: ``key`` chooses icon and colour, ``title`` says it, ``lead`` explains it."""

    key: str
    title: str
    lead: str


_TITLES = {
    Verdict.MANIPULATED: ("manipulated", "Likely manipulated"),
    Verdict.INCONCLUSIVE: ("inconclusive", "Inconclusive"),
    Verdict.NO_SIGN: ("no-sign", "No sign of manipulation"),
}
_OF_FACE = {
    Verdict.MANIPULATED: "What was found here is common in manipulated faces and rare in untouched ones.",
    Verdict.NO_SIGN: "What was found here is common in untouched faces and rare in manipulated ones. That is no proof: "
    "a method that the examiners do not know may leave nothing that they can see.",
}  # fmt: skip
KEYS = ("manipulated", "inconclusive", "no-sign", "no-face", "unread")
"""What a file can be, the most suspicious first."""
TITLES = dict(zip(KEYS, ("likely manipulated", "inconclusive", "no sign", "no face", "not read"), strict=True))


def said_of_file(finding: Finding) -> Said:
    """Return the verdict on a file: which face, and when."""
    if finding.error is not None:
        return Said("unread", "Could not be read", plain(str(finding.error), 1000))
    if finding.verdict is None:
        return Said("no-face", "No face found", "Only faces are examined, so the pixels of this file were not judged.")
    key, title = _TITLES[finding.verdict]
    held = [face for face in finding.faces if face.verdict is finding.verdict]
    rest = [face for face in finding.faces if face.verdict is not finding.verdict]
    if finding.verdict is Verdict.MANIPULATED and not held:
        others = f" {_others(rest, 'The faces by themselves')}" if rest else " No face was found in it."
        return Said(key, title, _DECLARED + others)
    one = len(held) == 1
    who = "The face" if len(finding.faces) == 1 else f"Face {_numbers(held)}" if one else f"Faces {_numbers(held)}"
    lead = {
        Verdict.MANIPULATED: f"{who}{_when(held)} {'looks' if one else 'look'} manipulated.",
        Verdict.INCONCLUSIVE: f"{who}{_when(held)} could not be judged{_because(held)}.",
        Verdict.NO_SIGN: f"{who}{_when(held)} {'shows' if one else 'show'} no sign of manipulation. That is no proof "
        "that nothing was changed.",
    }[finding.verdict]
    return Said(key, title, f"{lead} {_others(rest, 'The others')}".strip())


def said_of_face(face: FaceFinding) -> Said:
    """Return the verdict on one face."""
    lead = _OF_FACE.get(face.verdict) or f"This face could not be judged: {plain(face.why) or 'no reason is given'}."
    return Said(*_TITLES[face.verdict], lead)


def rate_in_words(error: ErrorRate, verdict: Verdict) -> list[str]:
    """Return what an error rate means: what the verdict holds to, on what that rests, and what was measured."""
    total, most = _out_of(error.alpha)
    alarms = f"Of {total:,} untouched faces like this one, at most {most:,} would be called manipulated."
    passes = f"Of {total:,} manipulated faces like this one, at most {most:,} would pass as showing no sign."
    first = [passes, alarms] if verdict is Verdict.NO_SIGN else [alarms, passes]
    if verdict is Verdict.INCONCLUSIVE:
        first = [
            f"No verdict is given where it might not hold to the error rate asked for: of {total:,} untouched faces "
            f"at most {most:,} called manipulated, of {total:,} manipulated ones at most {most:,} passed over."
        ]
    sources = (
        f"That rests on {error.real_sources:,} untouched and {error.fake_sources:,} manipulated sources of the same "
        f"quality ({plain(error.bucket)}), and holds for faces and methods like those."
    )
    measured = (
        f"Measured on other people, whom nothing was built or set with: {_percent(error.measured)} of the untouched "
        f"faces were called manipulated; with 95\xa0% confidence it is at most {_percent(error.upper95)}."
    )
    if error.upper95 > error.alpha:
        measured += " So few people were measured that more than the stated rate cannot be excluded."
    return [*first, sources, measured]


def next_steps(finding: Finding, frames: Sequence[str]) -> list[str]:
    """Return what one can do next; ``frames`` are the names of the pictures that were saved."""
    steps = []
    if finding.error is not None:
        return ["Get the file again, best from whoever made it, and check it anew."]
    if any(face.why and "pixels wide" in face.why for face in finding.faces):
        steps.append("Look for a larger version: too few pixels of the face are left to judge.")
    if frames:
        steps.append(
            "Search for the picture: give the saved frames (listed below) to a reverse image search. An older or "
            "longer version often tells more than any examiner."
        )
    steps.append(
        "Ask for the original: the file as the camera wrote it, not one that was sent through a messenger or a site, "
        "and check that."
    )
    if finding.faces:
        steps.append(
            "Ask the person shown. If you are asked for money or a secret, call back on a number that you knew before."
        )
    if finding.verdict in (Verdict.INCONCLUSIVE, Verdict.NO_SIGN):
        steps.append("Until then, treat the file as unverified: this answer alone is no ground to trust it.")
    else:
        steps.append("Do not rest a decision about a person on this report alone; let somebody else look at it too.")
    return steps


def batch_caution(findings: Sequence[Finding], alpha: float) -> str:
    """Return what an error rate means for many files at once, empty for few."""
    faces = sum(len(finding.faces) for finding in findings)
    if len(findings) < 10 or not faces:
        return ""
    return (
        f"{faces:,} faces were judged at an error rate of {_percent(alpha)}: even if nobody had touched any of them, "
        f"up to about {max(1, round(faces * alpha)):,} could still be called manipulated. Look at each before you act."
    )


def plain(text: str, most: int = _LONGEST) -> str:
    """Return a text from a file so that it shows what it is: nothing invisible, nothing that turns the order about."""
    seen = "".join("\N{REPLACEMENT CHARACTER}" if unicodedata.category(c) in _INVISIBLE else c for c in text)
    return seen if len(seen) <= most else f"{seen[: most - 1]}…"


def clock(time_s: float) -> str:
    """Return a time in a clip as minutes and seconds, with tenths."""
    tenths = round(time_s * 10)
    return f"{tenths // 600}:{tenths % 600 / 10:04.1f}"


def _when(faces: Sequence[FaceFinding]) -> str:
    times = [
        f"from {clock(face.first_s)} to {clock(face.last_s or face.first_s)}"
        for face in faces[:3]
        if face.first_s is not None
    ]
    return f" ({'; '.join(times)}{'; …' if len(faces) > 3 else ''})" if times else ""


def _because(faces: Sequence[FaceFinding]) -> str:
    reasons = list(dict.fromkeys(plain(face.why) for face in faces if face.why))
    return f": {reasons[0]}" if len(reasons) == 1 else ""


def _others(faces: Sequence[FaceFinding], opening: str) -> str:
    counts = [
        f"{sum(face.verdict is verdict for face in faces)} {verdict}"
        for verdict in _TITLES
        if any(face.verdict is verdict for face in faces)
    ]
    return f"{opening}: {', '.join(counts)}." if counts else ""


def _numbers(faces: Sequence[FaceFinding]) -> str:
    numbers = [str(face.number) for face in faces[:8]]
    if len(faces) > 8:
        return f"{', '.join(numbers)} and {len(faces) - 8} more"
    return numbers[0] if len(numbers) == 1 else f"{', '.join(numbers[:-1])} and {numbers[-1]}"


def _out_of(alpha: float) -> tuple[int, int]:
    """Return the smallest round number of faces of which ``alpha`` is a whole number, and that number."""
    for total in (100, 1000, 10000):
        if abs(alpha * total - round(alpha * total)) < 1e-6:
            return total, round(alpha * total)
    return 10000, int(alpha * 10000) + 1


def _percent(share: float) -> str:
    return f"{100 * share:.{1 if share >= 0.01 else 2}f}".removesuffix(".00").removesuffix(".0") + "\xa0%"
