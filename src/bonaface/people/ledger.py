"""The ledger: what was done with whom, in a chain of hashes that shows any later change."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bonaface.terms.errors import BonafaceError, LedgerError, NoSpaceError

_FIRST = "0" * 64
_PATIENCE_S = 30.0
_NO_LEDGER = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_ERROR)
_IN_USE = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_Row = tuple[int, str, str, str, str]


@dataclass(frozen=True, slots=True)
class Entry:
    """``sha256`` is of the entry before it and of this one's number, time, kind and facts."""

    number: int
    time: str
    kind: str
    facts: dict[str, Any]
    sha256: str


class Ledger:
    """An append-only table in ``home/ledger.sqlite``; several processes may write at once.

    Everything raises LedgerError where the file is no ledger (any more), and NoSpaceError where it cannot be read or
    written, or is locked by another program for longer than ``patience_s``.
    """

    def __init__(self, home: Path, *, patience_s: float = _PATIENCE_S) -> None:
        """Open the ledger, making it where there is none."""
        self.path = home / "ledger.sqlite"
        self._patience_s = patience_s

    def check(self) -> None:
        """Raise now what `record` would raise: nothing that it has to record may happen then."""
        if self.path.exists():
            with self._sentences("written"), closing(self._open()) as base:
                base.execute("BEGIN IMMEDIATE")
                # Of a file that may only be read, no sooner than this is it said.
                base.execute("UPDATE entries SET facts = facts WHERE number = 0")
                base.execute("ROLLBACK")

    def record(self, kind: str, **facts: Any) -> Entry:
        """Append what was done; facts are JSON values."""
        with self._sentences("written"):
            return self._append(kind, facts)

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
        entries = []
        for number, time, kind, text, total in self._rows():
            try:
                entries.append(Entry(number, time, kind, dict(json.loads(text)), total))
            except (ValueError, TypeError) as error:
                raise LedgerError(
                    f"Entry {number} of {self.path} was changed and cannot be read; bonaface ledger verify says where "
                    "the ledger is broken, a copy of it says what stood there."
                ) from error
        return entries

    def count(self) -> int:
        """Return how many entries there are, readable or not."""
        return len(self._rows())

    def first_break(self) -> int | None:
        """Return the number of the first entry that does not fit the chain, None where all is whole."""
        before = _FIRST
        for expected, (number, time, kind, text, total) in enumerate(self._rows(), start=1):
            if number != expected or total != _chain(before, number, time, kind, text):
                return expected
            before = total
        return None

    def _rows(self) -> list[_Row]:
        if not self.path.exists():
            return []
        with self._sentences("read"), closing(self._open(read_only=True)) as base:
            return base.execute("SELECT number, time, kind, facts, sha256 FROM entries ORDER BY number").fetchall()

    def _open(self, *, read_only: bool = False) -> sqlite3.Connection:
        where = f"{self.path.absolute().as_uri()}?mode={'ro' if read_only else 'rwc'}"
        base = sqlite3.connect(where, timeout=self._patience_s, isolation_level=None, uri=True)
        if not read_only:
            try:
                base.execute(
                    "CREATE TABLE IF NOT EXISTS entries"
                    " (number INTEGER PRIMARY KEY, time TEXT, kind TEXT, facts TEXT, sha256 TEXT)"
                )
            except sqlite3.Error:
                base.close()
                raise
        return base

    @contextmanager
    def _sentences(self, done: str) -> Iterator[None]:
        """Turn what the database says into a sentence; ``done`` is what could not be done."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise self._told(error, done) from error

    def _told(self, error: sqlite3.Error | OSError, done: str) -> BonafaceError:
        # The lowest byte is the code, the others say more; text that is no UTF-8 comes without a code.
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
        if isinstance(error, sqlite3.Error) and code in _NO_LEDGER:
            return LedgerError(
                f"{self.path} is no ledger, or is damaged ({error}); put a copy of it back, or move it away and keep "
                "it: a new one is begun."
            )
        if isinstance(error, sqlite3.Error) and code in _IN_USE:
            return NoSpaceError(f"{self.path} is in use by another program; close that, then repeat the command.")
        return NoSpaceError(f"{self.path} cannot be {done} ({error}); make room or mend its rights.")


def _chain(before: str, number: int, time: str, kind: str, facts: str) -> str:
    return hashlib.sha256("\n".join(map(str, (before, number, time, kind, facts))).encode()).hexdigest()
