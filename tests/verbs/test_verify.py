"""Verify and ledger as verbs: one answer a file, codes and sentences for people and programs."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from bonaface.marking.identity import trust_anchors
from bonaface.terms.errors import MissingFileError, NothingToDoError
from bonaface.verbs.ledger import first_break, ledger_entries
from bonaface.verbs.verify import verify


@pytest.fixture
def sealed(tmp_path: Path, media: Path, swap_one: Callable) -> Path:
    with Image.open(media / "astronaut.png") as picture:
        picture.resize((256, 256)).save(tmp_path / "target.png")
    made: Path = swap_one("man", tmp_path / "target.png").output
    return made


def test_whole_altered_missing_and_gone_each_get_their_answer(sealed: Path, tmp_path: Path, home: Path) -> None:
    altered = sealed.with_name("altered.png")
    content = bytearray(sealed.read_bytes())
    content[-40] ^= 1
    altered.write_bytes(content)
    files = [sealed, altered, tmp_path / "target.png", tmp_path / "gone.png"]
    read = verify(files, home=home)
    assert [one.path for one in read] == files
    assert [one.exit_code for one in read] == [0, 1, 4, 2]
    assert [one.seal.state if one.seal else None for one in read] == ["whole", "altered", "missing", None]
    for one in read:
        said = json.loads(json.dumps(one.as_dict()))
        assert said["exit_code"] == one.exit_code
        assert one.sentences() and all(one.sentences())
    assert "Purpose: education; consent of the person not documented." in read[0].sentences()
    assert read[0].as_dict()["signer"] == "trusted"


def test_a_stranger_is_trusted_only_by_name(sealed: Path, home: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    (unknown,) = verify(sealed, home=other)
    assert unknown.seal is not None and unknown.seal.signer == "unknown"
    roots = tmp_path / "roots.pem"
    roots.write_bytes(trust_anchors(home))
    (known,) = verify(sealed, trust=roots, home=other)
    assert known.seal is not None and known.seal.signer == "trusted"
    with pytest.raises(MissingFileError):
        verify(sealed, trust=tmp_path / "gone.pem", home=other)


def test_a_folder_gives_its_media_and_one_bad_file_stops_none(sealed: Path, tmp_path: Path, home: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    shutil.copy(sealed, folder / "b.png")
    (folder / "a.mp4").touch()
    (folder / "notes.txt").touch()
    read = verify([folder], home=home)
    assert [one.path.name for one in read] == ["a.mp4", "b.png"]
    assert [one.exit_code for one in read] == [4, 0]
    (folder / "empty").mkdir()
    with pytest.raises(NothingToDoError, match="empty"):
        verify(folder / "empty", home=home)


def test_the_ledger_tells_of_every_release_and_shows_a_change(sealed: Path, home: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    shutil.copy(home / "ledger.sqlite", mine)
    releases = [entry for entry in ledger_entries(mine) if entry.kind == "release"]
    assert releases[-1].facts["path"] == str(sealed.resolve())
    assert first_break(mine) is None
    with sqlite3.connect(mine / "ledger.sqlite") as base:
        base.execute(
            "UPDATE entries SET facts = replace(facts, 'education', 'political') WHERE number = ?",
            (releases[-1].number,),
        )
    base.close()
    assert first_break(mine) == releases[-1].number


def test_no_ledger_is_an_empty_one(tmp_path: Path) -> None:
    assert ledger_entries(tmp_path) == []
    assert first_break(tmp_path) is None
