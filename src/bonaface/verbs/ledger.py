"""Ledger: what was done with whom, and whether the record is whole."""

from __future__ import annotations

from pathlib import Path

from bonaface.people.home import home_folder
from bonaface.people.ledger import Entry, Ledger
from bonaface.people.store import list_people


def ledger_entries(home: Path | None = None) -> list[Entry]:
    """Return all entries, oldest first."""
    return Ledger(home_folder(home)).entries()


def first_break(home: Path | None = None) -> int | None:
    """Return the number of the first entry that does not fit the chain of hashes, None where all is whole."""
    return Ledger(home_folder(home)).first_break()


def count_entries(home: Path | None = None) -> int:
    """Return how many entries there are, also of a ledger that is broken."""
    return Ledger(home_folder(home)).count()


def names_by_id(home: Path | None = None) -> dict[str, str]:
    """Return the names of the people who are known now, by the identifier that the ledger has of them."""
    return {person.id: person.name for person in list_people(home_folder(home))}
