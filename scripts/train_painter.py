"""Train the network that paints mouths (or eyes) on what `gather_patches.py` wrote.

    python scripts/train_painter.py mouth --data FOLDER --work FOLDER --minutes 60 [--test FOLDER]

Needs torch beside bonaface's own packages. It goes on from ``WORK/<part>.pt`` where that is there; the same seed draws
the same batches. Runs on a GPU where torch sees one; in bfloat16 where the machine computes with it.
"""

from __future__ import annotations

import argparse
import copy
import math
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from safetensors.torch import save_file

from bonaface.making.painter_network import EYE_WIDTHS, MOUTH_WIDTHS, Painter, painting_loss
from bonaface.making.patch import Patch, eye_patches, mouth_patch
from bonaface.making.prior import load_prior
from bonaface.terms.arrays import Floats

BATCH, RATE, AVERAGE, SAVE_EVERY_S = 24, 1.5e-3, 0.998, 60
MOST_YAW_DEG = 40.0
CLIP_ROWS = 60.0  # a clip counts as so many stills
PRIOR = load_prior()


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Patches with what the network is told; ``linear`` is zero where there is none, ``has_linear`` says so."""

    true: np.ndarray
    linear: np.ndarray
    has_linear: np.ndarray
    shape: Floats
    displacement: Floats
    angles_deg: Floats
    face_px: Floats
    part: np.ndarray
    chance: Floats


def main() -> None:
    """Read the command line, train, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=["mouth", "eyes"])
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--work", required=True, type=Path)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--threads", type=int, default=2)
    settings = parser.parse_args()
    settings.work.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(settings.threads)
    cv2.setNumThreads(1)
    torch.manual_seed(7)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    patches = [mouth_patch(PRIOR)] if settings.part == "mouth" else list(eye_patches(PRIOR))
    names = ["mouth"] if settings.part == "mouth" else ["right", "left"]
    rows = read(sorted(settings.data.glob("*.npz")), names)
    network = make(settings.part, patches[0]).to(device, memory_format=torch.channels_last)
    average = copy.deepcopy(network)
    optimiser = torch.optim.AdamW(network.parameters(), RATE, weight_decay=1e-4, betas=(0.9, 0.98))
    state_file, spent_s, step = settings.work / f"{settings.part}.pt", 0.0, 0
    if state_file.exists():
        state = torch.load(state_file, map_location=device)
        network.load_state_dict(state["network"])
        average.load_state_dict(state["average"])
        optimiser.load_state_dict(state["optimiser"])
        spent_s, step = state["spent_s"], state["step"]
    began_s, saved_s, losses = time.monotonic() - spent_s, time.monotonic(), []
    print(len(rows.true), "rows,", sum(p.numel() for p in network.parameters()), "weights,", device, flush=True)
    while (spent_s := time.monotonic() - began_s) < 60 * settings.minutes:
        rate = RATE * min(1, (step + 1) / 200) * (0.02 + 0.98 * (0.5 + 0.5 * math.cos(math.pi * spent_s / (60 * settings.minutes))))
        for group in optimiser.param_groups:
            group["lr"] = rate
        batch = draw(rows, patches, np.random.default_rng([7, step]))
        true, base, hole, geometry, code, weight = (torch.from_numpy(x).to(device) for x in batch)
        with torch.autocast(device.type, torch.bfloat16):
            painted, _ = network(base, hole, geometry, code)
        loss = painting_loss(painted.float(), true, weight)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        with torch.no_grad():
            keep = min(AVERAGE, (1 + step) / (10 + step))
            for mean, now in zip(average.parameters(), network.parameters(), strict=True):
                mean.lerp_(now, 1 - keep)
        losses.append(loss.item())
        step += 1
        if time.monotonic() - saved_s > SAVE_EVERY_S:
            saved_s = time.monotonic()
            save(state_file, network, average, optimiser, spent_s, step)
            print(f"{spent_s / 60:.1f} min, step {step}, loss {np.mean(losses[-500:]):.4f}", flush=True)
    save(state_file, network, average, optimiser, spent_s, step)
    weights = {name: value.contiguous() for name, value in average.state_dict().items()}
    save_file(weights, settings.work / f"painter_{settings.part}.safetensors")


def make(part: str, patch: Patch) -> Painter:
    """Return the network of a part, untrained."""
    code = len(patch.code(np.zeros((478, 3), np.float32), np.zeros(3), PRIOR.codes, 200.0))
    return Painter(patch.side, code, MOUTH_WIDTHS if part == "mouth" else EYE_WIDTHS)


