"""Train the network that paints mouths (or eyes) on what `gather_patches.py` wrote.

    python scripts/train_painter.py mouth --data FOLDER --work FOLDER --steps 6000 --critic-from 2500

From step ``--critic-from`` a critic that tells painted from filmed patches has a say (hinge loss on patches: Isola and
others 2017, Miyato and others 2018), so that teeth and lashes get edges. Needs torch beside bonaface's own packages. It
goes on from ``WORK/<part>.pt`` where that is there; the same seed draws the same batches. Runs on a GPU where torch
sees one, and in bfloat16.
"""

from __future__ import annotations

import argparse
import copy
import math
import time
from dataclasses import fields
from pathlib import Path

import cv2
import numpy as np
import torch
from painter_material import Example, draw_batch, read_material
from torch import Tensor, nn
from torch.nn import functional

from bonaface.making.painter import patches_of
from bonaface.making.painter_network import EYE_WIDTHS, MOUTH_WIDTHS, Painter, painting_loss
from bonaface.making.prior import load_prior

RATE, AVERAGE, WARM_STEPS, SAVE_EVERY_S, SEED = 1.2e-3, 0.997, 200, 60, 7
CRITIC_RATE, CRITIC_SHARE, CRITIC_WARM_STEPS = 4e-4, 0.03, 300
PRIOR = load_prior()


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=["mouth", "eyes"])
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--work", required=True, type=Path)
    parser.add_argument("--steps", type=int, default=6000, help="batches in all")
    parser.add_argument("--critic-from", type=int, default=2500)
    parser.add_argument("--threads", type=int, default=2)
    settings = parser.parse_args()
    settings.work.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(settings.threads)
    cv2.setNumThreads(1)
    torch.manual_seed(SEED)
    names = ["mouth"] if settings.part == "mouth" else ["right", "left"]
    material = read_material(sorted(settings.data.glob("*.npz")), names)
    patches = list(patches_of(settings.part, PRIOR))
    training = Training(settings.part, settings.work / f"{settings.part}.pt")
    print(f"{len(material.true)} rows, {training.device}", flush=True)
    saved_s, losses = time.monotonic(), []
    while training.step < settings.steps:
        batch = draw_batch(material, patches, PRIOR, np.random.default_rng([SEED, training.step]))
        losses.append(training.learn(batch, settings.steps, settings.critic_from))
        if time.monotonic() - saved_s > SAVE_EVERY_S or training.step == settings.steps:
            saved_s = time.monotonic()
            training.save()
            print(f"step {training.step} of {settings.steps}, loss {np.mean(losses[-500:]):.4f}", flush=True)


def make_painter(part: str) -> Painter:
    """Return the network of a part, untrained."""
    patch = patches_of(part, PRIOR)[0]
    code = len(patch.code(np.zeros((478, 3), np.float32), np.zeros(3), PRIOR.codes, 200.0))
    return Painter(patch.side, code, MOUTH_WIDTHS if part == "mouth" else EYE_WIDTHS)


class Critic(nn.Module):
    """Tells painted from filmed patches, region by region."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = 12 + 6
        for width, stride in ((48, 1), (64, 2), (96, 2)):
            convolution = nn.Conv2d(channels, width, 3 if stride == 1 else 4, stride, 1)
            layers += [nn.utils.parametrizations.spectral_norm(convolution), nn.LeakyReLU(0.2)]
            channels = width
        self.layers = nn.Sequential(*layers, nn.Conv2d(channels, 1, 3, padding=1))

    def forward(self, patch: Tensor, geometry: Tensor) -> Tensor:
        """Return (N, 1, h, w): higher where a patch (N, 3, S, S) 0..1 looks filmed."""
        return self.layers(torch.cat([functional.pixel_unshuffle(patch, 2) - 0.5, geometry], 1))


class Training:
    """Painter, its average over steps, critic, and what drives them; goes on from ``file`` where that is there."""

    def __init__(self, part: str, file: Path) -> None:
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.file, self.step = file, 0
        self.painter = make_painter(part).to(self.device, memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.painter)
        self.critic = Critic().to(self.device, memory_format=torch.channels_last)
        self.optimiser = torch.optim.AdamW(self.painter.parameters(), RATE, weight_decay=1e-4, betas=(0.9, 0.98))
        self.critic_optimiser = torch.optim.AdamW(self.critic.parameters(), CRITIC_RATE, betas=(0.5, 0.98))
        if file.exists():
            state = torch.load(file, map_location=self.device)
            self.step = state["step"]
            for name, each in self._parts().items():
                each.load_state_dict(state[name])

    def learn(self, batch: Example, steps: int, critic_from: int) -> float:
        """Take one step and return the loss."""
        tensors = [torch.from_numpy(getattr(batch, field.name)).to(self.device) for field in fields(Example)]
        true, base, hole, geometry, code, weight = tensors
        rate = RATE * min(1, (self.step + 1) / WARM_STEPS) * (0.51 + 0.49 * math.cos(math.pi * self.step / steps))
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        with self._low():
            painted = self.painter(base, hole, geometry, code)
        distance = painting_loss(painted.float(), true, weight)
        shown = painted.float() * weight + true * (1 - weight)
        loss = distance
        if self.step >= critic_from:
            with self._low():
                verdict = self.critic(shown, geometry).float().mean()
            loss = loss - CRITIC_SHARE * min(1, (self.step - critic_from) / CRITIC_WARM_STEPS) * verdict
        self.optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.painter.parameters(), 1.0)
        self.optimiser.step()
        if self.step >= critic_from:
            self._teach_critic(true, shown.detach(), geometry)
        keep = min(AVERAGE, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for mean, now in zip(self.average.parameters(), self.painter.parameters(), strict=True):
                mean.lerp_(now, 1 - keep)
        self.step += 1
        return float(distance.item())

    def save(self) -> None:
        """Write all that is needed to go on, whole or not at all."""
        held = {name: each.state_dict() for name, each in self._parts().items()}
        torch.save({**held, "step": self.step}, self.file.with_suffix(".tmp"))
        self.file.with_suffix(".tmp").replace(self.file)

    def _teach_critic(self, true: Tensor, shown: Tensor, geometry: Tensor) -> None:
        with self._low():
            real, false = self.critic(true, geometry), self.critic(shown, geometry)
        judged = functional.relu(1 - real.float()).mean() + functional.relu(1 + false.float()).mean()
        self.critic_optimiser.zero_grad()
        judged.backward()
        self.critic_optimiser.step()

    def _parts(self) -> dict[str, nn.Module | torch.optim.Optimizer]:
        names = ("painter", "average", "critic", "optimiser", "critic_optimiser")
        return {name: getattr(self, name) for name in names}

    def _low(self) -> torch.autocast:
        return torch.autocast(self.device.type, torch.bfloat16)


if __name__ == "__main__":
    main()
