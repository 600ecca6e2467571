"""An avatar on disk: one safetensors file, written whole or not at all."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as packed

from bonaface.making.avatar import Avatar
from bonaface.making.features import Features
from bonaface.making.texture import Region
from bonaface.media.scratch import atomic_path
from bonaface.terms.errors import CorruptPersonError

VERSION = 1
"""Raised whenever an older file could no longer be read as it is."""
_FLOATS = ("face_px",)
_PLAIN = ("neutral", "mean", "own")


def save(avatar: Avatar, path: Path) -> None:
    """Write the avatar to ``path`` (``avatar.safetensors`` in the person's folder), replacing an older one.

    Raises:
        NoSpaceError: the disk is full; the older file is untouched.
    """
    tensors = {name: np.ascontiguousarray(getattr(avatar, name)) for name in _PLAIN}
    for number, region in enumerate(avatar.regions):
        for name in ("texels", "share", "weights", "step"):
            tensors[f"region{number}.{name}"] = np.ascontiguousarray(getattr(region, name))
        for field in fields(Features):
            value = getattr(region.features, field.name)
            tensors[f"region{number}.features.{field.name}"] = np.ascontiguousarray(np.atleast_1d(value))
    facts = {"version": VERSION, "regions": len(avatar.regions), **{name: getattr(avatar, name) for name in _FLOATS}}
    with atomic_path(path) as temporary:
        temporary.write_bytes(packed(tensors, {"avatar": json.dumps(facts)}))


def load(path: Path) -> Avatar:
    """Read an avatar.

    Raises:
        CorruptPersonError: the file is damaged, or of a newer version.
    """
    try:
        with safe_open(path, "numpy") as file:
            facts = json.loads((file.metadata() or {})["avatar"])
            held = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # not a dict
        if facts["version"] != VERSION:
            raise CorruptPersonError(
                f"{path.name} was written by another version of bonaface (format {facts['version']}); train again."
            )
        return Avatar(
            neutral=held["neutral"],
            mean=held["mean"],
            regions=tuple(_region(held, f"region{k}") for k in range(facts["regions"])),
            own=held["own"],
            face_px=float(facts["face_px"]),
        )
    except (SafetensorError, KeyError, TypeError, json.JSONDecodeError) as error:
        raise CorruptPersonError(f"{path} is damaged ({error}); train this person again.") from error


def _region(held: dict[str, np.ndarray], name: str) -> Region:
    values: dict[str, Any] = {f.name: held[f"{name}.features.{f.name}"] for f in fields(Features)}
    for name_of_number in ("radius", "main_radius"):
        values[name_of_number] = float(values[name_of_number][0])
    return Region(Features(**values), *(held[f"{name}.{part}"] for part in ("texels", "share", "weights", "step")))
