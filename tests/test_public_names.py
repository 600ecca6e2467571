"""The public surface of the package: what it is, that it is documented, and that asking for it costs nothing."""

import inspect
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import pytest

import bonaface

DOCUMENT = Path(__file__).parents[1] / "docs" / "api.md"
HEAVY = ("torch", "cv2", "onnxruntime", "av")
VERBS = {
    "add_person", "list_people", "show_person", "forget_person", "export_person", "import_person", "train", "swap",
    "check", "verify", "ledger_entries", "first_break", "doctor",
}  # fmt: skip
RESULTS = {
    "PersonReport", "Trained", "Outcome", "Swapped", "Verified", "Entry", "Health", "Step", "Finding", "FaceFinding",
    "Evidence", "Quality", "ErrorRate", "Verdict",
}  # fmt: skip
ERRORS = {
    "BonafaceError", "UsageError", "MissingFileError", "OutputExistsError", "SeveralPeopleError",
    "UnreadableMediaError", "NothingToDoError", "RefusedError", "ConsentError", "CorruptPersonError", "NoSpaceError",
    "MissingPartError", "SealError", "LedgerError",
}  # fmt: skip
FOR_THE_BENCHMARK = {"passing", "prior_without"}


def test_the_public_names_are_these() -> None:
    assert set(bonaface.__all__) == VERBS | RESULTS | ERRORS | {"__version__"}
    assert set(dir(bonaface)) == set(bonaface.__all__)


@pytest.mark.parametrize("name", sorted(VERBS | RESULTS | ERRORS))
def test_every_public_name_is_there_and_documented(name: str) -> None:
    assert getattr(bonaface, name).__doc__
    assert f"`{name}" in DOCUMENT.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(VERBS))
def test_every_argument_of_a_verb_is_documented_and_typed(name: str) -> None:
    text = " ".join(DOCUMENT.read_text(encoding="utf-8").split())
    told = text[text.index(f"**`{name}(") :].split(")", 1)[0]
    for argument, facts in inspect.signature(getattr(bonaface, name)).parameters.items():
        assert facts.annotation is not inspect.Parameter.empty
        if argument not in FOR_THE_BENCHMARK:
            assert argument in told


def test_every_error_says_its_exit_code_in_the_document() -> None:
    rows = [line for line in DOCUMENT.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    told = {row.split("`")[1]: int(row.split("|")[3]) for row in rows if row.count("|") == 5 and "Error`" in row}
    assert told == {name: getattr(bonaface, name).exit_code for name in ERRORS}


def test_an_unknown_name_is_answered_with_those_there_are() -> None:
    with pytest.raises(AttributeError, match="add_person"):
        bonaface.mend  # noqa: B018


@pytest.mark.parametrize("words", ["import bonaface", "import bonaface; dir(bonaface)", "import bonaface.apps.cli"])
def test_importing_loads_nothing_heavy(words: str) -> None:
    asked = f"import sys\n{words}\nprint(sorted(set({HEAVY}) & set(sys.modules)))"
    assert _out([sys.executable, "-c", asked]) == "[]"


def test_help_loads_nothing_heavy() -> None:
    asked = (
        "import sys\nfrom bonaface.apps.cli import main\n"
        "try:\n    main(['swap', '--help'])\nexcept SystemExit:\n    pass\n"
        f"print(sorted(set({HEAVY}) & set(sys.modules)))"
    )
    assert _out([sys.executable, "-c", asked]).splitlines()[-1] == "[]"


def test_help_answers_at_once() -> None:
    program = str(Path(sysconfig.get_path("scripts")) / "bonaface")
    spent_s = []
    for _ in range(3):
        began_s = time.perf_counter()
        _out([program, "--help"])
        spent_s.append(time.perf_counter() - began_s)
    assert min(spent_s) < 0.9  # promised is .3 s; the rest is for a machine that is busy with other tests


def _out(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.strip()
