"""Batches of crops to teach the hair and cover network: turned, spoiled, with things pasted before the faces."""

from __future__ import annotations

import itertools
import multiprocessing
from pathlib import Path

import cv2
import numpy as np
from drawn_glasses import wear_glasses
from hair_covers import CutHand, cast_shadow, paste_cover
from hair_network import INPUT_PX

from bonaface.terms.arrays import Floats, Rgb8

CROP_GROWTH = 2.2
_STORED_PX, _STORED_GROWTH = 320, 2.8
_BATCH = 16
_NEAR = 0.2  # share of the crops that show the face larger, so that wires are seen
_MIDDLE_PX, _WHOLE = 128, 0.93  # the norms of the layers must have forgotten small crops in the end
_WEARERS = Path(__file__).with_name("wearers.txt")
_CHIN = (136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 291, 61)  # mesh points around it
_BEARD = 0.3  # share of the chin that the teacher takes for hair
_EYES = (70, 105, 107, 336, 334, 300, 356, 447, 346, 347, 6, 118, 117, 227, 127)  # around both, with what glasses reach
_EYES_REACH = 0.12  # of the face's side, around them
Example = tuple[Rgb8, Floats, Floats]


def produce(folder: Path, done: int, steps: int, queue: multiprocessing.Queue[list[Example]]) -> None:
    """Fill the queue with batches for ever: from step ``done`` of ``steps`` on; with no steps, of whole crops."""
    cv2.setNumThreads(1)
    rng = np.random.default_rng(done + 1)
    wearers = set(_WEARERS.read_text(encoding="utf-8").split())
    stored = []
    for file in sorted(folder.glob("*.npz")):
        with np.load(file) as values:
            stored.append(_without_beard({k: values[k] for k in ("rgb", "hair", "hand", "inside", "points")}))
        stored[-1]["wears"] = np.bool_(file.stem in wearers)
    hands = [CutHand(s["rgb"], s["hand"]) for s in stored if (s["hand"] > 127).sum() > 500]
    print(len(stored), "crops,", len(hands), "with hands", flush=True)
    for step in itertools.count(done):
        size = INPUT_PX if step % 3 == 0 or step > _WHOLE * steps else _MIDDLE_PX
        picks = rng.integers(len(stored), size=(_BATCH, 2))
        queue.put([_example(stored[a], stored[b]["rgb"], hands, size, rng) for a, b in picks])


