"""What a followed face looks like, kept so that it can be told from others later."""

from __future__ import annotations

import numpy as np

from bonaface.faces.embed import Embedder, align_crop
from bonaface.terms.arrays import Floats, Rgb8

_KEPT = 4
_EVERY = 12  # frames between two crops


class Likeness:
    """A few aligned crops of one face. They are embedded only when somebody asks: most clips never need it."""

    def __init__(self) -> None:
        """Begin with no crop."""
        self._crops: list[Rgb8] = []
        self._embeddings: list[Floats | None] = []
        self._seen = 0

    def remember(self, rgb8: Rgb8, points: Floats) -> None:
        """Keep a crop of this frame now and then; the first half of the kept stays, the rest is renewed."""
        self._seen += 1
        if self._seen % _EVERY != 1:
            return
        if len(self._crops) == _KEPT:
            del self._crops[_KEPT // 2], self._embeddings[_KEPT // 2]
        self._crops.append(align_crop(rgb8, points))
        self._embeddings.append(None)

    def compare(self, embedding: Floats, embedder: Embedder) -> float:
        """Return the cosine to the nearest kept crop, -1 where there is none."""
        best = -1.0
        for k, crop in enumerate(self._crops):
            known = self._embeddings[k]
            if known is None:
                known = self._embeddings[k] = embedder.embed_crop(crop)
            best = max(best, float(np.dot(known, embedding)))
        return best