def save(file: Path, network: Painter, average: Painter, optimiser: torch.optim.Optimizer, spent_s: float, step: int) -> None:
    """Write all that is needed to go on, whole or not at all."""
    state = {"network": network.state_dict(), "average": average.state_dict(), "optimiser": optimiser.state_dict()}
    torch.save({**state, "spent_s": spent_s, "step": step}, file.with_suffix(".tmp"))
    file.with_suffix(".tmp").replace(file)


def read(files: list[Path], names: list[str]) -> Rows:
    """Read the rows of all files; both eyes are rows of their own."""
    parts: list[tuple[np.ndarray, ...]] = []
    for file in files:
        held = np.load(file)
        usable = np.abs(held["angles_deg"][:, 1]) < MOST_YAW_DEG
        for number, name in enumerate(names):
            true = held[name][usable]
            linear = held[f"{name}_linear"][usable] if f"{name}_linear" in held else np.zeros_like(true)
            clip = f"{name}_linear" in held
            count = len(true)
            facts = [held[key][usable] for key in ("shape", "displacement", "angles_deg", "face_px")]
            chance = np.full(count, CLIP_ROWS / count if clip else 1.0, np.float32)
            parts.append((true, linear, np.full(count, clip), *facts, np.full(count, number), chance))
    return Rows(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def draw(rows: Rows, patches: list[Patch], rng: np.random.Generator) -> list[np.ndarray]:
    """Return a batch: true and known patches, hole, geometry, code, weight."""
    which = rng.choice(len(rows.true), BATCH, p=rows.chance / rows.chance.sum())
    out: list[list[np.ndarray]] = [[] for _ in range(6)]
    for k in which:
        patch = patches[int(rows.part[k])]
        known = bool(rows.has_linear[k]) and rng.random() < 0.5
        true, base = rows.true[k], rows.linear[k] if rows.has_linear[k] else rows.true[k]
        shape, moved, angles, px = rows.shape[k], rows.displacement[k], rows.angles_deg[k], float(rows.face_px[k])
        if rng.random() < 0.3 and not rows.has_linear[k]:
            px, true = coarser(true, px, rng)
            base = true
        geometry = patch.geometry(shape, moved, PRIOR.reference)
        code = patch.code(moved, angles, PRIOR.codes, px)
        opened = float(np.clip(np.linalg.norm(shape[13] - shape[14]) / 14, 0.08, 1))
        weight = patch.soft * np.where(patch.inner > 0, opened, 1) if len(patches) == 1 else patch.soft
        hole = patch.hole * (0.0 if known else 1.0)
        if len(patches) == 1 and rng.random() < 0.5:
            true, base, hole, weight, geometry, code = flip(patch, true, base, hole, weight, shape, moved, angles, px)
        true, base = recolour(true, base, rng)
        code = code + 0.03 * rng.standard_normal(len(code)).astype(np.float32)
        for into, value in zip(out, (true, base, hole[None], geometry, code, weight[None]), strict=True):
            into.append(np.ascontiguousarray(value, np.float32))
    return [np.stack(each) for each in out]


def coarser(true: np.ndarray, px: float, rng: np.random.Generator) -> tuple[float, np.ndarray]:
    """Return the patch as a camera further away would see it."""
    factor = float(rng.uniform(1.2, 2.5))
    side = len(true)
    small = cv2.resize(true, (round(side / factor),) * 2, interpolation=cv2.INTER_AREA)
    return px / factor, cv2.resize(small, (side, side), interpolation=cv2.INTER_CUBIC)


def flip(patch: Patch, true, base, hole, weight, shape, moved, angles, px):  # type: ignore[no-untyped-def]
    """Return the same face mirrored."""
    from dataclasses import replace

    other = replace(patch, mirrored=True)
    geometry = other.geometry(shape, moved, PRIOR.reference)
    code = other.code(moved, angles, PRIOR.codes, px)
    return true[:, ::-1], base[:, ::-1], hole[:, ::-1], weight[:, ::-1], geometry, code


def recolour(true: np.ndarray, base: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return both as (3, side, side) float32 0..1 in another light."""
    gain = rng.uniform(0.7, 1.3) * rng.uniform(0.92, 1.08, 3)
    shift = rng.uniform(-0.05, 0.05) + rng.uniform(-0.02, 0.02, 3)
    power = rng.uniform(0.8, 1.25)
    lit = [np.clip((x.astype(np.float32) / 255) ** power * gain + shift, 0, 1) for x in (true, base)]
    return lit[0].transpose(2, 0, 1), lit[1].transpose(2, 0, 1)


if __name__ == "__main__":
    main()
