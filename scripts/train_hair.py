"""Train the hair and cover network on the crops that `label_hair.py` wrote, and export it.

    python scripts/train_hair.py --data FOLDER --test FOLDER --work FOLDER --minutes 35
    python scripts/train_hair.py ... --export src/bonaface/models/hair.onnx

Needs torch (any 2.x), onnx and onnxscript beside bonaface's own packages. It goes on from ``WORK/state.pt`` where that
is there. The first half of the time is spent at 160 px, the second at 192 px.
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import torch
from hair_covers import CutHand, paste_cover
from hair_network import INPUT_PX, HairNetwork, Masks
from torch import Tensor, nn
from torch.nn import functional

from bonaface.terms.arrays import Floats, Rgb8

CROP_GROWTH = 2.2
_STORED_PX, _STORED_GROWTH = 320, 2.8
_BATCH = 16
_RATE = 4e-3
_AVERAGE = 0.997  # of the weights that ship, over steps
_SAVE_EVERY_S = 60
_CHIN = (136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 291, 61)  # mesh points around it
_BEARD = 0.3  # share of the chin that the teacher takes for hair
Example = tuple[Rgb8, Floats, Floats]


def main() -> None:
    """Read the command line, train, measure, export."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--test", required=True, type=Path)
    parser.add_argument("--work", required=True, type=Path)
    parser.add_argument("--minutes", type=float, default=0, help="train so long in all; 0: only measure and export")
    parser.add_argument("--export", type=Path)
    settings = parser.parse_args()
    settings.work.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    torch.manual_seed(7)
    cv2.setNumThreads(1)
    network, average = HairNetwork(), HairNetwork()
    average.load_state_dict(network.state_dict())
    state_file = settings.work / "state.pt"
    spent_s = 0.0
    optimiser = torch.optim.AdamW(network.parameters(), _RATE, weight_decay=1e-3)
    if state_file.exists():
        state = torch.load(state_file)
        network.load_state_dict(state["network"])
        average.load_state_dict(state["average"])
        optimiser.load_state_dict(state["optimiser"])
        spent_s = state["spent_s"]

    def save(now_s: float) -> None:
        values = {"network": network.state_dict(), "average": average.state_dict(), "spent_s": now_s}
        torch.save({**values, "optimiser": optimiser.state_dict()}, state_file.with_suffix(".new"))
        state_file.with_suffix(".new").replace(state_file)

    if spent_s < settings.minutes * 60:
        _train(network, average, optimiser, settings.data, spent_s, settings.minutes * 60, save)
    print("held-out pictures:", _measure(average, settings.test), flush=True)
    if settings.export:
        example = torch.zeros(1, INPUT_PX, INPUT_PX, 3, dtype=torch.uint8)
        names = {"input_names": ["rgb8"], "output_names": ["masks"]}
        torch.onnx.export(Masks(average).eval(), (example,), str(settings.export), dynamo=False, **names)


def _train(
    network: HairNetwork,
    average: HairNetwork,
    optimiser: torch.optim.Optimizer,
    folder: Path,
    spent_s: float,
    total_s: float,
    save: Callable[[float], None],
) -> None:
    queue: multiprocessing.Queue[list[Example]] = multiprocessing.Queue(4)
    worker = multiprocessing.Process(target=_produce, args=(folder, spent_s, total_s, queue), daemon=True)
    worker.start()
    began, saved, step, seen = time.monotonic() - spent_s, time.monotonic(), 0, [0.0, 0.0]
    network.train()
    while (now_s := time.monotonic() - began) < total_s:
        for group in optimiser.param_groups:
            fall = 0.01 + 0.99 * math.cos(math.pi / 2 * now_s / total_s) ** 2
            group["lr"] = _RATE * min(1.0, now_s / 30 + 0.05) * fall
        images, wanted, weight = (torch.from_numpy(np.stack(v)) for v in zip(*queue.get(), strict=True))
        logits = network(images.permute(0, 3, 1, 2).float() / 255)
        loss = _loss(logits, wanted.permute(0, 3, 1, 2), weight[:, None])
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 2.0)
        optimiser.step()
        step += 1
        _follow(average, network, min(_AVERAGE, 1 - 1 / (step + 1)))
        seen = [seen[0] + float(loss.detach()), seen[1] + 1]
        if time.monotonic() - saved > _SAVE_EVERY_S:
            saved = time.monotonic()
            save(now_s)
            print(f"{now_s / 60:.1f} min, {step} steps, loss {seen[0] / seen[1]:.4f}", flush=True)
            seen = [0.0, 0.0]
    save(total_s)
    worker.terminate()


def _loss(logits: Tensor, wanted: Tensor, weight: Tensor) -> Tensor:
    """Cross entropy and one minus the overlap (Dice) of both masks."""
    entropy = functional.binary_cross_entropy_with_logits(logits, wanted, reduction="none")
    said = torch.sigmoid(logits)
    both = (said * wanted * weight).sum((2, 3))
    dice = 1 - (2 * both + 50) / ((said + wanted) * weight).sum((2, 3)).add(50)
    return (entropy * weight).sum() / weight.sum() / wanted.shape[1] * 2 + 0.5 * dice.mean()


