"""Any other detector beside ours: a Python file with ``predict(path) -> float``, or a command that prints a number.

Each runs in processes of its own, so that nothing it imports and no way it ends can harm the measuring.
"""

from __future__ import annotations

import json
import math
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Timer
from types import TracebackType
from typing import IO, Any

import cv2

from bonaface.bench import check_worker
from bonaface.terms.arrays import Rgb8
from bonaface.terms.errors import BonafaceError, MissingFileError, MissingPartError, UsageError

_PLACE = "{path}"
_BETWEEN = re.compile(r"[\s,:;=%()\[\]]+")
"""What stands between words: the digits in a path are no number."""
_LOADING_S, _LOOKING_S = 600.0, 120.0
_MOST_DEATHS = 3
_MOST_IN_VAIN = 3
"""So many faces without one number, and the detector is refused as a whole."""


class DetectorError(BonafaceError, RuntimeError):
    """Another detector gave no number for a face."""


class Detector:
    """One other detector; a context manager. Higher scores must mean "more likely manipulated"."""

    def __init__(self, said: str) -> None:
        """Take a file's name or a command, as it stands on the command line; nothing is started yet.

        Raises:
            MissingFileError: no such file. UsageError: a command without a place for the path.
        """
        self._run: Callable[[Path], float]
        self._file: _FileDetector | None = None
        if _PLACE in said:
            self.name = " ".join(word for word in said.split() if _PLACE not in word)
            self._run = _Command(said)
        elif said.endswith(".py"):
            if not Path(said).is_file():
                raise MissingFileError(f"The detector {said} does not exist; name a Python file with predict(path).")
            self.name = Path(said).stem
            self._run = self._file = _FileDetector(Path(said))
        else:
            raise UsageError(f'The detector {said!r} has no {_PLACE}; write a command such as "my-tool {_PLACE}".')
        self._said, self._answered, self._in_vain = said, 0, 0
        self._folder = tempfile.TemporaryDirectory(prefix="bonaface-")
        self._number = 0

    def __enter__(self) -> Detector:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.stop()
        self._folder.cleanup()

    def score(self, faces: Sequence[Sequence[Rgb8]]) -> float:
        """Return the score of a file, as ours is made: the mean over the looks at a face, the highest of its faces.

        Args:
            faces: of each face its crops (H, W, 3). They are handed over as PNG files with names that tell nothing.

        Raises:
            DetectorError: no number for one of them. UsageError: it never gave any.
        """
        try:
            score = max(sum(self._one(crop) for crop in crops) / len(crops) for crops in faces)
        except DetectorError as error:
            self._in_vain += 1
            if not self._answered and self._in_vain >= _MOST_IN_VAIN:
                raise self.useless(error) from error
            raise
        self._answered += 1
        return score

    def check_useful(self) -> None:
        """Refuse a detector that was asked and never gave a number.

        Raises:
            UsageError: it did not.
        """
        if self._in_vain and not self._answered:
            raise self.useless(DetectorError(f"{self.name} gave no number."))

    def useless(self, error: DetectorError) -> UsageError:
        """Return the refusal of a detector that never gave a number."""
        return UsageError(
            f"The detector {self._said!r} is of no use here: {error} Try it on one picture by hand first."
        )

    def _one(self, crop: Rgb8) -> float:
        self._number += 1
        path = Path(self._folder.name) / f"{self._number:07d}.png"
        path.write_bytes(cv2.imencode(".png", crop[..., ::-1])[1].tobytes())
        try:
            value = self._run(path)
        finally:
            path.unlink()
        if not math.isfinite(value):
            raise DetectorError(f"{self.name} gave {value} instead of a number.")
        return value


class _Command:
    """A command, run anew for each face."""

    def __init__(self, said: str) -> None:
        self._words = shlex.split(said)

    def __call__(self, path: Path) -> float:
        name = Path(self._words[0]).name
        words = [word.replace(_PLACE, str(path)) for word in self._words]
        try:
            done = subprocess.run(words, capture_output=True, text=True, timeout=_LOOKING_S, check=False)
        except OSError as error:
            raise UsageError(f"{self._words[0]} cannot be started ({error.strerror}); check the command.") from error
        except subprocess.TimeoutExpired as error:
            raise DetectorError(f"{name} took longer than {_LOOKING_S:.0f} s over a face.") from error
        if done.returncode:
            raise DetectorError(f"{name} ended with {done.returncode}: {_last_line(done.stderr)}.")
        for word in reversed(_BETWEEN.split(_last_line(done.stdout))):
            with suppress(ValueError):
                return float(word)
        raise DetectorError(f"{name} printed no number but {_last_line(done.stdout)!r}.")


class _FileDetector:
    """A Python file, loaded once in a process that is kept open and started anew when it dies."""

    def __init__(self, file: Path) -> None:
        self._file = file.resolve()
        self._process: subprocess.Popen[str] | None = None
        self._stderr: IO[Any] | None = None
        self._deaths = 0

    def __call__(self, path: Path) -> float:
        if self._process is None:
            self._start()
        answer = self._ask(json.dumps(str(path)), _LOOKING_S)
        if "score" not in answer:
            raise DetectorError(f"{self._file.name} failed: {answer.get('error')}.")
        return float(answer["score"])

    def stop(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None
        if self._stderr is not None:
            self._stderr.close()
            self._stderr = None

    def _start(self) -> None:
        if self._deaths >= _MOST_DEATHS:
            raise DetectorError(f"{self._file.name} ended {self._deaths} times and was not started again.")
        self._stderr = tempfile.TemporaryFile("w+", errors="replace")  # noqa: SIM115  # closed by stop
        words = [*_python_of(self._file), check_worker.__file__, str(self._file)]
        try:
            self._process = subprocess.Popen(
                words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._stderr, text=True
            )
        except OSError as error:
            self.stop()
            raise MissingPartError(f"{words[0]} cannot be started; mend the first line of {self._file}.") from error
        self._ask("", _LOADING_S)

    def _ask(self, line: str, patience_s: float) -> dict[str, Any]:
        """Send a line (none: wait until it is loaded) and return the answer; a process that gives none is ended."""
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        timer = Timer(patience_s, process.kill)
        timer.start()
        try:
            if line:
                process.stdin.write(line + "\n")
                process.stdin.flush()
            answer = process.stdout.readline()
        except OSError:
            answer = ""
        finally:
            timer.cancel()
        if not answer:
            process.wait()
            self._deaths += 1
            said = self._last_words()
            self.stop()
            raise DetectorError(f"{self._file.name} ended without an answer ({said}).")
        held: dict[str, Any] = json.loads(answer)
        return held

    def _last_words(self) -> str:
        assert self._stderr is not None
        self._stderr.seek(0)
        return _last_line(self._stderr.read()) or "it took too long, or was ended from outside"


def _python_of(file: Path) -> list[str]:
    """Return the Python that runs a file: the one that its first line names (``#!/path/to/python``), else ours."""
    with file.open(encoding="utf-8", errors="replace") as text:
        first = text.readline().strip()
    words = shlex.split(first[2:]) if first.startswith("#!") else []
    named = len(words) == 1 and Path(words[0]).is_file()
    return words if named else [sys.executable]


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1].rstrip(".") if lines else ""
