"""A folder for results that must not stay: renders of people whose media may only be measured."""

from __future__ import annotations

import tempfile
from pathlib import Path
from types import TracebackType

from bonaface.terms.errors import RefusedError


class PassingFolder:
    """A private folder (mode 0700) among the system's temporary files; it and all in it are deleted at the end.

    A context manager. ``with PassingFolder() as passing: release_image(..., passing.path / "a.png", passing=passing)``.
    """

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def __enter__(self) -> PassingFolder:
        self._folder = tempfile.TemporaryDirectory(prefix="bonaface-passing-")
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
