"""Train the hair and cover network on the crops that `label_hair.py` wrote, and export it.

    python scripts/train_hair.py --data FOLDER --test FOLDER --work FOLDER --steps 6000
    python scripts/train_hair.py ... --export src/bonaface/models/hair.onnx

Needs torch (any 2.x), onnx and onnxscript beside bonaface's own packages. It goes on from ``WORK/state.pt`` where that
is there, and else from the weights of ``--start``, a state of a network with fewer masks. At first two of three steps
see the middle of the crop alone, which holds the face and costs less than half; before measuring and exporting, the
norms of the layers are counted anew over whole crops. Glasses are drawn onto crops that are not named in
``wearers.txt``; of those that are, the eyes are left out of that lesson.
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
from hair_crops import CROP_GROWTH, Example, matrix_of, produce, warp
from hair_network import INPUT_PX, HairNetwork, Masks
from torch import Tensor, nn
from torch.nn import functional

_RATE = 3e-3
_RARE = (1.0, 0.7, 2.0)  # weight of a pixel of hair, cover (false ones do harm), glasses (a wire is small)
_AVERAGE = 0.997  # of the weights that ship, over steps
_SAVE_EVERY_S = 60
_COUNTED = 120  # batches over which the norms are counted


def main() -> None:
    """Read the command line, train, measure, export."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--test", required=True, type=Path)
    parser.add_argument("--work", required=True, type=Path)
    parser.add_argument("--steps", type=int, default=0, help="train so many in all; 0: only measure and export")
    parser.add_argument("--start", type=Path, help="a state to begin with where WORK has none")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--export", type=Path)
    settings = parser.parse_args()
    settings.work.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(settings.threads)
    torch.manual_seed(7)
    cv2.setNumThreads(1)
    network, average = (HairNetwork().to(memory_format=torch.channels_last) for _ in range(2))
    if settings.start and not (settings.work / "state.pt").exists():
        _begin_with(network, torch.load(settings.start)["average"])
    average.load_state_dict(network.state_dict())
    state_file = settings.work / "state.pt"
    done = 0
    optimiser = torch.optim.AdamW(network.parameters(), _RATE, weight_decay=1e-3)
    if state_file.exists():
        state = torch.load(state_file)
        network.load_state_dict(state["network"])
        average.load_state_dict(state["average"])
        optimiser.load_state_dict(state["optimiser"])
        done = state["done"]

    def save(step: int) -> None:
        values = {"network": network.state_dict(), "average": average.state_dict(), "done": step}
        torch.save({**values, "optimiser": optimiser.state_dict()}, state_file.with_suffix(".new"))
        state_file.with_suffix(".new").replace(state_file)

    if done < settings.steps:
        _train(network, average, optimiser, settings.data, done, settings.steps, save)
    _count_norms(average, settings.data)
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
    done: int,
    steps: int,
    save: Callable[[int], None],
) -> None:
    queue: multiprocessing.Queue[list[Example]] = multiprocessing.Queue(4)
    worker = multiprocessing.Process(target=produce, args=(folder, done, steps, queue), daemon=True)
    worker.start()
    saved, seen = time.monotonic(), [0.0, 0.0]
    network.train()
    for step in range(done, steps):
        for group in optimiser.param_groups:
            fall = 0.01 + 0.99 * math.cos(math.pi / 2 * step / steps) ** 2
            group["lr"] = _RATE * min(1.0, (step + 1) / 100) * fall
        images, wanted, weight = (torch.from_numpy(np.stack(v)) for v in zip(*queue.get(), strict=True))
        with torch.autocast("cpu", torch.bfloat16):
            logits = network(images.permute(0, 3, 1, 2).float() / 255)
        loss = _loss(logits.float(), wanted.permute(0, 3, 1, 2), weight.permute(0, 3, 1, 2))
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 2.0)
        optimiser.step()
        _follow(average, network, min(_AVERAGE, 1 - 1 / (step + 2)))
        seen = [seen[0] + float(loss.detach()), seen[1] + 1]
        if time.monotonic() - saved > _SAVE_EVERY_S:
            saved = time.monotonic()
            save(step + 1)
            print(f"{step + 1} steps, loss {seen[0] / seen[1]:.4f}", flush=True)
            seen = [0.0, 0.0]
    save(steps)
    worker.terminate()


def _loss(logits: Tensor, wanted: Tensor, weight: Tensor) -> Tensor:
    """Cross entropy, and one minus the overlap (Dice) of each crop: of what is seldom there only where it is."""
    rare = torch.tensor(_RARE)[:, None, None]
    entropy = functional.binary_cross_entropy_with_logits(logits, wanted, pos_weight=rare, reduction="none")
    said = torch.sigmoid(logits)
    both, either = (2 * said * wanted * weight).sum((2, 3)), ((said + wanted) * weight).sum((2, 3))
    apart = 1 - (both + 20) / (either + 20)
    there = (wanted * weight).sum((2, 3)) > 20
    there[:, 0] = True
    apart = (apart * there).sum(0) / there.sum(0).clamp(min=1)
    return (entropy * weight).sum() / weight.sum() * 2 + 0.25 * apart.sum()


def _begin_with(network: HairNetwork, old: dict[str, Tensor]) -> None:
    """Take over the weights of a network with fewer masks; those of the new masks stay as they are."""
    values = network.state_dict()
    for name, value in values.items():
        if value.ndim:
            value[: len(old[name])] = old[name]


def _follow(average: HairNetwork, network: HairNetwork, keep: float) -> None:
    with torch.no_grad():
        for old, new in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
            if old.dtype.is_floating_point:
                old.lerp_(new, 1 - keep)
            else:
                old.copy_(new)


def _count_norms(network: HairNetwork, folder: Path) -> None:
    """Count the norms of the layers anew, over whole crops: of small crops they differ, and of other weights."""
    queue: multiprocessing.Queue[list[Example]] = multiprocessing.Queue(4)
    worker = multiprocessing.Process(target=produce, args=(folder, 1, 0, queue), daemon=True)
    worker.start()
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.reset_running_stats()
            layer.momentum = None  # the plain mean of all batches
    network.train()
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        for _ in range(_COUNTED):
            network(
                torch.from_numpy(np.stack([image for image, _, _ in queue.get()])).permute(0, 3, 1, 2).float() / 255
            )
    worker.terminate()


def _measure(network: HairNetwork, folder: Path) -> dict[str, float]:
    """Return the overlap with the teacher on plain crops (intersection over union, hair over a half)."""
    network.eval()
    overlaps, covers = [], []
    for file in sorted(folder.glob("*.npz")):
        with np.load(file) as stored:
            matrix = matrix_of(INPUT_PX, CROP_GROWTH, 0.0, np.zeros(2), flip=False)
            image, hair, inside = (warp(stored[k], matrix, INPUT_PX) for k in ("rgb", "hair", "inside"))
        with torch.no_grad():
            said = torch.sigmoid(network(torch.from_numpy(image).permute(2, 0, 1)[None].float() / 255))[0].numpy()
        mine, theirs = ((v > 0.5) & (inside > 127) for v in (said[0], hair / 255))
        overlaps.append((mine & theirs).sum() / max((mine | theirs).sum(), 1))
        covers.append((said[1] > 0.5)[inside > 127].mean())
    return {
        "pictures": len(overlaps),
        "hair_iou_mean": round(float(np.mean(overlaps)), 4),
        "hair_iou_median": round(float(np.median(overlaps)), 4),
        "cover_share_mean": round(float(np.mean(covers)), 5),
    }


if __name__ == "__main__":
    main()
