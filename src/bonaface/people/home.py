"""Where bonaface keeps people, keys and the ledger."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def home_folder(home: Path | str | None = None) -> Path:
    """Return the folder named, else ``BONAFACE_HOME``, else the platform's folder for user data."""
    if home is not None:
        return Path(home).expanduser()
    named = os.environ.get("BONAFACE_HOME")
    return Path(named).expanduser() if named else Path(platformdirs.user_data_dir("bonaface", appauthor=False))
