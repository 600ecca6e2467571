"""The ledger shows every later change."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from bonaface.people.ledger import Ledger


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
