"""The documents of the command line say what the program says."""

import importlib.util
from pathlib import Path

import pytest

from bonaface.people.consent import Consent
from bonaface.terms.permit import Basis, Purpose
from bonaface.verbs.settings import HOME, SETTINGS, Setting

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "cli.md"


def test_the_document_is_what_the_program_says(monkeypatch) -> None:
    place = ROOT / "scripts" / "write_cli_docs.py"
    found = importlib.util.spec_from_file_location("write_cli_docs", place)
    assert found is not None
    assert found.loader is not None
    writer = importlib.util.module_from_spec(found)
    found.loader.exec_module(writer)
    monkeypatch.setenv("COLUMNS", "200")
    assert writer.text() == DOCUMENT.read_text(encoding="utf-8"), "run: python scripts/write_cli_docs.py"


@pytest.mark.parametrize("setting", [HOME, *SETTINGS], ids=lambda setting: setting.name)
def test_every_setting_is_documented(setting: Setting) -> None:
    rows = DOCUMENT.read_text(encoding="utf-8").split("## Settings")[1].splitlines()
    (row,) = [row for row in rows if row.startswith(f"| `{setting.name}` |")]
    assert f"`{setting.variable}`" in row
    assert setting.meaning in row
    assert all(choice in row for choice in setting.choices)


def test_every_word_of_the_consent_file_is_documented() -> None:
    text = (ROOT / "docs" / "consent-file.md").read_text(encoding="utf-8")
    for word in (*Basis.__args__, *Purpose.__args__):
        assert f"`{word}`" in text, word
    for key in Consent.model_fields:
        assert f"\n{key} = " in text, key


def test_the_consent_file_of_the_document_is_a_good_one(tmp_path) -> None:
    from bonaface.people.consent import read_consent

    text = (ROOT / "docs" / "consent-file.md").read_text(encoding="utf-8")
    example = text.split("```toml\n")[1].split("```")[0]
    (tmp_path / "consent.toml").write_text(example, encoding="utf-8")
    assert read_consent(tmp_path / "consent.toml").who == "Anna Example"


def test_the_readme_names_only_commands_that_there_are() -> None:
    text, known = (ROOT / "README.md").read_text(encoding="utf-8"), DOCUMENT.read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.startswith("bonaface "):
            words = line.split()
            command = " ".join(words[:3] if words[1] in ("person", "ledger", "bench") else words[:2])
            assert f"## {command}\n" in known, line
