"""One encoder for two people, a decoder for each: what the classical face swappers learn. Needs torch.

As in faceswap's model "original" and DeepFaceLab's DF: both people's crops go through the same encoder, warped at
random, and each decoder learns to give its own person's crop back unwarped; the swap encodes the target and decodes
the source. Four convolutions of stride 2, two dense layers, upscaling by pixel shuffle (Shi and others 2016); Adam with
beta 1 of .5 as faceswap has it. Its rate of 5e-5 and batches of 16 are meant for days; here time is short: at `RATE`
the loss fell faster in the first steps than at 5e-5 or 1e-3, and a batch is half as large, so that there are twice as
many steps. Loss: mean absolute difference as in faceswap's original, and half of 1 - SSIM (Wang and others 2004) as
both have by now, inside the oval.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from bonaface.bench.aligned import ROOMY_PX, SIZE_PX
from bonaface.terms.arrays import Rgb8

WIDTHS = (32, 64, 128, 192)
"""Channels of the encoder's convolutions."""
CODE = 256
BATCH = 8
RATE = 3e-4
_BETAS = (0.5, 0.99)
_TURN_DEG, _ZOOM, _SHIFT = 10.0, 0.05, 0.05
_GRID, _JITTER = 5, 5 / 160  # the first face swapper's: 25 points, jittered by 5 of 160 pixels
_SSIM_C1, _SSIM_C2 = 0.01**2, 0.03**2


@dataclass(frozen=True, slots=True, eq=False)
class Autoencoder:
    """What was learned of two people in ``steps`` steps; ``losses`` (steps,) of both together."""

    encoder: nn.Module
    of_source: nn.Module
    kind: torch.dtype
    steps: int
    losses: np.ndarray

    def swap(self, crop: Rgb8) -> Rgb8:
        """Return the source's face (96, 96, 3) doing what the target's does in its aligned crop."""
        batch = _tensor(crop[None])
        with torch.no_grad(), _arithmetic(self.kind):
            painted = self.of_source(self.encoder(batch))
        out: Rgb8 = np.round(painted.float()[0].permute(1, 2, 0).numpy() * 255).astype(np.uint8)
        return out


def learn_two(
    source: np.ndarray,
    target: np.ndarray,
    minutes: float,
    told: Callable[[float, float], None] = lambda *_: None,
    widths: tuple[int, ...] = WIDTHS,
    code: int = CODE,
) -> Autoencoder:
    """Learn two people for so many minutes, at least one step; the same crops give the same draws.

    Args:
        source, target: (N, 128, 128, 4) uint8, roomy aligned crops with the oval as the last channel.
        told: called with the seconds spent and the mean loss, about once a second.
        widths, code: of the network.
    """
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    encoder, decoders = _encoder(widths, code), [_decoder(widths) for _ in range(2)]
    every = nn.ModuleList([encoder, *decoders]).to(memory_format=torch.channels_last)
    optimiser = torch.optim.Adam(every.parameters(), RATE, betas=_BETAS)
    kind = best_kind()
    losses: list[float] = []
    began_s = said_s = time.monotonic()
    while not losses or time.monotonic() - began_s < 60 * minutes:
        optimiser.zero_grad()
        total = 0.0
        for crops, decoder in zip((source, target), decoders, strict=True):
            warped, wanted = draw(crops, rng)
            true = _tensor(wanted[..., :3])
            with _arithmetic(kind):
                painted = decoder(encoder(_tensor(warped)))
            loss = reconstruction_loss(painted.float(), true, _tensor(wanted[..., 3:]))
            loss.backward()
            total += loss.item()
        optimiser.step()
        losses.append(total)
        if time.monotonic() - said_s > 1:
            said_s = time.monotonic()
            told(said_s - began_s, float(np.mean(losses[-50:])))
    every.eval()
    return Autoencoder(encoder, decoders[0], kind, len(losses), np.array(losses))


