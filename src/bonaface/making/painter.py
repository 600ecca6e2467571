"""The network that paints mouths and eyes of a person, run by ONNX Runtime: the shipped one, or the person's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import onnxruntime
from safetensors.numpy import load_file

from bonaface.making.patch import Patch, eye_patches, mouth_patch
from bonaface.making.prior import Prior
from bonaface.models import model_path
from bonaface.terms.arrays import Floats

PARTS = ("mouth", "eyes")
"""What a network is for. Both eyes are painted by one."""
Weights = Mapping[str, np.ndarray]
"""Of one network, by the names of `making.painter_network.Painter`, float32."""


@dataclass(frozen=True, slots=True, eq=False)
class Pose:
    """What a face does: ``shape`` (478, 3) canonical; ``displacement`` (478, 3) of it from the person's neutral;
    ``angles_deg`` (3,) pitch, yaw and roll of the head.
    """

    shape: Floats
    displacement: Floats
    angles_deg: Floats


def patches_of(part: str, prior: Prior) -> tuple[Patch, ...]:
    """Return the patches that a part's network paints."""
    return (mouth_patch(prior),) if part == "mouth" else eye_patches(prior)


@lru_cache(maxsize=2)
def shipped_weights(part: str) -> Weights:
    """Return the weights that a network is shipped with.

    Raises:
        MissingPartError: their file is not there.
    """
    held = load_file(model_path(f"painter_{part}.safetensors"))
    return {name: value.astype(np.float32) for name, value in held.items()}


def shapes_of(part: str) -> dict[str, tuple[int, ...]]:
    """Return the shapes of a network's weights by their names."""
    return {name: value.shape for name, value in shipped_weights(part).items()}


def told(patches: tuple[Patch, ...], pose: Pose, prior: Prior, face_px: float) -> tuple[Floats, Floats]:
    """Return geometry (P, 6, side / 2, side / 2) and code (P, K) of each patch."""
    geometry = [patch.geometry(pose.shape, pose.displacement, prior.reference) for patch in patches]
    code = [patch.code(pose.displacement, pose.angles_deg, prior.codes, face_px) for patch in patches]
    return np.stack(geometry), np.stack(code)


@dataclass(slots=True, eq=False)
class Painter:
    """Paints one part of a texture.

    ``part`` is one of `PARTS`; ``face_px`` the width of the face in the person's material; ``weights`` the person's
    own, None for the shipped ones. ``blank``: nothing is known of the part (one portrait, a person who does not
    exist), so that all of it is painted. ``beyond``: it paints only what was never filmed.
    """

    part: str
    prior: Prior
    face_px: float
    weights: Weights | None = None
    blank: bool = False
    beyond: bool = False
    threads: int = 1
    patches: tuple[Patch, ...] = field(init=False)
    _session: onnxruntime.InferenceSession = field(init=False)
    _hole: Floats = field(init=False)
    _held: list[onnxruntime.OrtValue] = field(init=False)  # the session does not keep them alive

    def __post_init__(self) -> None:
        """Load the network.

        Raises:
            MissingPartError: its file is not there.
        """
        self.patches = patches_of(self.part, self.prior)
        holes = [patch.hole if self.blank else np.zeros_like(patch.hole) for patch in self.patches]
        self._hole = np.stack(holes)[:, None]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self.threads
        weights = self.weights or shipped_weights(self.part)
        values = [np.ascontiguousarray(value, np.float32) for value in weights.values()]
        self._held = [onnxruntime.OrtValue.ortvalue_from_numpy(value) for value in values]
        options.add_external_initializers(list(weights), self._held)  # the file names its weights, and holds none
        model = str(model_path(f"painter_{self.part}.onnx"))
        self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def run(self, base: Floats, geometry: Floats, code: Floats) -> Floats:
        """Return painted patches (P, side, side, 3) float32 0..255.

        Args:
            base: (P, side, side, 3) 0..255 as the avatar shows them. geometry, code: see `told`.
        """
        planes = np.clip(base.transpose(0, 3, 1, 2) * np.float32(1 / 255), 0, 1)
        feed = {"base": planes, "hole": self._hole, "geometry": geometry, "code": code}
        (painted,) = self._session.run(None, feed)
        return painted.transpose(0, 2, 3, 1) * np.float32(255)

    def look(self, texture: Floats, pose: Pose) -> Floats:
        """Return what would be painted on a texture, as `run` does."""
        return self._over(texture, pose)[1]

    def paint(self, texture: Floats, pose: Pose, share: float = 1.0) -> None:
        """Paint the part of a texture (size, size, 3) float32 0..255 of any size, in place, by a share of 0..1."""
        for patch, before, after in zip(self.patches, *self._over(texture, pose), strict=True):
            patch.add(texture, (after - before) * (np.float32(share) * patch.soft[..., None]))

    def _over(self, texture: Floats, pose: Pose) -> tuple[Floats, Floats]:
        """Return the patches of a texture as they are, and painted."""
        base = np.stack([patch.take(texture) for patch in self.patches])
        return base, self.run(base, *told(self.patches, pose, self.prior, self.face_px))
