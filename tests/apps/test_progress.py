"""Progress: plain lines with rate and time left where nobody watches, bars on a terminal."""

import io
import os
from pathlib import Path

import pytest

from bonaface.apps import terminal
from bonaface.apps.terminal import Terminal, seconds_text
from bonaface.terms.progress import Step

MEDIA = Path(__file__).parents[2] / "examples" / "media"
CONSENT = Path(__file__).parents[2] / "examples" / "consent" / "single_face.toml"


def test_a_pipe_gets_lines_the_first_and_the_last_among_them(monkeypatch) -> None:
    stream, clock = io.StringIO(), iter(range(0, 1000))
    monkeypatch.setattr(terminal.sys, "stderr", stream)
    monkeypatch.setattr(terminal.time, "monotonic", lambda: float(next(clock)))
    with Terminal().progress() as progress:
        for done in range(1, 21):
            progress(Step("rendering", done, 20, "frames", "a note" if done == 20 else ""))
        progress(Step("sealing", 0, None, "steps"))
    lines = stream.getvalue().splitlines()
    assert lines[0] == "rendering: 1 of 20 frames"
    assert lines[1] == "rendering: 6 of 20 frames, 1.0 a second, 14 s left"
    assert lines[-2] == "rendering: 20 of 20 frames, 1.0 a second (a note)"
    assert lines[-1] == "sealing: 0 steps"
    assert len(lines) == 6


def test_a_terminal_gets_bars_on_stderr_and_the_result_on_stdout(start) -> None:
    ours, theirs = os.openpty()
    running = start("person", "add", "woman", MEDIA / "astronaut.png", "--consent", CONSENT, stderr=theirs)
    os.close(theirs)
    drawn = b""
    try:
        while piece := os.read(ours, 4096):
            drawn += piece
    except OSError:  # how Linux says that the other side has closed
        pass
    os.close(ours)
    out, _ = running.communicate(timeout=60)
    assert running.returncode == 0
    assert out.startswith("woman: 1 picture,")
    assert "━".encode() in drawn
    assert b"Traceback" not in drawn


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (59.4, "59 s"), (60, "1 min 00 s"), (125, "2 min 05 s"), (3780, "1 h 03 min")]
)
def test_spans_of_time_are_said_as_people_say_them(seconds: float, text: str) -> None:
    assert seconds_text(seconds) == text
