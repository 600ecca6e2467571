"""The ledger shows every later change."""

import errno
import os
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from bonaface.people.ledger import Ledger
from bonaface.terms.errors import LedgerError, NoSpaceError


def test_entries_come_back_in_order(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    for k in range(3):
        ledger.record("swap", target=f"{k}.mp4", frames=k)
    assert [(e.number, e.kind, e.facts["frames"]) for e in ledger.entries()] == [
        (1, "swap", 0),
        (2, "swap", 1),
        (3, "swap", 2),
    ]
    assert ledger.first_break() is None


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE entries SET facts = '{}' WHERE number = 2",
        "UPDATE entries SET time = '2020' WHERE number = 2",
        "DELETE FROM entries WHERE number = 2",
        "UPDATE entries SET kind = 'train' WHERE number = 2",
    ],
)
def test_a_change_is_found_where_it_was_made(tmp_path: Path, change: str) -> None:
    ledger = Ledger(tmp_path)
    for k in range(4):
        ledger.record("swap", frames=k)
    with closing(sqlite3.connect(ledger.path)) as base, base:
        base.execute(change)
    assert ledger.first_break() == 2


def test_many_writers_break_nothing(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda k: Ledger(tmp_path).record("swap", k=k), range(40)))
    assert len(Ledger(tmp_path).entries()) == 40
    assert Ledger(tmp_path).first_break() is None


def test_an_empty_ledger_is_whole(tmp_path: Path) -> None:
    assert Ledger(tmp_path).entries() == []
    assert Ledger(tmp_path).first_break() is None


@pytest.fixture
def used(tmp_path: Path) -> Ledger:
    """A ledger with two entries that does not wait."""
    ledger = Ledger(tmp_path, patience_s=0.05)
    for k in range(2):
        ledger.record("swap", frames=k)
    return ledger


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Take the right to write away, from a superuser by being nobody for a while."""
    (folder / "ledger.sqlite").chmod(0o444)
    folder.chmod(0o555)
    try:
        if os.geteuid() == 0:
            os.seteuid(65534)
        yield
    except OSError as error:  # a namespace that knows no other user
        if error.errno != errno.EINVAL:
            raise
        pytest.skip("a superuser who cannot be somebody else may write everywhere")
    finally:
        if os.getuid() == 0:
            os.seteuid(0)
        folder.chmod(0o755)


def everything(ledger: Ledger) -> list[Callable[[], object]]:
    return [ledger.check, lambda: ledger.record("swap"), ledger.entries, ledger.first_break]


@pytest.mark.parametrize("content", [b"not a database, but a note" * 300, b"SQLite format 3\0" + b"\7" * 5000])
def test_a_file_that_is_no_database_is_said_with_the_cure_and_kept(tmp_path: Path, content: bytes) -> None:
    ledger = Ledger(tmp_path)
    ledger.path.write_bytes(content)
    for deed in everything(ledger):
        with pytest.raises(LedgerError, match=r"is no ledger.*move it away"):
            deed()
    assert ledger.path.read_bytes() == content


def test_a_database_of_something_else_is_no_ledger(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as base, base:
        base.execute("CREATE TABLE entries (name TEXT)")
    for deed in everything(Ledger(tmp_path)):
        with pytest.raises(LedgerError, match="is no ledger"):
            deed()


def test_a_damaged_page_is_said(used: Ledger) -> None:
    content = bytearray(used.path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    used.path.write_bytes(content)
    for deed in (used.entries, used.first_break, lambda: used.record("swap")):
        with pytest.raises(LedgerError, match="damaged"):
            deed()


def test_a_folder_in_its_place_is_no_empty_ledger(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").mkdir()
    for deed in everything(Ledger(tmp_path)):
        with pytest.raises(NoSpaceError, match="rights"):
            deed()


def test_a_locked_ledger_is_said_and_works_again_afterwards(used: Ledger) -> None:
    with closing(sqlite3.connect(used.path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        for deed in everything(used):
            with pytest.raises(NoSpaceError, match="in use by another program"):
                deed()
        other.execute("ROLLBACK")
    assert used.record("swap").number == 3


@pytest.mark.skipif(sys.platform == "win32", reason="rights work otherwise there")
def test_a_ledger_that_may_not_be_written_is_said_and_still_read() -> None:
    # Not tmp_path: pytest lets nobody else look into its folders.
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(Path(folder))
        ledger.record("swap", frames=0)
        Path(folder).chmod(0o755)
        with read_only(Path(folder)):
            for deed in (ledger.check, lambda: ledger.record("swap")):
                with pytest.raises(NoSpaceError, match=r"cannot be written.*rights"):
                    deed()
            assert len(ledger.entries()) == 1
            assert ledger.first_break() is None


@pytest.mark.parametrize("facts", ["'{'", "'[1]'", "NULL", "CAST(x'ff00' AS TEXT)"])
def test_an_entry_changed_beyond_reading_is_said_and_the_break_is_found(used: Ledger, facts: str) -> None:
    with closing(sqlite3.connect(used.path)) as base, base:
        base.execute(f"UPDATE entries SET facts = {facts} WHERE number = 2")
    with pytest.raises(LedgerError):
        used.entries()
    if "ff00" in facts:
        with pytest.raises(LedgerError, match="damaged"):
            used.first_break()
    else:
        assert used.first_break() == 2


def test_facts_written_otherwise_are_a_change(used: Ledger) -> None:
    with closing(sqlite3.connect(used.path)) as base, base:
        base.execute("""UPDATE entries SET facts = '{"frames":  1}' WHERE number = 2""")
    assert used.first_break() == 2
