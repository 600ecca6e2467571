"""The command line's manners: codes, sentences, JSON, and nothing on the wrong stream."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from bonaface.apps import terminal
from bonaface.terms.version import __version__

MEDIA = Path(__file__).parents[2] / "examples" / "media"
CONSENTS = Path(__file__).parents[2] / "examples" / "consent"


@pytest.mark.parametrize(
    ("words", "code", "part"),
    [
        ([], 2, "Usage: bonaface"),
        (["person"], 2, "Usage: bonaface person"),
        (["frobnicate"], 2, "No such command 'frobnicate'; see: bonaface --help"),
        (["person", "frobnicate"], 2, "see: bonaface person --help"),
        (["swap"], 2, "Missing argument 'NAME'; see: bonaface swap --help"),
        (["swap", "a", "b", "--frob"], 2, "No such option: --frob"),
        (["train", "anna", "--minutes", "soon"], 2, "--minutes"),
        (["train", "anna", "--minutes", "-1"], 2, "--minutes"),
        (["train", "nobody"], 2, "bonaface person add nobody"),
        (["train", "../nobody"], 2, "name"),
        (["swap", "nobody", "film.mp4"], 2, "bonaface person add nobody"),
        (["swap", "a", "b", "--from", "noon"], 2, "no time"),
        (["swap", "a", "b", "--from", "2", "--to", "1"], 2, "let it end after it begins"),
        (["swap", "a", "b", "--cast", "ben"], 2, "NAME=IMAGE"),
        (["swap", "a", "b", "--label", "tiny"], 2, "small, large"),
        (["swap", "a", "b", "--codec", "mpeg2"], 2, "h264, hevc, av1"),
        (["person", "show", "nobody"], 2, "bonaface person add nobody"),
        (["person", "show", "anna two"], 2, "bonaface person add 'anna two' PATH"),
        (["person", "add", "anna"], 2, "no media were named"),
        (["person", "add", "anna", "film.mp4"], 5, "--consent FILE"),
        (["person", "add", "anna", "film.mp4", "--consent", "none.toml"], 5, "docs/consent-file.md"),
        (["person", "import", "none.bonaface"], 2, "none.bonaface"),
        (["verify", "none.mp4"], 2, "none.mp4"),
        (["verify", "."], 4, "No image or video"),
        (["bench", "swap", "--only", "nonsense"], 2, "A>B"),
        (["bench", "swap", "--only", "A>Z"], 2, "known people: A, B"),
        (["bench", "swap", "--peer", "theirs.mp4"], 2, "--only"),
        (["bench", "swap", "--people", "nowhere"], 2, "nowhere"),
        (["bench", "check", "nowhere"], 2, "real/ and fake/, or a CSV"),
        (["bench", "check", ".", "--damage", "rain"], 2, "jpeg50, half, dark"),
        (["bench", "check", ".", "--detector", "their-tool"], 2, "{path}"),
        (["ledger", "show", "--last", "0"], 2, "--last"),
    ],
)
def test_a_call_that_cannot_be_done_leaves_with_its_code_and_the_cure(
    call: Callable[..., object], words: list[str], code: int, part: str
) -> None:
    said = call(*words)
    assert said.code == code  # type: ignore[attr-defined]
    told = said.err + (said.out if words[:1] == ["verify"] else "")  # type: ignore[attr-defined]
    assert part in told
    assert "Traceback" not in told


@pytest.mark.parametrize("words", [["train", "nobody"], ["swap", "a"], ["person", "add", "anna", "x.mp4"], ["swop"]])
def test_a_failure_is_one_sentence_on_stderr_and_an_object_with_json(call, words) -> None:
    plain, machine = call(*words), call(*words, "--json")
    assert plain.out == ""
    assert plain.err.startswith("bonaface: ")
    assert plain.err.count("\n") == 1
    assert machine.code == plain.code == machine.json["exit_code"]
    assert machine.json["sentence"] == plain.err.removeprefix("bonaface: ").strip()
    assert machine.json["error"].isidentifier()


def test_a_traceback_is_shown_only_with_debug(call) -> None:
    assert "Traceback" not in call("train", "nobody").err
    shown = call("--debug", "train", "nobody").err
    assert "Traceback" in shown
    assert "UsageError" in shown


def test_an_error_that_nobody_foresaw_is_a_sentence_and_code_6(call, tmp_path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "identity" / "root.crt").mkdir(parents=True)  # a folder: nobody foresaw that
    said = call("verify", str(MEDIA / "astronaut.png"))
    assert said.code == 6
    assert said.err.count("\n") == 1
    assert "Traceback" not in said.err


@pytest.mark.parametrize("words", [("show",), ("verify",)])
def test_a_ledger_that_is_none_is_one_sentence_with_the_cure(call, tmp_path, words) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "ledger.sqlite").write_text("a note, and no ledger")
    said = call("ledger", *words)
    assert said.code == 1
    assert said.err.count("\n") == 1
    assert "move it away" in said.err


def test_version_and_help_leave_with_0(call) -> None:
    assert call("--version").out.strip() == __version__
    for words in (["-h"], ["swap", "--help"], ["person", "add", "-h"]):
        said = call(*words)
        assert said.code == 0
        assert said.out.startswith("Usage: bonaface")


def test_results_are_one_json_value(call) -> None:
    assert call("person", "list", "--json").json == []
    assert call("--json", "ledger", "verify").json == {"entries": 0, "broken_at": None}
    assert call("doctor", "--json").json["version"] == __version__


def test_a_setting_from_the_environment_or_the_file_is_named_by_its_origin(call, tmp_path, monkeypatch) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "config.toml").write_text('label = "large"\n')
    monkeypatch.setenv("BONAFACE_CODEC", "hevc")
    found = {item["name"]: item for item in call("doctor", "--json").json["settings"]}
    assert (found["label"]["value"], found["label"]["origin"]) == ("large", str(tmp_path / "home" / "config.toml"))
    assert (found["codec"]["value"], found["codec"]["origin"]) == ("hevc", "BONAFACE_CODEC")
    assert found["home"]["origin"] == "BONAFACE_HOME"
    (tmp_path / "home" / "config.toml").write_text('lable = "large"\n')
    assert "lable" in call("doctor").err


def test_a_file_of_trusted_signers_from_the_environment_is_read(call, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("BONAFACE_TRUST", str(tmp_path / "none.pem"))
    said = call("verify", MEDIA / "joconde.jpg")
    assert said.code == 2
    assert "none.pem" in said.err


def test_words_after_two_dashes_are_no_options(call) -> None:
    assert call("verify", "--", "--json").code == 2


def test_forgetting_asks_first(start, home, call) -> None:
    before = call("person", "list", home=home).out
    asked = start("person", "forget", "woman", home=home, stdin=subprocess.PIPE)
    _, said = asked.communicate("n\n", timeout=60)
    assert asked.returncode == 130
    assert "Nothing was done" in said
    assert call("person", "list", home=home).out == before


def test_a_reader_that_leaves_early_is_no_crash(start) -> None:
    running = start("doctor", "--json")
    running.stdout.close()
    said = running.stderr.read()
    assert running.wait(timeout=60) == 6
    assert "Traceback" not in said
    running.stderr.close()


def test_nan_is_null_in_json() -> None:
    assert terminal.plain({"a": [float("nan"), 1.0, float("inf")]}) == {"a": [None, 1.0, None]}
