"""Write docs/cli.md from the program's own help: ``python scripts/write_cli_docs.py``. A test compares the two."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path

import typer.main

from bonaface.apps.cli import ORDER, app, main
from bonaface.verbs.settings import HOME, SETTINGS, Setting

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "cli.md"
_WIDTH = "80"
_BEGINNING = """# The command line

Written by `scripts/write_cli_docs.py` from the program's own help; change the program, then run it again.
The same verbs from Python: [api.md](api.md). The consent file: [consent-file.md](consent-file.md).
"""
_SETTINGS = """## Settings

What the command line says counts first, then the variable in the environment, then `config.toml` in the home folder,
then the default. `bonaface doctor` shows each with its value in force and where it comes from. `config.toml` is a list
of lines such as `label = "large"`; an unknown name in it is an error.

| setting | on the command line | variable | default | what it is |
|---|---|---|---|---|
"""
_OPTIONS = {"out": "`swap --out`", "label": "`swap --label`", "codec": "`swap --codec`", "trust": "`verify --trust`"}


def text() -> str:
    """Return the whole document."""
    os.environ["COLUMNS"] = _WIDTH
    parts = [_BEGINNING]
    for words in commands():
        title = " ".join(["bonaface", *words])
        parts.append(f"## {title}\n\n```\n{_help_of(words)}\n```\n")
    parts.append(_SETTINGS + "\n".join(_row(setting) for setting in (HOME, *SETTINGS)) + "\n")
    return "\n".join(parts)


def commands() -> Iterator[list[str]]:
    """Yield the words of each command, the program itself and its groups first."""
    yield []
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    for name in ORDER:
        yield [name]
        for inner in getattr(commands[name], "commands", ()):
            yield [name, inner]


def _help_of(words: list[str]) -> str:
    said = io.StringIO()
    with redirect_stdout(said):
        try:
            main([*words, "--help"])
        except SystemExit as end:
            if end.code:
                raise
    # What stands under every command is told once, under the program itself.
    kept = said.getvalue() if not words else said.getvalue().split("\n  Everywhere:")[0]
    return kept.strip()


def _row(setting: Setting) -> str:
    choices = f" ({' or '.join(setting.choices)})" if setting.choices else ""
    default = setting.default or ("the platform's user data folder" if setting is HOME else "-")
    option = _OPTIONS.get(setting.name, "-")
    return f"| `{setting.name}` | {option} | `{setting.variable}` | {default} | {setting.meaning}{choices} |"


if __name__ == "__main__":
    DOCUMENT.write_text(text(), encoding="utf-8")
