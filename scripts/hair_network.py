"""The hair and cover network: inverted residual blocks in the shape of a U, 192 x 192 in, three masks out (torch)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

INPUT_PX = 192
CLASSES = ("hair", "cover", "glasses")
_WIDTHS = (16, 24, 40, 80, 128)  # at a half, a quarter ... a thirty-second of the input
_REPEATS = (1, 2, 3, 3)
_EXPANSION = 4


class HairNetwork(nn.Module):
    """Maps (N, 3, 192, 192) RGB in 0..1 to logits (N, 3, 192, 192): hair, cover, glasses."""

    def __init__(self) -> None:
        """Build it with random weights."""
        super().__init__()
        first = _WIDTHS[0]
        self.stem = nn.Sequential(_conv(3, first, 3, stride=2), _depthwise(first), _conv(first, first, 1, act=False))
        self.down = nn.ModuleList(
            nn.Sequential(_Block(a, b, 2), *(_Block(b, b, 1) for _ in range(n - 1)))
            for a, b, n in zip(_WIDTHS[:-1], _WIDTHS[1:], _REPEATS, strict=True)
        )
        self.context = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(_WIDTHS[-1], _WIDTHS[-1], 1), nn.Sigmoid())
        pairs = list(zip(reversed(_WIDTHS[1:]), reversed(_WIDTHS[:-1]), strict=True))
        self.narrow = nn.ModuleList(_conv(b, a, 1, act=False) for b, a in pairs)
        self.mix = nn.ModuleList(nn.Sequential(_depthwise(a), _conv(a, a, 1)) for _, a in pairs)
        self.head = nn.Sequential(_depthwise(first), nn.Conv2d(first, 4 * len(CLASSES), 1))

    def forward(self, rgb: Tensor) -> Tensor:
        """Return the logits."""
        kept = [self.stem(rgb - 0.5)]
        for stage in self.down:
            kept.append(stage(kept[-1]))
        value = kept.pop()
        value = value * self.context(value)
        for narrow, mix in zip(self.narrow, self.mix, strict=True):
            below = functional.interpolate(narrow(value), scale_factor=2.0, mode="nearest")
            value = mix(below + kept.pop())
        return functional.pixel_shuffle(self.head(value), 2)


class Masks(nn.Module):
    """The network as it ships: (N, 192, 192, 3) uint8 RGB to (N, 192, 192, 3) float32 0..1."""

    def __init__(self, network: HairNetwork) -> None:
        """Wrap a trained network."""
        super().__init__()
        self.network = network

    def forward(self, rgb8: Tensor) -> Tensor:
        """Return the probabilities."""
        planes = rgb8.permute(0, 3, 1, 2).to(torch.float32) / 255.0
        return torch.sigmoid(self.network(planes)).permute(0, 2, 3, 1)


class _Block(nn.Module):
    """Widen, look around, narrow; added to its input where the shape stays (MobileNetV2)."""

    def __init__(self, a: int, b: int, stride: int) -> None:
        super().__init__()
        wide = a * _EXPANSION
        self.body = nn.Sequential(_conv(a, wide, 1), _depthwise(wide, stride), _conv(wide, b, 1, act=False))
        self.adds = a == b and stride == 1

    def forward(self, value: Tensor) -> Tensor:
        return value + self.body(value) if self.adds else self.body(value)


def _conv(a: int, b: int, size: int, *, stride: int = 1, act: bool = True) -> nn.Module:
    layers: list[nn.Module] = [nn.Conv2d(a, b, size, stride, size // 2, bias=False), nn.BatchNorm2d(b)]
    return nn.Sequential(*layers, *([nn.ReLU(inplace=True)] if act else []))


def _depthwise(a: int, stride: int = 1) -> nn.Module:
    return nn.Sequential(nn.Conv2d(a, a, 3, stride, 1, groups=a, bias=False), nn.BatchNorm2d(a), nn.ReLU(inplace=True))
