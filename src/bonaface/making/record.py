"""What was learned of a person as one safetensors file: arrays beside a few facts, and a version."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open

from bonaface.terms.errors import CorruptPersonError


@contextmanager
def whole(path: Path) -> Iterator[None]:
    """Turn whatever a damaged file raises while it is read and taken apart into a sentence with the cure.

    Raises:
        CorruptPersonError: the file is damaged.
    """
    try:
        yield
    except (SafetensorError, KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, CorruptPersonError):
            raise
        raise CorruptPersonError(f"{path} is damaged ({error}); train this person again.") from error


def read_record(path: Path, name: str, version: int) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return the facts kept under ``name`` in the file's metadata, and its arrays; to be called inside `whole`.

    Raises:
        CorruptPersonError: the file is of another version.
    """
    with safe_open(path, "numpy") as file:
        facts = json.loads((file.metadata() or {})[name])
        held = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118  # not a dict
    if facts["version"] != version:
        raise CorruptPersonError(
            f"{path} was learned by another version of bonaface (its format is {facts['version']}, this one's "
            f"{version}); train this person again."
        )
    return facts, held
