"""The learned examiner's network, run by ONNX Runtime."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bonaface.faces.network import onnx_session
from bonaface.terms.arrays import Floats, Rgb8

_MODEL = "checker.onnx"
_AT_ONCE = 16


class CheckerNetwork:
    """Scores face crops. An instance may be shared by threads."""

    def __init__(self, *, num_threads: int = 2) -> None:
        """Load the network.

        Raises:
            MissingPartError: its file is not there.
        """
        self._session = onnx_session(_MODEL, num_threads=num_threads)

    def run(self, crops: Sequence[Rgb8]) -> tuple[Floats, Floats]:
        """Return logits (N,) and maps (N, cells, cells) 0..1 of where a face was changed.

        Args:
            crops: (side, side, 3) each, made by `checking.crop.face_crop`.
        """
        logits, maps = [], []
        for start in range(0, len(crops), _AT_ONCE):
            planes = np.stack(crops[start : start + _AT_ONCE]).transpose(0, 3, 1, 2).astype(np.float32)
            logit, where = self._session.run(None, {"picture": planes * np.float32(1 / 255)})
            logits.append(logit)
            maps.append(1 / (1 + np.exp(-where)))
        return np.concatenate(logits), np.concatenate(maps)
