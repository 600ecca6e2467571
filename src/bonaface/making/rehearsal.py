"""Expressions that a person was never filmed with, as the shipped painters paint them on this person."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from safetensors.numpy import load_file

from bonaface.making.avatar import Avatar
from bonaface.making.canvas import Canvas
from bonaface.making.painter import PARTS, Painter, Pose, patches_of, told
from bonaface.making.prior import Prior
from bonaface.making.texture import predict
from bonaface.making.unwrapped import Unwrapped
from bonaface.models import model_path
from bonaface.terms.arrays import Floats

_COUNT = 160


@lru_cache(maxsize=1)
def expressions() -> Floats:
    """Return (K, 478, 3) displacements of many people's expressions from their neutral, float32 canonical."""
    return load_file(model_path("expressions.safetensors"))["displacement"].astype(np.float32)


def rehearse(pictures: Unwrapped, avatar: Avatar, prior: Prior, seed: int = 7) -> dict[str, Canvas]:
    """Return a canvas of each part: what the avatar shows, and what the shipped painter would paint there.

    What was filmed anyway has no weight.
    """
    return {part: _rehearse(part, pictures, avatar, prior, np.random.default_rng(seed)) for part in PARTS}


def _rehearse(part: str, pictures: Unwrapped, avatar: Avatar, prior: Prior, rng: np.random.Generator) -> Canvas:
    patches, painter = patches_of(part, prior), Painter(part, prior, pictures.face_px)
    features = avatar.features_of(part)
    beyond = np.array([features.beyond(moved) for moved in expressions()])
    order = rng.permutation(np.flatnonzero(beyond > 0))[:_COUNT]
    if len(order) == 0:
        order = np.argsort([features.reach(moved) for moved in expressions()])[-_COUNT:]
    true, shown, geometry, code, weight = [], [], [], [], []
    for number in order:
        moved = expressions()[number]
        pose = Pose(pictures.neutral + moved, moved, pictures.angles_deg[rng.integers(len(pictures.angles_deg))])
        texture = predict(avatar.mean, avatar.regions, moved, pose.angles_deg)
        painted = painter.look(texture, pose)
        true += list(np.clip(painted, 0, 255).astype(np.uint8))
        shown += [patch.take(np.clip(texture, 0, 255).astype(np.uint8)) for patch in patches]
        face, words = told(patches, pose, prior, pictures.face_px)
        geometry.append(face)
        code.append(words)
        weight += [patch.soft * np.float32(beyond[number]) for patch in patches]
    return Canvas(
        np.stack(true), np.stack(shown)[None], np.concatenate(geometry), np.concatenate(code), np.stack(weight)
    )
