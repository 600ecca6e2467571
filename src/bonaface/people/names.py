"""Names of people, safe as the name of a folder on every system."""

from __future__ import annotations

import re

from bonaface.terms.errors import UsageError

_LONGEST = 64
_SAFE = re.compile(r"[\w](?:[\w \-']*[\w])?", re.UNICODE)
_RESERVED = frozenset(["con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))])


def check_name(name: str) -> str:
    """Return the name, if it can be a folder everywhere.

    Raises:
        UsageError: what is wrong with it and what is allowed.
    """
    if len(name) > _LONGEST or len(name.encode()) > 200:
        raise UsageError(f"The name has {len(name)} characters; use at most {_LONGEST}.")
    if not _SAFE.fullmatch(name) or name.lower() in _RESERVED:
        raise UsageError(f"{name!r} cannot be a name; use letters, digits, spaces, - and _ (no slashes or dots).")
    return name
