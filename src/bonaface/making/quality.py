"""How good an avatar is, by pictures of the person that it was not learned from."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from bonaface.making.avatar import Avatar
from bonaface.making.shape import mouth_opening
from bonaface.making.texture import predict
from bonaface.making.unwrapped import Unwrapped
from bonaface.terms.arrays import Floats

_LOOKS = 60
_JUDGED, _SHARES = 40, (0.1, 0.25)
"""How many pictures a verdict should rest on, and which share of few or many may be held out for it."""


@dataclass(frozen=True, slots=True)
class Quality:
    """``texture_error`` in grey levels 0..255 inside the face, the mean colour of each picture removed, beside that of
    the mean texture; ``mouth_r`` and ``eyes_r`` correlation of the predicted with the true movement of the texture;
    ``sharpness`` energy of the Laplacian against the true pictures'; ``pictures`` how many were held out.
    """

    texture_error: float
    mean_error: float
    mouth_r: float
    eyes_r: float
    sharpness: float
    pictures: int


def split(pictures: Unwrapped) -> tuple[np.ndarray, np.ndarray]:
    """Return rows to learn from, and rows to hold out, of ``pictures``.

    Held out are the last tenth, since neighbours in a clip are all but equal, and every other one of the twentieth in
    which the mouth is opened widest: an avatar is mostly asked for more than was filmed. Of few pictures it is more
    than a tenth, up to a quarter: a verdict needs some.
    """
    count = len(pictures.textures)
    share = float(np.clip(_JUDGED / count, *_SHARES))
    last = np.arange(count - max(1, round(count * share)), count)
    opened = mouth_opening(pictures.displacement)
    widest = np.argsort(opened)[count - round(count * share / 2) :: 2]
    held_out = np.union1d(last, widest)
    return np.setdiff1d(np.arange(count), held_out), held_out


def measure(avatar: Avatar, pictures: Unwrapped, rows: np.ndarray) -> Quality:
    """Compare what the avatar predicts with what was filmed in ``rows``."""
    layout = pictures.layout
    face = (layout.face > 0) & (avatar.own > 0)
    parts = {"mouth": layout.lips > 0, "eyes": layout.eyes > 0}
    plain = avatar.mean
    errors, means, ratios = [], [], []
    moved: dict[str, list[tuple[Floats, Floats]]] = {name: [] for name in parts}
    for row in rows[:: max(1, len(rows) // _LOOKS)]:
        true = _square(pictures, row)
        guess = predict(plain, avatar.regions, pictures.displacement[row], pictures.angles_deg[row])
        errors.append(_error(guess, true, face))
        means.append(_error(plain, true, face))
        ratios.append(_sharpness(guess, face) / max(_sharpness(true, face), 1e-6))
        for name, part in parts.items():
            moved[name].append(((guess - plain)[part].ravel(), (true - plain)[part].ravel()))
    moving = {part: movement_r(*map(np.stack, zip(*pairs, strict=True))) for part, pairs in moved.items()}
    return Quality(
        float(np.mean(errors)),
        float(np.mean(means)),
        moving["mouth"],
        moving["eyes"],
        float(np.mean(ratios)),
        len(rows),
    )


def _square(pictures: Unwrapped, row: int) -> Floats:
    """One texture as (size, size, 3) float32."""
    size = pictures.layout.size
    out = np.zeros((size * size, 3), np.float32)
    out[pictures.texels] = pictures.textures[row]
    return out.reshape(size, size, 3)


def _error(guess: Floats, true: Floats, face: np.ndarray) -> float:
    away = guess[face] - true[face]
    return float(np.abs(away - away.mean(0)).mean())


def _sharpness(texture: Floats, face: np.ndarray) -> float:
    grey = cv2.cvtColor(np.clip(texture, 0, 255).astype(np.float32), cv2.COLOR_RGB2GRAY)
    inner = cv2.erode(face.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    return float(np.sqrt((cv2.Laplacian(grey, cv2.CV_32F)[inner] ** 2).mean()))


def movement_r(guess: Floats, true: Floats) -> float:
    """Correlation over time of texels' movements (N, ...), all texels together, their means over time removed."""
    guess, true = guess - guess.mean(0), true - true.mean(0)
    scale = np.sqrt((guess**2).sum() * (true**2).sum())
    return float((guess * true).sum() / scale) if scale > 0 else 0.0
