"""The ground that a role walks on: an empty folder, an empty home, the command line, and a tally of checks."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from outside import sums_of

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
MEDIA = EXAMPLES / "media"
PATIENCE_S = 300
_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")


@dataclass(frozen=True, slots=True)
class Said:
    """What a command said, and the code that it left with."""

    code: int
    out: str
    err: str


class Ground:
    """One role's place: ``folder`` is empty at first and vanishes; the home lies in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.checks = self.failed = 0
        self._environment = {**os.environ, "BONAFACE_HOME": str(folder / "home")}
        for name in ("BONAFACE_OUT", "BONAFACE_LABEL", "BONAFACE_CODEC", "BONAFACE_TRUST"):
            self._environment.pop(name, None)
        self._sums = sums_of(EXAMPLES)

    def check(self, what: str, held: bool, seen: object = "") -> bool:
        """Print a line on one check, with what was seen, and count it."""
        self.checks += 1
        self.failed += not held
        note = f"  [{seen}]" if seen != "" else ""
        print(f"  {'ok  ' if held else 'FAIL'} {what}{note}", flush=True)
        return held

    def bonaface(self, *words: str | Path, code: int = 0) -> Said:
        """Run a command as a user would, check its exit code, and that its --help knows every option used."""
        texts = [str(word) for word in words]
        command = texts[:2] if texts[0] in ("person", "ledger", "bench") else texts[:1]
        told = self.run([*_program(), *command, "--help"]).out
        unknown = {word for word in texts if word.startswith("--")} - set(_OPTION.findall(told)) - {"--json"}
        said = self.run([*_program(), *texts])
        shown = " ".join(Path(text).name if Path(text).is_absolute() else text for text in texts)
        seen = f"left with {said.code}" + (f", wanted {code}: {said.err[-300:]}" if said.code != code else "")
        self.check(f"bonaface {shown}", said.code == code and not unknown, f"{seen}{_unknown(unknown)}")
        return said

    def python(self, script: Path) -> Said:
        """Run a script with this Python in the role's folder."""
        return self.run([sys.executable, "-W", "error", str(script)])

    def program(self) -> list[str]:
        """Return the words that begin a call of bonaface."""
        return _program()

    def run(self, command: list[str]) -> Said:
        """Run any command in the role's folder."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    def examples_untouched(self) -> bool:
        """Tell whether all example files still have the sums that they had at the beginning."""
        return sums_of(EXAMPLES) == self._sums


def _program() -> list[str]:
    return [str(Path(sysconfig.get_path("scripts")) / "bonaface")]


def _unknown(options: set[str]) -> str:
    return f"; --help does not know {', '.join(sorted(options))}" if options else ""
