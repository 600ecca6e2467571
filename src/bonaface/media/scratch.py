"""Files that appear whole or not at all, and folders that nobody else can look into."""

from __future__ import annotations

import errno
import os
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bonaface.terms.errors import NoSpaceError, OutputExistsError

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EACCES, errno.EROFS, errno.EPERM)


@contextmanager
def room_in(folder: Path) -> Iterator[None]:
    """Turn the system's word that a folder is full or closed into a sentence.

    Raises:
        NoSpaceError: the disk is full or the folder cannot be written.
    """
    try:
        yield
    except NoSpaceError:
        raise
    except OSError as error:  # PyAV's errors of writing are among them
        if error.errno in _NO_ROOM:
            raise NoSpaceError(
                f"{folder} cannot be written ({os.strerror(error.errno)}); make room or go elsewhere."
            ) from error
        raise


@contextmanager
def atomic_path(destination: Path) -> Iterator[Path]:
    """Give a temporary path beside ``destination`` that is moved there at the end, or removed if anything fails.

    Raises:
        NoSpaceError: the disk is full or the folder cannot be written.
    """
    temporary = destination.with_name(f".{uuid.uuid4().hex[:8]}.{destination.name[-40:]}")
    try:
        with room_in(destination.parent):
            destination.parent.mkdir(parents=True, exist_ok=True)
            yield temporary
            with temporary.open("rb") as file:
                os.fsync(file.fileno())
            temporary.replace(destination)
    finally:
        temporary.unlink(missing_ok=True)


def check_output(destination: Path, inputs: Iterable[Path], force: bool) -> None:
    """Refuse an output that is one of the inputs, or that is there already and may not be replaced.

    Raises:
        OutputExistsError: with the way out.
    """
    if any(destination.resolve() == path.resolve() for path in inputs):
        raise OutputExistsError(f"{destination} is the input itself; choose another folder with --out.")
    if destination.exists() and not force:
        raise OutputExistsError(f"{destination} exists already; add --force to replace it, or choose another --out.")