def _follow(average: HairNetwork, network: HairNetwork, keep: float) -> None:
    with torch.no_grad():
        for old, new in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
            if old.dtype.is_floating_point:
                old.lerp_(new, 1 - keep)
            else:
                old.copy_(new)


def _measure(network: HairNetwork, folder: Path) -> dict[str, float]:
    """Return the overlap with the teacher on plain crops (intersection over union, hair over a half)."""
    network.eval()
    overlaps, false_covers = [], []
    for file in sorted(folder.glob("*.npz")):
        with np.load(file) as stored:
            matrix = _matrix(INPUT_PX, CROP_GROWTH, 0.0, np.zeros(2), flip=False)
            image, hair, inside = (_warp(stored[k], matrix, INPUT_PX) for k in ("rgb", "hair", "inside"))
        with torch.no_grad():
            said = torch.sigmoid(network(torch.from_numpy(image).permute(2, 0, 1)[None].float() / 255))[0].numpy()
        mine, theirs = ((v > 0.5) & (inside > 127) for v in (said[0], hair / 255))
        overlaps.append((mine & theirs).sum() / max((mine | theirs).sum(), 1))
        false_covers.append((said[1] > 0.5)[inside > 127].mean())
    return {
        "pictures": len(overlaps),
        "hair_iou_mean": round(float(np.mean(overlaps)), 4),
        "hair_iou_median": round(float(np.median(overlaps)), 4),
        "cover_share_mean": round(float(np.mean(false_covers)), 5),
    }


def _produce(folder: Path, spent_s: float, total_s: float, queue: multiprocessing.Queue[list[Example]]) -> None:
    """Fill the queue with batches for ever."""
    cv2.setNumThreads(1)
    rng = np.random.default_rng(int(spent_s) + 1)
    stored = []
    for file in sorted(folder.glob("*.npz")):
        with np.load(file) as values:
            stored.append(_without_beard({k: values[k] for k in ("rgb", "hair", "hand", "inside", "points")}))
    hands = [CutHand(s["rgb"], s["hand"]) for s in stored if (s["hand"] > 127).sum() > 500]
    print(len(stored), "crops,", len(hands), "with hands", flush=True)
    began = time.monotonic() - spent_s
    while True:
        size = 160 if time.monotonic() - began < total_s / 2 else INPUT_PX
        picks = rng.integers(len(stored), size=(_BATCH, 2))
        queue.put([_example(stored[a], stored[b]["rgb"], hands, size, rng) for a, b in picks])


def _without_beard(stored: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Take what lies below the nose out of the lesson where the teacher took a large beard for hair."""
    chin = cv2.fillPoly(np.zeros_like(stored["hair"]), [np.round(stored["points"][list(_CHIN)]).astype(np.int32)], 1)
    if (stored["hair"][chin > 0] > 127).mean() > _BEARD:
        middle, half = stored["points"][152], np.ptp(stored["points"], axis=0).max() / 2
        low, high = np.round(stored["points"][1]).astype(int), np.round(middle + half).astype(int)
        left = max(0, round(float(middle[0] - half)))
        stored["inside"] = stored["inside"].copy()
        stored["inside"][max(0, low[1]) : high[1], left : high[0]] = 0
    return stored


def _example(
    stored: dict[str, np.ndarray], other: Rgb8, hands: list[CutHand], size: int, rng: np.random.Generator
) -> Example:
    growth = CROP_GROWTH * float(np.exp(rng.normal(0, 0.1)))
    degrees = float(rng.normal(0, 8) if rng.random() < 0.8 else rng.uniform(-40, 40))
    matrix = _matrix(size, growth, degrees, rng.normal(0, 0.05, 2), flip=bool(rng.random() < 0.5))
    image, hair, cover, inside = (_warp(stored[k], matrix, size) for k in ("rgb", "hair", "hand", "inside"))
    points = stored["points"] @ matrix[:, :2].T + matrix[:, 2]
    centre, side = points.mean(0), float(np.ptp(points, axis=0).max())
    if rng.random() < 0.55:
        for _ in range(1 if rng.random() < 0.75 else 2):
            image, thing = paste_cover(image, centre, side, other, hands, rng)
            cover = np.maximum(cover, thing)
            hair = (hair * (1 - thing / 255.0)).astype(np.uint8)
    near = np.exp(-0.5 * (np.hypot(*(np.indices((size, size))[::-1] - centre[:, None, None])) / (0.75 * side)) ** 2)
    weight = (inside > 127) * (0.3 + near)
    wanted = np.stack([hair, cover], 2).astype(np.float32) / 255
    return _worsened(image, rng), wanted, weight.astype(np.float32)


def _matrix(size: int, growth: float, degrees: float, shift: Floats, *, flip: bool) -> np.ndarray:
    """Return (2, 3) from stored crop to network crop; ``shift`` in sides of the face."""
    scale = size / (growth * _STORED_PX / _STORED_GROWTH)
    turn = np.radians(degrees)
    matrix = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    if flip:
        matrix[:, 0] *= -1
    middle = np.full(2, (_STORED_PX - 1) / 2) + shift * _STORED_PX / _STORED_GROWTH
    return np.column_stack([matrix, (size - 1) / 2 - matrix @ middle])


def _warp(values: np.ndarray, matrix: np.ndarray, size: int) -> np.ndarray:
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


if __name__ == "__main__":
    main()
