"""The network that paints mouths and eyes, and how it learns. Needs torch, which only training has.

A small U-Net (Ronneberger, Fischer, Brox 2015) that is told how the face moves twice: texel by texel beside the
picture, and as a code that scales and shifts its features (FiLM: Perez and others 2018).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

MOUTH_WIDTHS = (48, 64, 96, 128)
EYE_WIDTHS = (32, 48, 64, 96)
_GEOMETRY = 6
_CODE = 96


class Painter(nn.Module):
    """Paints a patch.

    Args:
        side: of the patch in texels, a multiple of 16; code: length of the code (see `making.patch.Patch.code`).
        widths: channels at a half, a quarter, an eighth and a sixteenth of the side.
    """

    def __init__(self, side: int, code: int, widths: tuple[int, ...]) -> None:
        super().__init__()
        axis = torch.linspace(-1, 1, side // 2)
        self.register_buffer("place", torch.stack(torch.meshgrid(axis, axis, indexing="ij"))[None], persistent=False)
        self.encode = nn.Sequential(nn.Linear(code, _CODE), nn.ReLU(), nn.Linear(_CODE, _CODE), nn.ReLU())
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        channels = 16 + _GEOMETRY + 2
        for width in widths:
            self.down.append(Block(channels, width))
            channels = width
        for width in widths[-2::-1]:
            self.up.append(Block(channels + width, width))
            channels = width
        self.out = nn.Conv2d(channels, 12, 3, padding=1)

    def forward(self, base: Tensor, hole: Tensor, geometry: Tensor, code: Tensor) -> Tensor:
        """Return the painted patch (N, 3, side, side): what is known, and what has to be added to it.

        Args:
            base: (N, 3, side, side) 0..1 what is known; hole: (N, 1, side, side) 1 where nothing is.
            geometry: (N, 6, side / 2, side / 2); code: (N, K).
        """
        base = base * (1 - hole) + 0.5 * hole
        told = self.encode(code)
        place = self.place.expand(len(base), -1, -1, -1)
        value = torch.cat([functional.pixel_unshuffle(torch.cat([base, hole], 1), 2), geometry, place], 1)
        kept = []
        for number, block in enumerate(self.down):
            value = block(functional.avg_pool2d(value, 2) if number else value, told)
            kept.append(value)
        for block, skip in zip(self.up, kept[-2::-1], strict=True):
            value = block(torch.cat([functional.interpolate(value, scale_factor=2.0), skip], 1), told)
        return base + functional.pixel_shuffle(self.out(value), 2)


class Block(nn.Module):
    """Two convolutions; between them the code speaks."""

    def __init__(self, a: int, b: int) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(a, b, 3, padding=1), nn.Conv2d(b, b, 3, padding=1)
        self.film = nn.Linear(_CODE, 2 * b)
        nn.init.zeros_(self.film.weight)
        nn.init.zeros_(self.film.bias)

    def forward(self, value: Tensor, told: Tensor) -> Tensor:
        """Return (N, b, H, W)."""
        value = functional.relu(self.first(value))
        scale, shift = self.film(told)[..., None, None].chunk(2, 1)
        return functional.relu(value + self.second(value * (1 + scale) + shift))


def painting_loss(painted: Tensor, true: Tensor, weight: Tensor) -> Tensor:
    """Mean absolute difference of patches (N, 3, H, W) 0..1 and of their gradients; ``weight`` (N, 1, H, W)."""
    away = painted - true
    across, along = away[..., 1:] - away[..., :-1], away[..., 1:, :] - away[..., :-1, :]
    terms = [(away, weight), (across, weight[..., 1:]), (along, weight[..., 1:, :])]
    return torch.stack([(term.abs() * share).mean() / share.mean() for term, share in terms]).sum()
