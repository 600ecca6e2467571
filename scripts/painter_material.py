"""Batches for `train_painter.py` out of what `gather_patches.py` wrote."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path

import cv2
import numpy as np

from bonaface.making.patch import Patch
from bonaface.making.prior import Prior
from bonaface.making.shape import mouth_opening
from bonaface.terms.arrays import Floats

BATCH = 16
_MOST_YAW_DEG = 40.0
_CLIP_ROWS = 60.0  # a clip counts as so many stills
_SHUT, _OPEN, _WIDE = 0.1, 0.3, 14.0
"""Of a mouth wide open (1: the inner lips are `_WIDE` apart, of a face 100 wide)."""
_CODE_NOISE = 0.03


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """Patches of many people; ``linear`` as an avatar shows them, where ``has_linear``; ``part`` 0, or 1: left eye."""

    true: np.ndarray
    linear: np.ndarray
    has_linear: np.ndarray
    shape: Floats
    displacement: Floats
    angles_deg: Floats
    face_px: Floats
    part: np.ndarray
    chance: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """What a network is shown (``base``, ``hole``, ``geometry``, ``code``), what is right, and how far it counts."""

    true: np.ndarray
    base: np.ndarray
    hole: Floats
    geometry: Floats
    code: Floats
    weight: Floats


def read_material(files: list[Path], names: list[str]) -> Material:
    """Return the rows of all files; ``names`` is ["mouth"], or ["right", "left"]: both eyes are rows of their own."""
    parts: list[tuple[np.ndarray, ...]] = []
    for file in files:
        held = np.load(file)
        usable = np.abs(held["angles_deg"][:, 1]) < _MOST_YAW_DEG
        count = int(usable.sum())
        for number, name in enumerate(names):
            clip = f"{name}_linear" in held
            true = held[name][usable]
            linear = held[f"{name}_linear"][usable] if clip else np.zeros_like(true)
            facts = [held[key][usable] for key in ("shape", "displacement", "angles_deg", "face_px")]
            chance = np.full(count, _CLIP_ROWS / max(count, 1) if clip else 1.0, np.float32)
            if name == "mouth":
                chance *= 0.2 + opening(held["shape"][usable])
            parts.append((true, linear, np.full(count, clip), *facts, np.full(count, number), chance))
    return Material(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def draw_batch(material: Material, patches: list[Patch], prior: Prior, rng: np.random.Generator) -> Example:
    """Return a batch: fields of `Example` with a first axis more, pictures as (N, 3, side, side) 0..1."""
    which = rng.choice(len(material.true), BATCH, p=material.chance / material.chance.sum())
    drawn = [_draw(material, int(k), patches, prior, rng) for k in which]
    return Example(
        *(np.stack([np.asarray(getattr(one, field.name), np.float32) for one in drawn]) for field in fields(Example))
    )


def opening(shape: Floats) -> Floats:
    """Return (N,) 0..1 how far the mouth is open in shapes (N, 478, 3)."""
    return np.clip(mouth_opening(shape) / _WIDE, 0, 1)


def _draw(material: Material, k: int, patches: list[Patch], prior: Prior, rng: np.random.Generator) -> Example:
    patch, is_mouth = patches[int(material.part[k])], len(patches) == 1
    px, true = float(material.face_px[k]), material.true[k]
    from_clip = bool(material.has_linear[k])
    if not from_clip and rng.random() < 0.3:
        px, true = _coarser(true, px, rng)
    base, known = (material.linear[k], rng.random() < 0.5) if from_clip else (true, False)
    weight = patch.soft * (0.3 + 0.7 * patch.hole)
    if is_mouth:
        opened = max(0.08, float(opening(material.shape[k][None])[0]))
        weight = weight * np.where(patch.inner > 0, opened, 1)
        if not from_clip and opened > _OPEN and rng.random() < 0.6:
            shut = rng.choice(np.flatnonzero(opening(material.shape) < _SHUT))
            known, base = True, _unopened(base, material.true[shut], patch)
    hole = np.zeros_like(patch.hole) if known else patch.hole
    if is_mouth and rng.random() < 0.5:
        true, base, hole, weight = (x[:, ::-1] for x in (true, base, hole, weight))
        patch = replace(patch, mirrored=True)
    geometry = patch.geometry(material.shape[k], material.displacement[k], prior.reference)
    code = patch.code(material.displacement[k], material.angles_deg[k], prior.codes, px)
    code = code + _CODE_NOISE * rng.standard_normal(len(code)).astype(np.float32)
    true, base = _recolour(true, base, rng)
    return Example(true, base, hole[None], geometry, code, weight[None])


def _unopened(base: np.ndarray, other: np.ndarray, patch: Patch) -> np.ndarray:
    """Return the patch with what an avatar shows that never saw this mouth open: lips, stretched out of nothing."""
    lips = (patch.inner == 0) & (cv2.dilate(patch.inner, np.ones((9, 9))) > 0)
    within = cv2.GaussianBlur(patch.hole, (0, 0), 1.5)[..., None]
    foreign = other.astype(np.float32) * base[lips].mean(0) / np.maximum(other[lips].mean(0), 1)
    return np.clip(base + within * (foreign - base), 0, 255).astype(np.uint8)


def _coarser(true: np.ndarray, px: float, rng: np.random.Generator) -> tuple[float, np.ndarray]:
    """Return the patch as a camera further away would see it."""
    factor = float(rng.uniform(1.2, 2.5))
    side = len(true)
    small = cv2.resize(true, (round(side / factor),) * 2, interpolation=cv2.INTER_AREA)
    return px / factor, cv2.resize(small, (side, side), interpolation=cv2.INTER_CUBIC)


def _recolour(true: np.ndarray, base: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return both as (3, side, side) float32 0..1 in another light."""
    gain = rng.uniform(0.7, 1.3) * rng.uniform(0.92, 1.08, 3)
    shift = rng.uniform(-0.05, 0.05) + rng.uniform(-0.02, 0.02, 3)
    power = rng.uniform(0.8, 1.25)
    lit = [np.clip((x.astype(np.float32) / 255) ** power * gain + shift, 0, 1) for x in (true, base)]
    return lit[0].transpose(2, 0, 1), lit[1].transpose(2, 0, 1)