def draw(crops: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return a batch: warped crops (8, 96, 96, 3), and the same unwarped with their oval (8, 96, 96, 4), uint8."""
    chosen = crops[rng.integers(0, len(crops), BATCH)]
    pairs = [_look(crop[:, ::-1] if rng.random() < 0.5 else crop, rng) for crop in chosen]
    warped, wanted = zip(*pairs, strict=True)
    return np.stack(warped), np.stack(wanted)


def _look(crop: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Take a crop out of a roomy one, a little turned, resized and shifted; and once more, warped on a grid."""
    angle, zoom = np.radians(rng.uniform(-_TURN_DEG, _TURN_DEG)), 1 + rng.uniform(-_ZOOM, _ZOOM)
    shift = rng.uniform(-_SHIFT, _SHIFT, 2) * SIZE_PX
    x, y = np.meshgrid(*[np.arange(SIZE_PX, dtype=np.float32) - (SIZE_PX - 1) / 2] * 2)
    grid = rng.normal(0, _JITTER * SIZE_PX, (2, _GRID, _GRID)).astype(np.float32)
    jitter = [cv2.resize(one, (SIZE_PX, SIZE_PX), interpolation=cv2.INTER_CUBIC) for one in grid]

    def taken(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        across = (np.cos(angle) * x - np.sin(angle) * y) * zoom + shift[0] + (ROOMY_PX - 1) / 2
        along = (np.sin(angle) * x + np.cos(angle) * y) * zoom + shift[1] + (ROOMY_PX - 1) / 2
        maps = across.astype(np.float32), along.astype(np.float32)
        return np.asarray(cv2.remap(crop, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))

    return taken(x + jitter[0], y + jitter[1])[..., :3], taken(x, y)


def reconstruction_loss(painted: Tensor, true: Tensor, inside: Tensor) -> Tensor:
    """Return the loss of crops (N, 3, S, S) 0..1, where ``inside`` (N, 1, S, S) is 1; 0 for equal ones."""

    def mean(x: Tensor) -> Tensor:
        return functional.avg_pool2d(x, 7, 1, 3, count_include_pad=False)

    a, b = mean(painted), mean(true)
    var_a, var_b, both = mean(painted**2) - a * a, mean(true**2) - b * b, mean(painted * true) - a * b
    similar = (2 * a * b + _SSIM_C1) * (2 * both + _SSIM_C2)
    similar = similar / ((a * a + b * b + _SSIM_C1) * (var_a + var_b + _SSIM_C2))
    away = (painted - true).abs() + (1 - similar) / 2
    return (away * inside).mean() / inside.mean().clamp_min(1e-6)


def best_kind() -> torch.dtype:
    """Return bfloat16 where the processor multiplies in it, else float32."""
    asked = getattr(torch.cpu, "_is_amx_tile_supported", None)
    return torch.bfloat16 if asked is not None and asked() else torch.float32


def _arithmetic(kind: torch.dtype) -> torch.autocast:
    return torch.autocast("cpu", torch.bfloat16, enabled=kind is torch.bfloat16)


def _tensor(crops: np.ndarray) -> Tensor:
    """Return (N, C, S, S) float32 0..1 of crops (N, S, S, C) uint8."""
    held = torch.from_numpy(np.ascontiguousarray(crops)).permute(0, 3, 1, 2)
    return held.to(torch.float32, memory_format=torch.channels_last) / 255


def _encoder(widths: tuple[int, ...], code: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for before, after in zip((3, *widths), widths, strict=False):
        layers += [nn.Conv2d(before, after, 5, 2, 2), nn.LeakyReLU(0.1)]
    side, last = SIZE_PX >> len(widths), widths[-1]
    dense = [nn.Flatten(), nn.Linear(last * side**2, code), nn.Linear(code, last * side**2)]
    return nn.Sequential(*layers, *dense, nn.Unflatten(1, (last, side, side)), *_doubled(last, last))


def _decoder(widths: tuple[int, ...]) -> nn.Sequential:
    layers: list[nn.Module] = []
    for before, after in zip(widths[::-1], widths[-2::-1], strict=False):
        layers += _doubled(before, after)
    return nn.Sequential(*layers, nn.Conv2d(widths[0], 3, 5, padding=2), nn.Sigmoid())


def _doubled(before: int, after: int) -> list[nn.Module]:
    return [nn.Conv2d(before, 4 * after, 3, padding=1), nn.LeakyReLU(0.1), nn.PixelShuffle(2)]
