"""An avatar on disk: one safetensors file, written whole or not at all."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save as packed

from bonaface.making.avatar import Avatar
from bonaface.making.features import Features
from bonaface.making.record import read_record, whole
from bonaface.making.texture import Region
from bonaface.media.scratch import atomic_path
from bonaface.terms.errors import CorruptPersonError

VERSION = 2
"""Raised whenever an older file could no longer be read as it is. 2: the common layout is wide in the middle."""
_SMALLEST, _LARGEST = 16, 4096  # texels along one side
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
        CorruptPersonError: the file is damaged, or of another version.
    """
    with whole(path):
        facts, held = read_record(path, "avatar", VERSION)
        avatar = Avatar(
            neutral=held["neutral"],
            mean=held["mean"],
            regions=tuple(_region(held, f"region{k}") for k in range(facts["regions"])),
            own=held["own"],
            face_px=float(facts["face_px"]),
        )
    if not (_fits(avatar) and all(_region_fits(region, avatar.size) for region in avatar.regions)):
        raise CorruptPersonError(f"{path} is damaged (its arrays do not fit together); train this person again.")
    return avatar


def _region(held: dict[str, np.ndarray], name: str) -> Region:
    values: dict[str, Any] = {f.name: held[f"{name}.features.{f.name}"] for f in fields(Features)}
    for name_of_number in ("radius", "main_radius"):
        values[name_of_number] = float(values[name_of_number][0])
    return Region(Features(**values), *(held[f"{name}.{part}"] for part in ("texels", "share", "weights", "step")))


def _fits(avatar: Avatar) -> bool:
    """Whether the arrays are of the documented form: compiled loops go through them without looking."""
    size = len(avatar.mean)
    return (
        _is(avatar.neutral, (478, 3), np.float32)
        and _is(avatar.mean, (size, size, 3), np.float32)
        and _is(avatar.own, (size, size), np.uint8)
        and _SMALLEST <= size <= _LARGEST
        and len(avatar.regions) > 0
        and 0 < avatar.face_px < np.inf
    )


def _region_fits(region: Region, size: int) -> bool:
    known, texels = region.features, region.texels
    codes, count = len(known.mean), len(region.step)
    return (
        _is(texels, (len(texels),), np.int32)
        and _within(texels, size * size)
        and _is(region.share, (len(texels),), np.float32)
        and _is(region.weights, (count, 3 * len(texels)), np.int16)
        and _is(region.step, (count,), np.float32)
        and known.vertices.ndim == 1
        and _within(known.vertices, 478)
        and _is(known.directions, (codes, 3 * len(known.vertices)), np.float32)
        and _is(known.mean, (codes,), np.float32)
        and _is(known.whiten, (codes, codes), np.float32)
        and all(_is(x, (3,), np.float32) for x in (known.low, known.high, known.middle, known.spread))
        and known.encode(np.zeros((1, 478, 3), np.float32), np.zeros((1, 3), np.float32)).shape == (1, count)
    )


def _is(array: np.ndarray, shape: tuple[int, ...], kind: type[np.generic]) -> bool:
    return array.shape == shape and array.dtype == kind and (array.dtype.kind != "f" or bool(np.isfinite(array).all()))


def _within(numbers: np.ndarray, end: int) -> bool:
    return numbers.dtype.kind == "i" and len(numbers) > 0 and 0 <= int(numbers.min()) <= int(numbers.max()) < end
