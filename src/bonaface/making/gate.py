"""The better of avatar and network, part by part, by frames that neither has seen.

What chooses is the error of the texture and the correlation of its movement; no measure of identity has a say.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bonaface.making.canvas import Canvas
from bonaface.making.painter import Painter
from bonaface.making.quality import movement_r
from bonaface.terms.arrays import Doubles, Floats

_SHOWN = 0.5
_BLOCK = 4
"""Neighbouring frames are alike: so many count as one where the doubt is estimated."""
_SURE = 1.96
_SEEN = 3.0
_AS_WELL = 0.01
"""A movement may be so much less correlated: as little is chance."""


@dataclass(frozen=True, slots=True, eq=False)
class Score:
    """How well a part is shown in held-out frames.

    ``errors`` (N,) mean absolute difference in grey levels, 0..255, the mean colour of each frame removed; ``movement``
    correlation of the shown with the filmed movement of the texture; ``share`` of the part that the network changes by
    more than three grey levels, 0..1.
    """

    errors: Doubles
    movement: float
    share: float

    @property
    def error(self) -> float:
        """Mean over the frames."""
        return float(self.errors.mean())


def score_avatar(canvas: Canvas) -> Score:
    """Return how well the avatar shows the held-out frames."""
    return _score(canvas, canvas.shown[0].astype(np.float32), 0.0)


def score_painter(canvas: Canvas, painter: Painter) -> Score:
    """Return how well the painter paints over what the avatar shows."""
    count = len(painter.patches)
    painted = np.empty(canvas.true.shape, np.float32)
    shares = []
    for start in range(0, len(painted), count):
        rows = slice(start, start + count)
        base = canvas.shown[0, rows].astype(np.float32)
        after = painter.run(base, canvas.geometry[rows], canvas.code[rows])
        for k, patch in enumerate(painter.patches):
            change = (after[k] - base[k]) * patch.soft[..., None]
            painted[start + k] = base[k] + change
            seen = np.abs(change).max(-1) > _SEEN
            shares.append(float((seen * patch.soft).sum() / patch.soft.sum()))
    return _score(canvas, painted, float(np.mean(shares)))


def is_better(network: Score, avatar: Score) -> bool:
    """Whether the network's error is lower than the avatar's beyond chance, and its movement as right."""
    gain = avatar.errors - network.errors
    blocks = [block.mean() for block in np.array_split(gain, max(2, len(gain) // _BLOCK))]
    doubt = _SURE * float(np.std(blocks, ddof=1)) / len(blocks) ** 0.5
    return bool(float(gain.mean()) > doubt and network.movement > avatar.movement - _AS_WELL)


def _score(canvas: Canvas, shown: Floats, share: float) -> Score:
    true = canvas.true.astype(np.float32)
    errors = []
    for guess, seen, weight in zip(shown, true, canvas.weight, strict=True):
        away, sure = guess - seen, weight[..., None] / weight.sum()
        away = away - (away * sure).sum((0, 1))
        errors.append(float((np.abs(away) * sure).sum() / 3))
    where = canvas.weight.mean(0) > _SHOWN * canvas.weight.max()
    return Score(np.array(errors), movement_r(shown[:, where], true[:, where]), share)
