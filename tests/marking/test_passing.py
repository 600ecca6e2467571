"""Folders that vanish, also those of a process that was killed."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from bonaface.marking.passing import PassingFolder
from bonaface.terms.errors import RefusedError

HOLD = """
import sys, time
from bonaface.marking.passing import PassingFolder
with PassingFolder() as passing:
    (passing.path / "render.png").write_bytes(b"pixels")
    print(passing.path, flush=True)
    time.sleep(60)
"""


def test_it_is_private_and_gone_at_the_end() -> None:
    with PassingFolder() as passing:
        folder = passing.path
        assert folder.stat().st_mode & 0o777 == 0o700
        assert passing.holds(folder / "a.png")
        assert not passing.holds(folder.parent / "a.png")
    assert not folder.exists()
    with pytest.raises(RefusedError, match="with block"):
        _ = passing.path


@pytest.mark.skipif(os.name != "posix", reason="processes cannot be looked up safely elsewhere")
def test_what_a_killed_process_left_goes_with_the_next_and_what_a_living_one_holds_stays() -> None:
    with subprocess.Popen([sys.executable, "-c", HOLD], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        folder = Path(process.stdout.readline().strip())
        try:
            with PassingFolder():
                assert (folder / "render.png").is_file()
        finally:
            process.send_signal(signal.SIGKILL)
    assert folder.is_dir()
    with PassingFolder():
        assert not folder.exists()


@pytest.mark.skipif(os.name != "posix", reason="processes cannot be looked up safely elsewhere")
def test_folders_of_other_names_stay() -> None:
    with tempfile.TemporaryDirectory(prefix="bonaface-passing-notes-") as other, PassingFolder():
        assert Path(other).is_dir()
