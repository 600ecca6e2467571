"""A disk that fills up while a person is added or exported: one sentence, and nothing half."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("resource")

ROOT = Path(__file__).parents[2]
SCRIPT = """
import resource, sys
from pathlib import Path
from bonaface.terms.errors import NoSpaceError
from bonaface.verbs.person import add_person, export_person
picture, consent, folder = (Path(word) for word in sys.argv[1:4])
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]

def attempt(work):
    try:
        work()
    except NoSpaceError as error:
        print(str(error).replace(chr(10), "|"))

resource.setrlimit(resource.RLIMIT_FSIZE, (4000, hard))
attempt(lambda: add_person("woman", [picture], consent=consent, home=folder / "home"))
print(sorted(path.name for path in (folder / "home" / "people").iterdir()))
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
print(add_person("woman", [picture], consent=consent, home=folder / "home").crops)
resource.setrlimit(resource.RLIMIT_FSIZE, (4000, hard))
attempt(lambda: export_person("woman", folder / "out" / "woman.bonaface", home=folder / "home"))
print(list((folder / "out").iterdir()))
"""


def test_a_full_disk_leaves_no_half_person_and_no_half_file(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    picture, consent = ROOT / "examples/media/astronaut.png", ROOT / "examples/consent/single_face.toml"
    told = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(picture), str(consent), str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert "Traceback" not in told.stderr, told.stderr
    added, left, crops, exported, out = told.stdout.splitlines()
    assert "make room" in added
    assert "make room" in exported
    assert (left, crops, out) == ("[]", "1", "[]")
