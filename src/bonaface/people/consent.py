"""What a person agreed to, and the permits that follow from it. No training and no swap without one."""

from __future__ import annotations

import difflib
import hashlib
import tomllib
from datetime import date, datetime
from pathlib import Path
from shlex import quote
from typing import Annotated, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from bonaface.people.store import Person
from bonaface.terms.errors import ConsentError
from bonaface.terms.permit import Basis, Permit, Purpose

_LARGEST_BYTES = 64_000
_STATEMENTS: dict[str, str] = {
    "own-likeness": "self-declared: the person's own likeness",
    "agreement": "self-declared: an agreement with the person",
    "synthetic": "self-declared: the person does not exist",
    "public-domain-artwork": "self-declared: an artwork in the public domain",
    "estate": "self-declared: permission of the estate",
    "media-licence": "consent of the person not documented",
    "benchmark": "benchmark only: consent of the person not documented",
}
_DRAW = "bonaface person add NAME --fictional SEED"


class Consent(BaseModel):
    """A consent file (docs/consent-file.md), as its author declares it."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    who: Annotated[str, Field(min_length=1, max_length=200)]
    basis: Basis
    purposes: Annotated[list[Purpose], Field(min_length=1)]
    until: date
    note: Annotated[str, Field(max_length=2000)] = ""

    @field_validator("until", mode="before")
    @classmethod
    def _only_a_date(cls, value: object) -> object:
        if isinstance(value, datetime) or not isinstance(value, date):
            raise ValueError("give a date such as 2030-12-31, without quotes")
        return value

    @property
    def statement(self) -> str:
        """What every reader is told about this consent."""
        return _STATEMENTS[self.basis]


def read_consent(path: Path) -> Consent:
    """Return the consent in a TOML file.

    Raises:
        ConsentError: missing, not TOML, or not of the documented form; the sentence says which line to mend.
    """
    if not path.is_file():
        raise ConsentError(
            f"{path} is no consent file; write one as docs/consent-file.md shows and name it with --consent."
        )
    if path.stat().st_size > _LARGEST_BYTES:
        raise ConsentError(f"{path} is too large for a consent file; write one as docs/consent-file.md shows.")
    try:
        return Consent.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConsentError(f"{path} is not valid TOML ({error}); mend it as docs/consent-file.md shows.") from error
    except ValidationError as error:
        raise ConsentError(f"{path}: {_first_fault(error)} (see docs/consent-file.md).") from error


def consent_of_nobody(name: str, seed: int, today: date) -> str:
    """Return the consent file of a person who was drawn from a seed: for every purpose but politics, for ten years."""
    purposes = ", ".join(f'"{purpose}"' for purpose in get_args(Purpose) if purpose != "political")
    return (
        f'who = "{name}, who does not exist"\nbasis = "synthetic"\npurposes = [{purposes}]\n'
        f'until = {today.replace(year=today.year + 10, day=min(today.day, 28))}\nnote = "Drawn from seed {seed}."\n'
    )


def check_current(consent: Consent, name: str, today: date) -> None:
    """Refuse a consent that has ended.

    Raises:
        ConsentError: with the day.
    """
    if today > consent.until:
        raise ConsentError(
            f"The consent of {name} ended on {consent.until}; ask for a new one and give it with --consent."
        )


def permit_training(person: Person, today: date) -> Permit:
    """Return the permit to learn a person.

    Raises:
        ConsentError: the consent has expired or was changed.
    """
    consent = _consent_of(person)
    return _permit(person, consent, consent.purposes[0], today)


def permit_swap(person: Person, purpose: str | None, today: date) -> Permit:
    """Return the permit to swap a person for a purpose; without one, for the first that the consent names.

    Raises:
        ConsentError: the purpose is not among those agreed to, or the consent has expired or was changed, or somebody
        who exists would be lent to a witness.
    """
    consent = _consent_of(person)
    wanted = purpose or consent.purposes[0]
    if wanted not in get_args(Purpose):
        raise ConsentError(f"{wanted!r} is no purpose; choose one of {', '.join(get_args(Purpose))}.")
    if wanted not in consent.purposes and wanted != "anonymise":
        raise ConsentError(
            f"The consent for {person.name} does not name the purpose {wanted!r}, only {', '.join(consent.purposes)}; "
            "choose one of these or ask for a new consent."
        )
    if wanted == "anonymise" and consent.basis != "synthetic":
        raise ConsentError(
            f"{person.name} exists, and a witness must not be taken for somebody who does; lend a face that nobody "
            f"has: {_DRAW}"
        )
    if wanted not in consent.purposes:
        raise ConsentError(f"The consent for {person.name} does not name 'anonymise'; draw another: {_DRAW}")
    chosen = next(purpose for purpose in consent.purposes if purpose == wanted)
    return _permit(person, consent, chosen, today)


def _consent_of(person: Person) -> Consent:
    path = person.consent_path
    if not path.is_file():
        raise ConsentError(
            f"{person.name} has no consent on file; give one with: "
            f"bonaface person add {quote(person.name)} --consent FILE"
        )
    if hashlib.sha256(path.read_bytes()).hexdigest() != person.consent_sha256:
        raise ConsentError(
            f"The consent of {person.name} was changed after it was given; give it again with --consent."
        )
    return read_consent(path)


def _permit(person: Person, consent: Consent, purpose: Purpose, today: date) -> Permit:
    check_current(consent, person.name, today)
    return Permit(
        person.id, person.name, consent.basis, purpose, consent.until, person.consent_sha256, consent.statement
    )


def _first_fault(error: ValidationError) -> str:
    faults = error.errors()
    fault = next((f for f in faults if f["type"] == "extra_forbidden"), faults[0])
    key = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "extra_forbidden":
        near = difflib.get_close_matches(key, list(Consent.model_fields), n=1)
        return f"the key {key!r} is unknown" + (f"; did you mean {near[0]!r}?" if near else "")
    if fault["type"] == "missing":
        return f"the key {key!r} is missing"
    if fault["type"] == "literal_error":
        return f"{fault['loc'][0]} has {fault['input']!r}, which is none of {fault['ctx']['expected']}"
    return f"{key}: {fault['msg']}"
