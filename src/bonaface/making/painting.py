"""What paints a person, on disk: which parts the network paints, its weights, and what that was decided on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from safetensors.numpy import save as packed

from bonaface.making.painter import PARTS, Painter, Weights, shapes_of
from bonaface.making.prior import Prior
from bonaface.making.record import read_record, whole
from bonaface.media.scratch import atomic_path

VERSION = 2


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate said of a part: who paints it, and by which held-out figures (see `making.gate.Score`).

    ``kept``: "network", "avatar", or "both": the avatar what was filmed, the network what was not.
    ``avatar_beyond`` and ``network_beyond`` are the errors in expressions that the avatar was kept from.
    """

    kept: str
    avatar_error: float
    network_error: float
    avatar_movement: float
    network_movement: float
    share: float
    avatar_beyond: float = 0.0
    network_beyond: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Painting:
    """Who paints a person's mouth and eyes.

    ``verdicts`` by part; ``weights`` of the parts that the network paints, none where the shipped ones serve;
    ``minutes`` spent on adapting them; ``avatar_sha256`` the avatar that they paint over; ``blank``: nothing is known
    of the parts but what the network makes up.
    """

    verdicts: Mapping[str, Verdict]
    weights: Mapping[str, Weights]
    minutes: float
    avatar_sha256: str
    blank: bool = False
    remarks: tuple[str, ...] = field(default=())

    def painters(self, prior: Prior, face_px: float) -> tuple[Painter, ...]:
        """Return the painters of the parts that the network paints."""
        kept = {part: self.verdicts[part].kept for part in PARTS if part in self.verdicts}
        return tuple(
            Painter(part, prior, face_px, self.weights.get(part), self.blank, who == "both")
            for part, who in kept.items()
            if who != "avatar"
        )


def save(painting: Painting, path: Path) -> None:
    """Write a painting, replacing an older one.

    Raises:
        NoSpaceError: the disk is full; the older file is untouched.
    """
    tensors = {
        f"{part}.{name}": np.ascontiguousarray(value, np.float16)
        for part, weights in painting.weights.items()
        for name, value in weights.items()
    }
    facts = {
        "version": VERSION,
        "verdicts": {part: asdict(verdict) for part, verdict in painting.verdicts.items()},
        "minutes": painting.minutes,
        "avatar_sha256": painting.avatar_sha256,
        "blank": painting.blank,
        "remarks": painting.remarks,
    }
    with atomic_path(path) as temporary:
        temporary.write_bytes(packed(tensors, {"painting": json.dumps(facts)}))


def load(path: Path) -> Painting:
    """Read a painting.

    Raises:
        CorruptPersonError: the file is damaged, or of another version.
    """
    with whole(path):
        facts, held = read_record(path, "painting", VERSION)
        weights: dict[str, dict[str, np.ndarray]] = {}
        for name, value in held.items():
            part, _, rest = name.partition(".")
            if part not in PARTS or not np.isfinite(value).all():
                raise ValueError(f"{name} is not finite, or of no part")
            weights.setdefault(part, {})[rest] = value.astype(np.float32)
        for part, found in weights.items():
            if {name: value.shape for name, value in found.items()} != shapes_of(part):
                raise ValueError(f"the weights of the {part} are not those of this network")
        verdicts = {part: Verdict(**verdict) for part, verdict in facts["verdicts"].items()}
        remarks = tuple(str(remark) for remark in facts["remarks"])
        return Painting(
            verdicts, weights, float(facts["minutes"]), str(facts["avatar_sha256"]), bool(facts["blank"]), remarks
        )


def load_over(path: Path, avatar_sha256: str) -> Painting | None:
    """Return the painting that lies over an avatar; None where there is none, or one of another avatar.

    Raises:
        CorruptPersonError: as `load`.
    """
    painting = load(path) if path.is_file() else None
    return painting if painting is not None and painting.avatar_sha256 == avatar_sha256 else None
