"""The examiner with a reference: is it the person who is said to be shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bonaface.checking.crop import SIDE_PX, TEMPLATE
from bonaface.faces.embed import Embedder, five_points
from bonaface.terms.arrays import Floats, Rgb8
from bonaface.terms.finding import Evidence, Look

_LIKE = 0.363
"""SFace's cosine that one in a thousand pairs of strangers reaches (docs/measured.md)."""
_RELIABLE = "one in a thousand strangers is as like; a swap can reach it too, so that likeness proves nothing"
_POINTS = (TEMPLATE * SIDE_PX).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """Who is said to be shown: ``identity`` (128,) of length 1, mean over ``looks`` at the reference."""

    identity: Floats
    looks: int

    def examine(self, looks: Sequence[Look], embedder: Embedder) -> Evidence:
        """Return how like the faces are; it weighs nothing in the score."""
        each = [float(embedder.embed(look.crop, _POINTS) @ self.identity) for look in looks]
        likeness, least = float(np.mean(each)), float(np.min(each))
        says = "is like" if likeness >= _LIKE else "is not like"
        words = (
            f"The face {says} the reference (cosine {likeness:.2f}, lowest {least:.2f}, a stranger's under {_LIKE})."
        )
        if likeness >= _LIKE and least < _LIKE and len(each) > 1:
            words += " In parts of the clip it is not: the identity drifts."
        return Evidence("reference", words, round(likeness, 4), 0.0, _RELIABLE)


def reference_of(looks: Sequence[tuple[Rgb8, Floats]], embedder: Embedder) -> Reference:
    """Return the reference of pictures (H, W, 3) with the points of the face in each (5, 2) or (478, 3).

    Raises:
        ValueError: there are none.
    """
    if not looks:
        raise ValueError("Expected at least one face of the reference, got none.")
    mean = np.mean([embedder.embed(picture, five_points(points)) for picture, points in looks], axis=0)
    return Reference(mean / max(float(np.linalg.norm(mean)), 1e-9), len(looks))
