"""Results that an earlier run left, told by the content that they were made from and never by their dates."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bonaface
from bonaface.media.scratch import atomic_path

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Kept:
    """What is known of the results in a folder; ``path`` is the JSON file that remembers it.

    A result is up to date where the sums of all that it was made from, the program included, are the same, and the
    result itself is still what was written.
    """

    path: Path

    def find(self, name: str, made_from: Sequence[str]) -> dict[str, Any] | None:
        """Return the facts that were kept with a result that is up to date, else None."""
        entry = self._read().get(name)
        if not isinstance(entry, dict) or entry.get("made_from") != list(made_from):
            return None
        files = {Path(file): total for file, total in entry["files"].items()}
        whole = all(file.is_file() and sum_of(file) == total for file, total in files.items())
        return dict(entry["facts"]) if whole else None

    def keep(self, name: str, made_from: Sequence[str], files: Sequence[Path], facts: dict[str, Any]) -> None:
        """Remember a result: the files that hold it, and facts (JSON values) about it."""
        entries = self._read()
        totals = {str(file): sum_of(file) for file in files}
        entries[name] = {"made_from": list(made_from), "files": totals, "facts": facts}
        with atomic_path(self.path) as temporary:
            temporary.write_text(json.dumps(entries, indent=1) + "\n", encoding="utf-8")

    def _read(self) -> dict[str, Any]:
        try:
            content = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}  # nothing kept, or nothing that can be read: everything is made anew
        return content if isinstance(content, dict) else {}


def sum_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    total = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            total.update(chunk)
    return total.hexdigest()


def sum_of_program(*parts_left_out: str) -> str:
    """Return one SHA-256 of all that can change a result: code and weights, without the packages that cannot."""
    folder = Path(bonaface.__file__).parent
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if path.is_file() and "__pycache__" not in inside.parts and inside.parts[0] not in parts_left_out:
            total.update(f"{inside.as_posix()} {sum_of(path)}\n".encode())
    return total.hexdigest()
