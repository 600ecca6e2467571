"""The command line as it is called: in this process for its answers, as a program where only that will do."""

from __future__ import annotations

import json
import os
import subprocess
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bonaface.apps.cli import main
from bonaface.verbs.person import add_person
from bonaface.verbs.train import train

ROOT = Path(__file__).parents[2]
MEDIA = ROOT / "examples" / "media"
CONSENT = ROOT / "examples" / "consent" / "single_face.toml"
PROGRAM = str(Path(sysconfig.get_path("scripts")) / "bonaface")


@dataclass(frozen=True)
class Said:
    """What a call printed, and the code that it left with."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What stands on stdout, which must be one JSON value and no more."""
        return json.loads(self.out)


Call = Callable[..., Said]


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which "woman" was learned from one picture."""
    folder = tmp_path_factory.mktemp("home")
    add_person("woman", [MEDIA / "astronaut.png"], consent=CONSENT, home=folder)
    train("woman", minutes=0, home=folder)
    return folder


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Call:
    """Run a command with a home (an empty one where no other is named), in an empty folder."""
    for name in ("BONAFACE_OUT", "BONAFACE_LABEL", "BONAFACE_CODEC", "BONAFACE_TRUST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)

    def run(*words: str | Path, home: Path | None = None) -> Said:
        monkeypatch.setenv("BONAFACE_HOME", str(home or tmp_path / "home"))
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main([str(word) for word in words])
        printed = capsys.readouterr()
        return Said(int(left.value.code or 0), printed.out, printed.err)

    return run


@pytest.fixture
def start(tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    """Begin a command as a program of its own, its streams as pipes."""

    def run(*words: str | Path, home: Path | None = None, **how: Any) -> subprocess.Popen[str]:
        environment = {**os.environ, "BONAFACE_HOME": str(home or tmp_path / "home"), "OMP_NUM_THREADS": "1"}
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **how}
        return subprocess.Popen([PROGRAM, *map(str, words)], env=environment, text=True, cwd=tmp_path, **streams)

    return run
