"""A folder for results that must not stay: renders of people whose media may only be measured."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from types import TracebackType

from bonaface.terms.errors import RefusedError

_PREFIX = "bonaface-passing-"


class PassingFolder:
    """A private folder (mode 0700) among the system's temporary files; it and all in it are deleted at the end.

    A context manager. ``with PassingFolder() as passing: release_image(..., passing.path / "a.png", passing=passing)``.
    """

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def __enter__(self) -> PassingFolder:
        _delete_orphans()
        self._folder = tempfile.TemporaryDirectory(prefix=f"{_PREFIX}{os.getpid()}-")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    @property
    def path(self) -> Path:
        """The folder.

        Raises:
            RefusedError: it is not open (any more).
        """
        if self._folder is None:
            raise RefusedError("A passing folder exists only inside its with block; render within it.")
        return Path(self._folder.name).resolve()

    def holds(self, destination: Path) -> bool:
        """Tell whether a destination lies in the folder and so will be deleted."""
        return destination.resolve().is_relative_to(self.path)


def _delete_orphans() -> None:
    """Delete the folders of processes that were killed before they could."""
    if os.name != "posix":
        return
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*-*"):
        owner = folder.name.removeprefix(_PREFIX).split("-")[0]
        if owner.isdecimal() and folder.stat().st_uid == os.getuid() and not _lives(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
