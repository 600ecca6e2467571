"""Adapting the shipped painters to one person. Needs torch, which only training has.

A batch is the person's own frames, as avatars show them that never saw them, and expressions that were never filmed, as
the shipped painters paint them on this person: rehearsal keeps what many people taught (Robins 1995).
"""

from __future__ import annotations

import copy
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from bonaface.making.canvas import Canvas
from bonaface.making.painter import PARTS, shipped_weights
from bonaface.making.painter_network import EYE_WIDTHS, MOUTH_WIDTHS, Painter, painting_loss
from bonaface.terms.arrays import Floats

_OWN, _REHEARSED = 10, 6
_CALM = 0.2
"""Share of the own frames that are shown by an avatar which saw calm ones alone, the last way of a canvas."""
_RATE, _DECAY, _WARM_STEPS = 4e-4, 1e-4, 30
_MANY, _SLOWEST = 300, 0.3
"""Frames from which the rate is full, and its least share: few are soon learned by heart."""
_AVERAGE = 0.99
_TURNS = ("mouth", "mouth", "eyes")
_NOISE = 0.03
_PROBED = 3


@dataclass(slots=True)
class Adapter:
    """Networks of all parts while they learn a person; the same seed draws the same batches.

    ``own`` and ``rehearsed`` are the canvases by part; ``weights`` those to begin with, None for the shipped ones.
    """

    own: Mapping[str, Canvas]
    rehearsed: Mapping[str, Canvas]
    seed: int = 7
    steps: int = 0
    _device: torch.device = field(init=False)
    _low: bool = field(init=False)
    _rate: float = field(init=False)
    _networks: dict[str, Painter] = field(init=False)
    _averages: dict[str, Painter] = field(init=False)
    _optimisers: dict[str, torch.optim.Optimizer] = field(init=False)

    def __post_init__(self) -> None:
        """Begin with the shipped painters."""
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._low = self._device.type == "cuda" or _computes_in_bfloat16()
        self._rate = _RATE * float(np.clip(len(self.own["mouth"].true) / _MANY, _SLOWEST, 1))
        self._networks = {part: shipped_network(part).to(self._device) for part in PARTS}
        for network in self._networks.values():
            network.to(memory_format=torch.channels_last)
        self._averages = copy.deepcopy(self._networks)
        self._optimisers = {
            part: torch.optim.AdamW(network.parameters(), self._rate, weight_decay=_DECAY, betas=(0.9, 0.98))
            for part, network in self._networks.items()
        }

        if self._device.type == "cpu":
            self._choose_threads()

    def _choose_threads(self) -> None:
        """Take as many threads as learn fastest just now: beside other work all of them may be slower than one."""
        fresh, seconds = self.state(), {}
        for threads in sorted({1, torch.get_num_threads()}):
            torch.set_num_threads(threads)
            self.step()
            began_s = time.perf_counter()
            for _ in range(_PROBED):
                self.step()
            seconds[threads] = time.perf_counter() - began_s
            self.take_up(fresh)
        torch.set_num_threads(min(seconds, key=lambda threads: seconds[threads]))

    def step(self) -> float:
        """Learn from one batch of one part; returns its loss."""
        part = _TURNS[self.steps % len(_TURNS)]
        network, optimiser = self._networks[part], self._optimisers[part]
        batch = self._draw(part)
        true, base, geometry, code, weight = (torch.from_numpy(x).to(self._device) for x in batch)
        with torch.autocast(self._device.type, torch.bfloat16, enabled=self._low):
            painted = network(base, torch.zeros_like(base[:, :1]), geometry, code)
        loss = painting_loss(painted.float(), true, weight)
        for group in optimiser.param_groups:
            group["lr"] = self._rate * min(1, (self.steps + 1) / (_WARM_STEPS * len(_TURNS)))
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        keep = min(_AVERAGE, (1 + self.steps) / (10 + self.steps))
        with torch.no_grad():
            for mean, now in zip(self._averages[part].parameters(), network.parameters(), strict=True):
                mean.lerp_(now, 1 - keep)
        self.steps += 1
        return float(loss.item())

    def weights(self, part: str) -> dict[str, Floats]:
        """Return the weights of a part, averaged over the last hundred steps."""
        return {name: value.cpu().numpy().copy() for name, value in self._averages[part].state_dict().items()}

    def state(self) -> dict[str, Any]:
        """Return all that is needed to go on."""
        kinds = {"networks": self._networks, "averages": self._averages, "optimisers": self._optimisers}
        held = {kind: {part: each[part].state_dict() for part in PARTS} for kind, each in kinds.items()}
        return copy.deepcopy({**held, "steps": self.steps})

    def take_up(self, state: Mapping[str, Any]) -> None:
        """Go on from a state.

        Raises:
            KeyError, RuntimeError, ValueError: it is not a state of these networks.
        """
        for part in PARTS:
            self._networks[part].load_state_dict(state["networks"][part])
            self._averages[part].load_state_dict(state["averages"][part])
            self._optimisers[part].load_state_dict(state["optimisers"][part])
        self.steps = int(state["steps"])

    def _draw(self, part: str) -> list[np.ndarray]:
        rng = np.random.default_rng([self.seed, self.steps])
        out: list[list[np.ndarray]] = [[] for _ in range(5)]
        for canvas, count in ((self.own[part], _OWN), (self.rehearsed[part], _REHEARSED)):
            for row in rng.choice(len(canvas.true), count):
                way = -1 if rng.random() < _CALM else 0
                true, base = _recolour(canvas.true[row], canvas.shown[way, row], rng)
                code = canvas.code[row] + _NOISE * rng.standard_normal(canvas.code.shape[1])
                weight = canvas.weight[row][None]
                for into, value in zip(out, (true, base, canvas.geometry[row], code, weight), strict=True):
                    into.append(value)
        return [np.ascontiguousarray(np.stack(each), np.float32) for each in out]


def shipped_network(part: str) -> Painter:
    """Return the shipped painter of a part.

    Raises:
        MissingPartError: its file is not there.
    """
    held = {name: torch.from_numpy(value) for name, value in shipped_weights(part).items()}
    side = 128 if part == "mouth" else 80
    network = Painter(side, held["encode.0.weight"].shape[1], MOUTH_WIDTHS if part == "mouth" else EYE_WIDTHS)
    network.load_state_dict(held)
    return network


def _computes_in_bfloat16() -> bool:
    """Whether bfloat16 is faster than float32 on this processor: elsewhere it is emulated."""
    return bool(torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported())


def _recolour(true: np.ndarray, base: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return both as (3, side, side) float32 0..1 in another light."""
    gain = rng.uniform(0.85, 1.15) * rng.uniform(0.95, 1.05, 3)
    shift = rng.uniform(-0.03, 0.03)
    lit = [np.clip(x.astype(np.float32) / 255 * gain + shift, 0, 1) for x in (true, base)]
    return lit[0].transpose(2, 0, 1), lit[1].transpose(2, 0, 1)
