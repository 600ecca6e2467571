"""Network weights that ship with bonaface. Origin, licence and sums: NOTICE.md beside this file."""

from __future__ import annotations

from pathlib import Path

from bonaface.terms.errors import MissingPartError


def model_path(name: str) -> Path:
    """Return the path of a shipped model file.

    Raises:
        MissingPartError: the file is not there.
    """
    path = Path(__file__).with_name(name)
    if not path.is_file():
        raise MissingPartError(f"The model file {name} is missing from the installation; install bonaface again.")
    return path
