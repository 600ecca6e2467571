"""The ledger: what was done with whom, in a chain of hashes that shows any later change."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bonaface.terms.errors import NoSpaceError

_FIRST = "0" * 64


@dataclass(frozen=True, slots=True)
class Entry:
    """``sha256`` is of the entry before it and of this one's number, time, kind and facts."""

    number: int
    time: str
    kind: str
    facts: dict[str, Any]
    sha256: str


class Ledger:
    """An append-only table in ``home/ledger.sqlite``; several processes may write at once."""

    def __init__(self, home: Path) -> None:
        """Open the ledger, making it where there is none."""
        self.path = home / "ledger.sqlite"

    def record(self, kind: str, **facts: Any) -> Entry:
        """Append what was done; facts are JSON values.

        Raises:
            NoSpaceError: the ledger cannot be written; nothing that it has to record may happen then.
        """
        try:
            return self._append(kind, facts)
        except (sqlite3.OperationalError, OSError) as error:
            raise NoSpaceError(f"{self.path} cannot be written ({error}); make room or mend its rights.") from error

    def _append(self, kind: str, facts: dict[str, Any]) -> Entry:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with closing(self._open()) as base, base:
            base.execute("BEGIN IMMEDIATE")
            row = base.execute("SELECT number, sha256 FROM entries ORDER BY number DESC LIMIT 1").fetchone()
            number, before = (row[0] + 1, row[1]) if row else (1, _FIRST)
            time = datetime.now(UTC).isoformat(timespec="milliseconds")
            text = json.dumps(facts, sort_keys=True, ensure_ascii=False)
            entry = Entry(number, time, kind, json.loads(text), _chain(before, number, time, kind, text))
            base.execute("INSERT INTO entries VALUES (?, ?, ?, ?, ?)", (number, time, kind, text, entry.sha256))
        return entry

    def entries(self) -> list[Entry]:
        """Return all entries in order."""
        if not self.path.is_file():
            return []
        with closing(self._open()) as base:
            rows = base.execute("SELECT number, time, kind, facts, sha256 FROM entries ORDER BY number").fetchall()
        return [Entry(n, time, kind, json.loads(facts), total) for n, time, kind, facts, total in rows]

    def first_break(self) -> int | None:
        """Return the number of the first entry that does not fit the chain, None where all is whole."""
        before = _FIRST
        for expected, entry in enumerate(self.entries(), start=1):
            text = json.dumps(entry.facts, sort_keys=True, ensure_ascii=False)
            if entry.number != expected or entry.sha256 != _chain(before, entry.number, entry.time, entry.kind, text):
                return expected
            before = entry.sha256
        return None

    def _open(self) -> sqlite3.Connection:
        base = sqlite3.connect(self.path, timeout=30, isolation_level=None)
        base.execute(
            "CREATE TABLE IF NOT EXISTS entries"
            " (number INTEGER PRIMARY KEY, time TEXT, kind TEXT, facts TEXT, sha256 TEXT)"
        )
        return base


def _chain(before: str, number: int, time: str, kind: str, facts: str) -> str:
    return hashlib.sha256("\n".join([before, str(number), time, kind, facts]).encode()).hexdigest()
