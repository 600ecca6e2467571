"""A permit: the proof that consent covers one use of one person. ``people.consent`` alone issues it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

Basis = Literal[
    "own-likeness", "agreement", "synthetic", "public-domain-artwork", "estate", "media-licence", "benchmark"
]
Purpose = Literal["entertainment", "film", "art", "education", "anonymise", "research", "political"]


@dataclass(frozen=True, slots=True)
class Permit:
    """One use of one person, allowed until ``expires``.

    ``person_id`` is the person's random identifier (never a path); ``consent_sha256`` the hex digest of the consent
    file's bytes; ``statement`` the sentence that every reader is shown about the consent, for example
    ``"consent of the person not documented"`` for the basis ``media-licence`` or ``"self-declared"``.
    """

    person_id: str
    person_name: str
    basis: Basis
    purpose: Purpose
    expires: date
    consent_sha256: str
    statement: str


def tell_consent(statement: str) -> str:
    """Return the statement of one permit, or of several joined by ``; ``, as words that stand by themselves."""
    parts = [part for part in statement.split("; ") if part]
    told = [part if "consent" in part else f"consent {part}" for part in parts]
    return "; ".join(told) or "nothing is said of the person's consent"
