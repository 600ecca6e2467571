"""bonaface: faces replaced in good faith, from people who agreed, sealed so that everyone can tell.

Each name below is loaded when it is first used, so that ``import bonaface`` stays light. See ``docs/api.md``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from bonaface.terms.version import __version__

if TYPE_CHECKING:
    from bonaface.people.ledger import Entry as Entry
    from bonaface.terms.errors import BonafaceError as BonafaceError
    from bonaface.terms.errors import ConsentError as ConsentError
    from bonaface.terms.errors import CorruptPersonError as CorruptPersonError
    from bonaface.terms.errors import LedgerError as LedgerError
    from bonaface.terms.errors import MissingFileError as MissingFileError
    from bonaface.terms.errors import MissingPartError as MissingPartError
    from bonaface.terms.errors import NoSpaceError as NoSpaceError
    from bonaface.terms.errors import NothingToDoError as NothingToDoError
    from bonaface.terms.errors import OutputExistsError as OutputExistsError
    from bonaface.terms.errors import RefusedError as RefusedError
    from bonaface.terms.errors import SealError as SealError
    from bonaface.terms.errors import SeveralPeopleError as SeveralPeopleError
    from bonaface.terms.errors import UnreadableMediaError as UnreadableMediaError
    from bonaface.terms.errors import UsageError as UsageError
    from bonaface.terms.finding import ErrorRate as ErrorRate
    from bonaface.terms.finding import Evidence as Evidence
    from bonaface.terms.finding import FaceFinding as FaceFinding
    from bonaface.terms.finding import Finding as Finding
    from bonaface.terms.finding import Quality as Quality
    from bonaface.terms.finding import Verdict as Verdict
    from bonaface.terms.progress import Step as Step
    from bonaface.verbs.check import check as check
    from bonaface.verbs.doctor import Health as Health
    from bonaface.verbs.doctor import doctor as doctor
    from bonaface.verbs.ledger import first_break as first_break
    from bonaface.verbs.ledger import ledger_entries as ledger_entries
    from bonaface.verbs.person import PersonReport as PersonReport
    from bonaface.verbs.person import add_person as add_person
    from bonaface.verbs.person import export_person as export_person
    from bonaface.verbs.person import forget_person as forget_person
    from bonaface.verbs.person import import_person as import_person
    from bonaface.verbs.person import list_people as list_people
    from bonaface.verbs.person import show_person as show_person
    from bonaface.verbs.swap import Outcome as Outcome
    from bonaface.verbs.swap import swap as swap
    from bonaface.verbs.task import Swapped as Swapped
    from bonaface.verbs.train import Trained as Trained
    from bonaface.verbs.train import train as train
    from bonaface.verbs.verify import Verified as Verified
    from bonaface.verbs.verify import verify as verify

_WHERE = {
    "add_person": "bonaface.verbs.person",
    "list_people": "bonaface.verbs.person",
    "show_person": "bonaface.verbs.person",
    "forget_person": "bonaface.verbs.person",
    "export_person": "bonaface.verbs.person",
    "import_person": "bonaface.verbs.person",
    "train": "bonaface.verbs.train",
    "swap": "bonaface.verbs.swap",
    "verify": "bonaface.verbs.verify",
    "check": "bonaface.verbs.check",
    "ledger_entries": "bonaface.verbs.ledger",
    "first_break": "bonaface.verbs.ledger",
    "doctor": "bonaface.verbs.doctor",
    "PersonReport": "bonaface.verbs.person",
    "Trained": "bonaface.verbs.train",
    "Outcome": "bonaface.verbs.swap",
    "Swapped": "bonaface.verbs.task",
    "Verified": "bonaface.verbs.verify",
    "Verdict": "bonaface.terms.finding",
    "Finding": "bonaface.terms.finding",
    "FaceFinding": "bonaface.terms.finding",
    "Evidence": "bonaface.terms.finding",
    "Quality": "bonaface.terms.finding",
    "ErrorRate": "bonaface.terms.finding",
    "Entry": "bonaface.people.ledger",
    "Health": "bonaface.verbs.doctor",
    "Step": "bonaface.terms.progress",
    "BonafaceError": "bonaface.terms.errors",
    "UsageError": "bonaface.terms.errors",
    "MissingFileError": "bonaface.terms.errors",
    "OutputExistsError": "bonaface.terms.errors",
    "SeveralPeopleError": "bonaface.terms.errors",
    "UnreadableMediaError": "bonaface.terms.errors",
    "NothingToDoError": "bonaface.terms.errors",
    "RefusedError": "bonaface.terms.errors",
    "ConsentError": "bonaface.terms.errors",
    "CorruptPersonError": "bonaface.terms.errors",
    "NoSpaceError": "bonaface.terms.errors",
    "MissingPartError": "bonaface.terms.errors",
    "SealError": "bonaface.terms.errors",
    "LedgerError": "bonaface.terms.errors",
}

__all__ = [  # noqa: RUF022 (as docs/api.md tells them: verbs, what they return, errors)
    "__version__",
    "add_person", "list_people", "show_person", "forget_person", "export_person", "import_person",
    "train", "swap", "check", "verify", "ledger_entries", "first_break", "doctor",
    "PersonReport", "Trained", "Outcome", "Swapped", "Finding", "FaceFinding", "Evidence", "Quality", "ErrorRate",
    "Verdict", "Verified", "Entry", "Health", "Step",
    "BonafaceError", "UsageError", "MissingFileError", "OutputExistsError", "SeveralPeopleError",
    "UnreadableMediaError", "NothingToDoError", "RefusedError", "ConsentError", "CorruptPersonError",
    "NoSpaceError", "MissingPartError", "SealError", "LedgerError",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Load a public name on first use."""
    if name not in _WHERE:
        raise AttributeError(f"module 'bonaface' has no attribute {name!r}; it has {', '.join(__all__)}")
    found = getattr(import_module(_WHERE[name]), name)
    globals()[name] = found  # the next use finds it without asking
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
