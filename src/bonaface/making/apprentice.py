"""Learning to paint one person: canvases, minutes of adapting, the gate, and a state to go on from after any break."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from bonaface.making.avatar import Avatar
from bonaface.making.canvas import Canvas, Fold, calm_fold, cross_fit, draw_canvases, most_moved, some
from bonaface.making.gate import Score, is_better, score_avatar, score_painter
from bonaface.making.painter import PARTS, Painter, Weights
from bonaface.making.painting import Painting, Verdict, load_over, save
from bonaface.making.prior import Prior
from bonaface.making.rehearsal import rehearse
from bonaface.making.unwrapped import Material, Unwrapped
from bonaface.media.scratch import atomic_path
from bonaface.terms.errors import GET_TORCH, CorruptPersonError
from bonaface.terms.progress import Progress, Step

_HELD_OUT = 80
_LOOKS, _LOOK_EVERY_S, _SAVE_EVERY_S = 20, 8.0, 20.0
_PATIENCE_S = 100.0
"""Learning ends early when nothing has become better for so long."""
NO_TORCH = (
    "torch is not installed, so that the network was not adapted to this person and paints as it was shipped; "
    + GET_TORCH
)
TOO_FEW = "There are too few pictures to hold any out: the mouth is painted from what is known of other people."
Shown = Callable[[float, Painting], None]
"""Called with the seconds spent and the painting so far, for previews."""


@dataclass(slots=True)
class Best:
    """The best so far of one part, by its held-out error; the shipped painter is the first.

    ``beyond``: avatar and shipped painter in expressions that the avatar was kept from.
    """

    avatar: Score
    network: Score
    beyond: tuple[Score, Score]
    weights: Weights | None = None

    def offer(self, network: Score, weights: Weights) -> bool:
        """Take a better one; returns whether it was."""
        if network.error >= self.network.error:
            return False
        self.network, self.weights = network, weights
        return True

    def verdict(self) -> Verdict:
        """Return what the gate says."""
        avatar, shipped = self.beyond
        kept = "both" if is_better(shipped, avatar) else "avatar"
        kept = "network" if is_better(self.network, self.avatar) else kept
        errors = round(self.avatar.error, 4), round(self.network.error, 4)
        movements = round(self.avatar.movement, 4), round(self.network.movement, 4)
        return Verdict(
            kept, *errors, *movements, round(shipped.share if kept == "both" else self.network.share, 4),
            round(avatar.error, 4), round(shipped.error, 4),
        )  # fmt: skip


@dataclass(slots=True, eq=False)
class Apprentice:
    """Learns to paint a person over an avatar.

    ``material`` and ``pictures`` are what the avatar was learned from; ``avatar`` is one that has not seen the rows
    ``held_out``; ``path`` is the painting's file, its state lies beside it; ``avatar_sha256`` of the avatar that is
    kept.
    """

    material: Material
    pictures: Unwrapped
    avatar: Avatar
    learned: np.ndarray
    held_out: np.ndarray
    prior: Prior
    path: Path
    avatar_sha256: str
    _held: dict[str, Canvas] = field(init=False)
    _calm: Fold = field(init=False)
    _best: dict[str, Best] = field(init=False)
    _spent_s: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        """Judge the avatar and the shipped painters."""
        unseen = Fold(self.avatar, np.ones(len(self.pictures.rows), bool))
        rows = some(self.held_out, _HELD_OUT)
        self._held = draw_canvases(self.material, self.pictures, ((unseen,),), rows, self.prior)
        self._calm = calm_fold(self.pictures, self.prior, self.learned)
        self._best = {}
        for part in PARTS:
            vertices, shipped = self.avatar.features_of(part).vertices, self._painter(part)
            rows = some(most_moved(self.pictures, self.learned, self._calm, vertices), _HELD_OUT)
            moved = draw_canvases(self.material, self.pictures, ((self._calm,),), rows, self.prior, (part,))[part]
            held, beyond = (
                (score_avatar(canvas), score_painter(canvas, shipped)) for canvas in (self._held[part], moved)
            )
            self._best[part] = Best(*held, beyond)

    def learn(self, minutes: float, *, resume: bool, progress: Progress, shown: Shown) -> Painting:
        """Return who paints the person, after so many minutes of adapting in all; without torch, at once.

        Args:
            minutes: of painting at most; it ends before where nothing becomes better. What was spent before counts
                where ``resume`` finds it.
            progress: called with every step. shown: called at the first look, and at each that finds it better.

        Raises:
            NoSpaceError: the disk is full; the last state stays.
        """
        self._offer_earlier()
        self._keep(shown)
        if find_spec("torch") is None:
            return self._keep(shown, remarks=(NO_TORCH,))
        from bonaface.making.adapt import Adapter  # noqa: PLC0415  # only here is torch needed

        ways = cross_fit(self.pictures, self.prior, self.learned, self._calm)
        own = draw_canvases(self.material, self.pictures, ways, some(self.learned), self.prior)
        adapter = Adapter(own, rehearse(self.pictures, self.avatar, self.prior))
        if resume:
            self._take_up(adapter)
        whole_s = 60 * minutes
        look_every_s = max(_LOOK_EVERY_S, whole_s / _LOOKS)
        before_s = time.monotonic() - self._spent_s
        looked_s = saved_s = better_s = self._spent_s
        try:
            while self._spent_s < whole_s and self._spent_s - better_s < _PATIENCE_S:
                adapter.step()
                self._spent_s = time.monotonic() - before_s
                last = self._spent_s >= whole_s
                if last or self._spent_s - looked_s >= look_every_s:
                    if self._look(adapter):
                        self._keep(shown)
                        better_s = self._spent_s
                    looked_s = self._spent_s
                if self._spent_s - saved_s >= _SAVE_EVERY_S:
                    self._save(adapter)
                    saved_s = self._spent_s
                progress(Step("painting", int(self._spent_s), int(np.ceil(whole_s)), "seconds", self._note()))
        except KeyboardInterrupt:
            self._save(adapter)
            raise
        self._save(adapter)
        return self._keep(shown)

    def _offer_earlier(self) -> None:
        """Let what was learned before over the same avatar stand until something is better."""
        try:
            earlier = load_over(self.path, self.avatar_sha256)
        except CorruptPersonError:
            return
        for part, weights in (earlier.weights if earlier else {}).items():
            self._best[part].offer(score_painter(self._held[part], self._painter(part, weights)), weights)

    def _look(self, adapter: Any) -> bool:
        """Judge what was learned; returns whether any part is better than ever."""
        better = False
        for part, best in self._best.items():
            weights = adapter.weights(part)
            better |= best.offer(score_painter(self._held[part], self._painter(part, weights)), weights)
        return better

    def _painter(self, part: str, weights: Weights | None = None) -> Painter:
        return Painter(part, self.prior, self.pictures.face_px, weights)

    def _keep(self, shown: Shown, remarks: tuple[str, ...] = ()) -> Painting:
        """Write the painting as it stands, and show it."""
        verdicts = {part: best.verdict() for part, best in self._best.items()}
        weights = {
            part: best.weights
            for part, best in self._best.items()
            if best.weights is not None and verdicts[part].kept == "network"
        }
        painting = Painting(verdicts, weights, self._spent_s / 60, self.avatar_sha256, remarks=remarks)
        save(painting, self.path)
        shown(self._spent_s, painting)
        return painting

    def _note(self) -> str:
        words = (
            f"{part} {best.network.error:.2f} (avatar {best.avatar.error:.2f})" for part, best in self._best.items()
        )
        return "held out: " + ", ".join(words)

    @property
    def _state_path(self) -> Path:
        return self.path.with_suffix(".state")

    def _save(self, adapter: Any) -> None:
        import torch  # noqa: PLC0415

        best = {part: {n: torch.from_numpy(v) for n, v in (b.weights or {}).items()} for part, b in self._best.items()}
        state = {**adapter.state(), "best": best, "spent_s": self._spent_s, "avatar_sha256": self.avatar_sha256}
        held = io.BytesIO()
        torch.save(state, held)
        with atomic_path(self._state_path) as temporary:
            temporary.write_bytes(held.getvalue())

    def _take_up(self, adapter: Any) -> None:
        """Go on from the state on disk; one that is damaged, or of another avatar, is as none."""
        import torch  # noqa: PLC0415

        if not self._state_path.is_file():
            return
        fresh = adapter.state()
        try:
            state: Mapping[str, Any] = torch.load(self._state_path, weights_only=True)
            if state["avatar_sha256"] != self.avatar_sha256:
                return
            adapter.take_up(state)
            spent_s = float(state["spent_s"])
            found = {part: {n: v.numpy() for n, v in state["best"][part].items()} for part in PARTS}
        except Exception:  # noqa: BLE001  # whatever a damaged pickle raises: learning begins anew
            adapter.take_up(fresh)
            return
        self._spent_s = spent_s
        for part, weights in found.items():
            if weights:
                self._best[part].offer(score_painter(self._held[part], self._painter(part, weights)), weights)


def paint_blank(path: Path, avatar_sha256: str) -> Painting:
    """Return, and write, the painting of a person of whom hardly anything was filmed: eyes as they are seen.

    What lies between the lips is painted whole.
    """
    mouth, eyes = Verdict("network", 0.0, 0.0, 0.0, 0.0, 1.0), Verdict("avatar", 0.0, 0.0, 0.0, 0.0, 0.0)
    verdicts = dict(zip(PARTS, (mouth, eyes), strict=True))
    painting = Painting(verdicts, {}, 0.0, avatar_sha256, blank=True, remarks=(TOO_FEW,))
    save(painting, path)
    return painting
