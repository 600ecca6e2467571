"""swap and verify as they are called: what is said, what is written, and the codes of batches."""

import hashlib
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

MEDIA = Path(__file__).parents[2] / "examples" / "media"


@pytest.fixture
def face(tmp_path: Path) -> Path:
    """A small picture with one face."""
    bgr = cv2.imread(str(MEDIA / "joconde.jpg"))
    path = tmp_path / "lisa.png"
    cv2.imwrite(str(path), cv2.resize(bgr, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))
    return path


@pytest.fixture
def wall(tmp_path: Path) -> Path:
    """A picture without a face."""
    path = tmp_path / "wall.png"
    cv2.imwrite(str(path), np.full((96, 96, 3), 200, np.uint8))
    return path


def test_a_result_is_named_sealed_and_told(call, home, face) -> None:
    said = call("swap", "woman", face, "--out", "made", home=home)
    assert said.code == 0
    assert "lisa.woman.png" in said.out
    assert "purpose education" in said.out
    assert "consent of the person not documented" in said.out
    read = call("verify", "made/lisa.woman.png", home=home)
    assert read.code == 0
    assert "whole" in read.out


def test_the_result_as_json_is_all_that_stands_on_stdout(call, home, face, wall, tmp_path) -> None:
    said = call("swap", "woman", face, wall, "--json", "--out", "made", "--purpose", "art", home=home)
    assert said.code == 4
    done, nothing = said.json
    assert Path(done["swapped"]["output"]) == Path("made") / "lisa.woman.png"
    assert done["swapped"]["purpose"] == "art"
    assert done["error"] is None
    assert (nothing["swapped"], nothing["error"]["error"]) == (None, "NothingToDoError")
    assert nothing["error"]["sentence"] in said.err


@pytest.mark.parametrize(
    ("targets", "code"),
    [
        (["lisa.png"], 0),
        (["wall.png"], 4),
        (["none.png"], 2),
        (["lisa.png", "wall.png"], 4),
        (["lisa.png", "none.png"], 6),
        (["wall.png", "torn.png"], 6),
        (["torn.png", "lisa.png", "wall.png"], 6),
    ],
)
def test_one_bad_target_stops_no_other_and_the_worst_gives_the_code(
    call, home, face, wall, tmp_path, targets, code
) -> None:
    (tmp_path / "torn.png").write_bytes(face.read_bytes()[:300])
    said = call("swap", "woman", *targets, "--out", "made", home=home)
    assert said.code == code
    assert (tmp_path / "made" / "lisa.woman.png").is_file() == ("lisa.png" in targets)
    complaints = [line for line in said.err.splitlines() if line.startswith("bonaface: ")]
    bad = [name for name in targets if name != "lisa.png"]
    assert [line.count(name) for name, line in zip(bad, complaints, strict=True)] == [1] * len(bad)
    assert "Traceback" not in said.err


def test_verify_of_several_files_leaves_with_the_first_of_the_order(call, home, face, wall, tmp_path) -> None:
    call("swap", "woman", face, "--out", "made", home=home)
    whole = tmp_path / "made" / "lisa.woman.png"
    altered = tmp_path / "altered.png"
    content = bytearray(whole.read_bytes())
    content[-40] ^= 0xFF
    altered.write_bytes(content)
    for files, code in (
        ([whole], 0),
        ([wall], 4),
        ([altered], 1),
        ([whole, wall], 4),
        ([whole, wall, altered], 1),
        ([whole, "none.png"], 6),
        ([altered, "none.png"], 1),
    ):
        said = call("verify", *files, "--json", home=home)
        assert (said.code, len(said.json)) == (code, len(files)), files
    elsewhere = call("verify", whole)
    assert elsewhere.code == 0
    assert "an unknown signer" in elsewhere.out


def test_nothing_is_written_over_without_force(call, home, face) -> None:
    assert call("swap", "woman", face, "--out", "made", home=home).code == 0
    before = Path("made/lisa.woman.png").read_bytes()
    again = call("swap", "woman", face, "--out", "made", home=home)
    assert again.code == 2
    assert "--force" in again.err
    assert Path("made/lisa.woman.png").read_bytes() == before
    assert call("swap", "woman", face, "--out", "made", "--force", home=home).code == 0


def test_a_purpose_that_was_not_agreed_to_is_refused_with_code_5(call, home, face) -> None:
    said = call("swap", "woman", face, "--out", "made", "--purpose", "political", home=home)
    assert said.code == 5
    assert "does not name the purpose" in said.err
    assert not Path("made").exists()


def test_the_folder_for_results_may_be_a_setting(call, home, face, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("BONAFACE_OUT", str(tmp_path / "from-environment"))
    assert call("swap", "woman", face, home=home).code == 0
    assert (tmp_path / "from-environment" / "lisa.woman.png").is_file()


def test_the_ledger_shows_what_was_made_and_says_where_it_was_changed(call, home, face, tmp_path) -> None:
    copy = tmp_path / "copied"
    shutil.copytree(home, copy)
    assert call("swap", "woman", face, "--out", "made", home=copy).code == 0
    made = Path("made/lisa.woman.png").read_bytes()
    last = call("ledger", "show", "--last", "1", "--json", home=copy).json[0]
    assert last["kind"] == "release"
    assert last["facts"]["sha256"] == hashlib.sha256(made).hexdigest()
    assert last["facts"]["target_sha256"] == hashlib.sha256(face.read_bytes()).hexdigest()
    shown = call("ledger", "show", "--last", "1", home=copy).out.splitlines()[-1]
    assert "woman" in shown
    assert str(Path("made/lisa.woman.png").resolve()) in shown
    assert call("ledger", "verify", home=copy).code == 0
    base = copy / "ledger.sqlite"
    base.write_bytes(base.read_bytes().replace(b'"person_id"', b'"parson_id"', 1))
    broken = call("ledger", "verify", home=copy)
    assert broken.code == 1
    assert "broken at entry" in broken.out
