"""What a command says: results on stdout (text or JSON), progress and errors on stderr."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from fractions import Fraction
from pathlib import PurePath
from typing import Any, TextIO

from bonaface.apps.exits import FAILED
from bonaface.terms.errors import BonafaceError
from bonaface.terms.progress import Progress, Step

PLAIN_EVERY_S = 5.0


@dataclasses.dataclass(frozen=True, slots=True)
class Terminal:
    """How one call talks: ``as_json`` prints results as one JSON value, ``debug`` shows tracebacks."""

    as_json: bool = False
    debug: bool = False

    def show(self, result: object, text: Callable[[], str]) -> None:
        """Print the result on stdout: as JSON, or as the text that ``text`` returns."""
        _write(json.dumps(plain(result), indent=2, ensure_ascii=False) if self.as_json else text())

    def tell(self, line: str) -> None:
        """Print a part of the result as soon as it is known; with ``as_json`` it waits for the whole."""
        if not self.as_json:
            _write(line)

    def line(self, text: str) -> None:
        """Print a line on stdout as soon as it is known, whatever the form: of JSON lines each is a value."""
        _write(text)

    def fail(self, error: BaseException, sentence: str, code: int) -> int:
        """Print one sentence on stderr, with ``as_json`` also an object on stdout, and return the exit code."""
        if self.as_json:
            failure = {"error": type(error).__name__, "sentence": sentence, "exit_code": code}
            _write(json.dumps(failure, ensure_ascii=False))
        self.complain(sentence)
        self.trace(error)
        return code

    def complain(self, sentence: str) -> None:
        """Print a sentence on stderr; a text of several lines, such as a help, as it is."""
        sys.stderr.write(f"{sentence}\n" if "\n" in sentence else f"bonaface: {sentence}\n")

    def trace(self, error: BaseException) -> None:
        """Print where an error came from, if that was asked for."""
        if self.debug:
            traceback.print_exception(error)

    @contextmanager
    def progress(self) -> Iterator[Progress]:
        """Give a `Progress`: bars with rate and time left on a terminal, plain lines otherwise."""
        if not sys.stderr.isatty():
            yield _Lines(sys.stderr)
            return
        from bonaface.apps.bars import bars  # Rich takes longer to load than most commands run

        with bars() as draw:
            yield draw


def sentence_of(error: BonafaceError) -> str:
    """Return the error's one sentence; a typed error without a text names itself."""
    return " ".join(str(error).split()) or f"{type(error).__name__}; run again with --debug to see where."


def plain(value: object) -> Any:  # noqa: PLR0911 (one line a type)
    """Return the value as JSON knows it: dataclasses as objects, paths and dates as text, times in seconds."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, BaseException):
        return {"error": type(value).__name__, "sentence": str(value), "exit_code": getattr(value, "exit_code", 6)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (PurePath, date, datetime)):
        return str(value)
    if isinstance(value, Fraction):
        return float(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None  # JSON has no word for it
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, (Sequence, set, frozenset)):
        return [plain(item) for item in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    return str(value)


def table(rows: Sequence[Sequence[object]], head: Sequence[str]) -> str:
    """Return rows under a head as text in columns, each as wide as its widest cell."""
    cells = [list(head), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def counted(number: int, thing: str) -> str:
    """Return ``1 picture`` or ``3 pictures``."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def seconds_text(seconds: float) -> str:
    """Return a span of time as people say it: ``8 s``, ``2 min 05 s``, ``1 h 03 min``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def _write(text: str) -> None:
    try:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read the output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # so that Python can leave in peace
        raise SystemExit(FAILED) from None


class _Lines:
    """Progress as plain lines: when a stage begins, every few seconds, and when it is through."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._stage = ""
        self._began_s = 0.0
        self._said_s = 0.0
        self._first = 0

    def __call__(self, step: Step) -> None:
        now_s = time.monotonic()
        if step.stage != self._stage:
            self._stage, self._began_s, self._said_s, self._first = step.stage, now_s, now_s - PLAIN_EVERY_S, step.done
        finished = step.total is not None and step.done >= step.total
        if not finished and now_s - self._said_s < PLAIN_EVERY_S:
            return
        self._said_s = now_s
        self._stream.write(self._line(step, now_s - self._began_s) + "\n")
        self._stream.flush()
        if finished:
            self._stage = ""

    def _line(self, step: Step, spent_s: float) -> str:
        of_total = f" of {step.total}" if step.total is not None else ""
        line = f"{step.stage}: {step.done}{of_total} {step.unit}"
        made = step.done - self._first
        if made > 0 and spent_s > 0.5:
            rate = made / spent_s
            line += f", {rate:.1f} a second"
            if step.total is not None and step.done < step.total:
                line += f", {seconds_text((step.total - step.done) / rate)} left"
        return line + (f" ({step.note})" if step.note else "")