def _without_beard(stored: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Add ``shaved``: 0 on what lies below the nose where the teacher took a large beard for hair, else 255."""
    chin = cv2.fillPoly(np.zeros_like(stored["hair"]), [np.round(stored["points"][list(_CHIN)]).astype(np.int32)], 1)
    shaved = np.full_like(stored["hair"], 255)
    if (stored["hair"][chin > 0] > 127).mean() > _BEARD:
        middle, half = stored["points"][152], np.ptp(stored["points"], axis=0).max() / 2
        low, high = np.round(stored["points"][1]).astype(int), np.round(middle + half).astype(int)
        left = max(0, round(float(middle[0] - half)))
        shaved[max(0, low[1]) : high[1], left : high[0]] = 0
    return {**stored, "shaved": shaved}


def _example(
    stored: dict[str, np.ndarray], other: Rgb8, hands: list[CutHand], size: int, rng: np.random.Generator
) -> Example:
    growth = CROP_GROWTH * size / INPUT_PX * float(np.exp(rng.normal(0, 0.1)))
    if rng.random() < _NEAR:
        growth *= rng.uniform(0.5, 1)
    degrees = float(rng.normal(0, 8) if rng.random() < 0.8 else rng.uniform(-40, 40))
    matrix = matrix_of(size, growth, degrees, rng.normal(0, 0.05, 2), flip=bool(rng.random() < 0.5))
    image, hair, hand, inside = (warp(stored[k], matrix, size) for k in ("rgb", "hair", "hand", "inside"))
    cover, shaved = hand.copy(), warp(stored["shaved"], matrix, size) > 127
    points = stored["points"] @ matrix[:, :2].T + matrix[:, 2]
    centre, side = points.mean(0), float(np.ptp(points, axis=0).max())
    glasses, known = np.zeros((size, size), np.uint8), np.ones((size, size), np.float32)
    if stored["wears"]:
        known -= _around_eyes(points, side, size)
    elif rng.random() < 0.5:
        image, glasses = wear_glasses(image, points, hair, other, rng)
    if rng.random() < 0.2:
        image = cast_shadow(image, centre, side, rng)
    if rng.random() < 0.5:
        for _ in range(1 if rng.random() < 0.8 else 2):
            image, thing, held_by = paste_cover(image, centre, side, other, hands, rng)
            cover, hand = np.maximum(cover, thing), np.maximum(hand * (thing < 128), held_by)
            hair, glasses = ((mask * (1 - thing / 255.0)).astype(np.uint8) for mask in (hair, glasses))
    near = np.exp(-0.5 * (np.hypot(*(np.indices((size, size))[::-1] - centre[:, None, None])) / (0.75 * side)) ** 2)
    weight = (inside > 127) * (0.3 + near)
    # Nothing lies beyond the picture, though its repeated rim looks like an arm.
    others = np.where(inside > 127, weight, 0.3)
    weights = (weight * shaved, others * (hand < 25), others * known)
    wanted = np.stack([hair, cover, glasses], 2).astype(np.float32) / 255
    return _worsened(image, rng), wanted, np.stack(weights, 2).astype(np.float32)


def _around_eyes(points: Floats, side: float, size: int) -> Floats:
    """Return (size, size), 1 where glasses may be."""
    hull = cv2.convexHull(np.round(points[list(_EYES)]).astype(np.int32))
    mask = cv2.fillPoly(np.zeros((size, size), np.uint8), [hull], 1)
    reach = round(2 * _EYES_REACH * side) | 1
    return cv2.dilate(mask, np.ones((reach, reach), np.uint8)).astype(np.float32)


def matrix_of(size: int, growth: float, degrees: float, shift: Floats, *, flip: bool) -> np.ndarray:
    """Return (2, 3) from stored crop to network crop; ``shift`` in sides of the face."""
    scale = size / (growth * _STORED_PX / _STORED_GROWTH)
    turn = np.radians(degrees)
    matrix = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    if flip:
        matrix[:, 0] *= -1
    middle = np.full(2, (_STORED_PX - 1) / 2) + shift * _STORED_PX / _STORED_GROWTH
    return np.column_stack([matrix, (size - 1) / 2 - matrix @ middle])


def warp(values: np.ndarray, matrix: np.ndarray, size: int) -> np.ndarray:
    """Return (size, size[, C]) as `matrix_of` moves it; a picture repeats its rim, masks end there."""
    border = cv2.BORDER_REPLICATE if values.ndim == 3 else cv2.BORDER_CONSTANT
    return cv2.warpAffine(values, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=border)


def _worsened(rgb8: Rgb8, rng: np.random.Generator) -> Rgb8:
    """Return the picture as cameras, codecs and rooms spoil it: small, blurred, dark, tinted, grey, noisy, JPEG."""
    size = rgb8.shape[0]
    image = rgb8.astype(np.float32)
    if rng.random() < 0.35:
        small = int(rng.uniform(0.25, 0.8) * size)
        image = cv2.resize(image, (small, small), interpolation=cv2.INTER_AREA)
        image = cv2.resize(image, (size, size), interpolation=cv2.INTER_LINEAR)
    elif rng.random() < 0.25:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 2.0))
    if rng.random() < 0.25:
        image = np.repeat(image @ np.float32([[0.299], [0.587], [0.114]]), 3, 2)
        if rng.random() < 0.4:
            image = image * rng.uniform(0.8, 1.2, 3)
    elif rng.random() < 0.8:
        grey = image.mean(2, keepdims=True)
        image = grey + (image - grey) * rng.uniform(0.4, 1.5)
        image = image * rng.uniform(0.85, 1.15, 3)
    gamma = float(np.exp(rng.normal(0, 0.3)))
    image = 255 * np.clip(image / 255, 0, 1) ** gamma
    mean = image.mean()
    image = (image - mean) * rng.uniform(0.6, 1.25) + mean * rng.uniform(0.45, 1.2)
    if rng.random() < 0.4:
        image = image + rng.normal(0, rng.uniform(1, 9), image.shape)
    worse = np.clip(image, 0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        coded = cv2.imencode(".jpg", worse, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(20, 95))])[1]
        worse = cv2.imdecode(coded, cv2.IMREAD_COLOR)
    return worse
