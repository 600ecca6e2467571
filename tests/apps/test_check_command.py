"""check as it is called: what is said, what is written, and the code of a batch."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

MEDIA = Path(__file__).parents[2] / "examples" / "media"
CODES = {"no sign of manipulation": 0, "likely manipulated": 1, "inconclusive": 3}


@pytest.fixture
def face(tmp_path):
    bgr = cv2.imread(str(MEDIA / "astronaut.png"))
    cv2.imwrite(str(tmp_path / "face.png"), cv2.resize(bgr, (320, 320), interpolation=cv2.INTER_AREA))
    return tmp_path / "face.png"


@pytest.fixture
def wall(tmp_path):
    cv2.imwrite(str(tmp_path / "wall.png"), np.full((96, 96, 3), 200, np.uint8))
    return tmp_path / "wall.png"


def test_the_verdict_is_said_with_its_evidence(call, face):
    said = call("check", face)
    verdict = next(word for word in CODES if word in said.out.lower())
    assert said.code == CODES[verdict]
    assert "no manifest" in said.out
    assert "weighs" in said.out


def test_json_is_one_value_and_jsonl_a_line_a_file(call, face, wall):
    said = call("check", face, wall, "--json")
    one, two = said.json
    assert (one["file"]["path"], two["verdict"]) == (str(face), None)
    lines = [json.loads(line) for line in call("check", face, wall, "--jsonl").out.splitlines()]
    assert [line["score"] for line in lines] == [one["score"], None]
    assert lines[0]["verdict"] in CODES


def test_a_batch_leaves_with_the_code_that_comes_first(call, face, wall, tmp_path):
    assert call("check", wall).code == 4
    assert call("check", tmp_path / "gone.png").code == 2
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    first = CODES[json.loads(call("check", face, "--jsonl").out)["verdict"]]
    assert call("check", face, wall, tmp_path / "broken.png").code == (first or 6)


def test_a_report_is_written_once_and_replaced_only_on_demand(call, face, tmp_path):
    page = tmp_path / "report.html"
    call("check", face, "--report", page)
    before = page.read_text()
    assert "face.png" in before
    said = call("check", face, "--report", page)
    assert said.code == 2
    assert "--force" in said.err
    assert page.read_text() == before
    assert call("check", face, "--report", page, "--force").code != 2


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--error-rate", "0.9"), "error rate"),
        (("--engine", "spark"), "local or ray"),
        (("--engine", "ray"), "--out"),
        (("--list", "gone.txt"), "does not exist"),
        (("--reference", "gone.png"), "does not exist"),
    ],
)
def test_a_wrong_option_is_refused_with_the_cure(call, face, words, sentence):
    said = call("check", face, *words)
    assert said.code == 2
    assert sentence in said.err
    assert said.out == ""


def test_nothing_to_check_is_said(call, tmp_path):
    said = call("check")
    assert said.code == 4
    assert "name files" in said.err
    said = call("check", "https://example.org/a.jpg")
    assert said.code == 2
    assert "save the file" in said.err


def test_an_original_of_several_files_is_refused(call, face, wall):
    said = call("check", face, wall, "--original", face)
    assert said.code == 2
    assert "belongs to one file" in said.err


def test_how_far_it_is_is_told(call, face, wall):
    assert "2 of 2 files" in call("check", face, wall).err
