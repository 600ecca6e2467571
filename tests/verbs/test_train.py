"""Training as a verb: what it keeps, what it makes anew, what it refuses."""

from __future__ import annotations

import os
import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest

from bonaface.making.checkpoint import load
from bonaface.people.ledger import Ledger
from bonaface.people.store import load_person, replace_consent
from bonaface.terms.errors import ConsentError, NothingToDoError, UsageError
from bonaface.terms.progress import Step
from bonaface.verbs.train import train


@pytest.fixture
def mine(home: Path, tmp_path: Path) -> Path:
    """A home of one's own with the same people."""
    shutil.copytree(home / "people", tmp_path / "home" / "people")
    return tmp_path / "home"


def test_one_picture_gives_an_avatar_and_a_record(mine: Path) -> None:
    steps: list[Step] = []
    trained = train("woman", minutes=0, home=mine, progress=steps.append)
    assert trained.avatar == load_person("woman", mine).avatar_path
    assert (trained.frames, trained.kept, trained.quality) == (1, False, {})
    assert trained.statement == "consent of the person not documented"
    assert steps[-1].done == steps[-1].total
    (entry,) = Ledger(mine).entries()
    assert (entry.kind, entry.facts["pictures"]) == ("train", 1)
    assert entry.facts["person_id"] == load_person("woman", mine).id
    assert "woman" not in str(entry.facts), "no name"


def test_many_pictures_give_a_quality_from_pictures_held_out(mine: Path) -> None:
    trained = train("man", minutes=0, home=mine)
    assert trained.frames >= 30
    assert trained.quality["pictures"] >= 2
    assert trained.quality["texture_error"] < 25


def test_training_twice_gives_the_same(mine: Path) -> None:
    first = train("woman", minutes=0, home=mine).avatar.read_bytes()
    assert train("woman", minutes=0, home=mine).avatar.read_bytes() == first


def test_resume_keeps_what_is_up_to_date(mine: Path) -> None:
    path = load_person("woman", mine).avatar_path
    before = path.read_bytes()
    assert train("woman", minutes=0, home=mine, resume=True).kept
    assert path.read_bytes() == before


def test_resume_learns_anew_when_there_are_newer_pictures(mine: Path) -> None:
    person = load_person("woman", mine)
    newer = person.avatar_path.stat().st_mtime + 5
    os.utime(person.face_set_path, (newer, newer))
    assert not train("woman", minutes=0, home=mine, resume=True).kept


def test_resume_learns_anew_what_is_damaged(mine: Path) -> None:
    path = load_person("woman", mine).avatar_path
    path.write_bytes(path.read_bytes()[:1000])
    assert not train("woman", minutes=0, home=mine, resume=True).kept
    assert load(path).size >= 256


def test_without_pictures_there_is_nothing_to_learn(mine: Path) -> None:
    load_person("woman", mine).face_set_path.unlink()
    with pytest.raises(NothingToDoError, match="person add woman"):
        train("woman", minutes=0, home=mine)


def test_an_expired_consent_is_refused(mine: Path, tmp_path: Path) -> None:
    person = load_person("woman", mine)
    text, old = person.consent_path.read_text(), date.today() - timedelta(days=1)
    (tmp_path / "old.toml").write_text(
        "\n".join(f"until = {old}" if line.startswith("until") else line for line in text.splitlines())
    )
    replace_consent(person, tmp_path / "old.toml")
    with pytest.raises(ConsentError, match="ended"):
        train("woman", minutes=0, home=mine)


@pytest.mark.parametrize("name", ["nobody", "../woman", "a/b", "x" * 300, ""])
def test_names_that_are_nobodys_are_usage_errors(name: str, mine: Path) -> None:
    with pytest.raises(UsageError):
        train(name, minutes=0, home=mine)
