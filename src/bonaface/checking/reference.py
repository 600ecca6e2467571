"""The examiner with a reference: is it the person who is said to be shown, and does it differ from the original."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
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
    embedder: Embedder

    def examine(self, looks: Sequence[Look]) -> Evidence:
        """Return how like the faces are; it weighs nothing in the score."""
        each = [float(self.embedder.embed(look.crop, _POINTS) @ self.identity) for look in looks]
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
    return Reference(mean / max(float(np.linalg.norm(mean)), 1e-9), len(looks), embedder)


def difference_map(seen: Rgb8, original: Rgb8) -> tuple[Floats, float]:
    """Return where a picture differs from the original once that lies over it: (H, W) in grey levels, and how much of
    the picture could be laid over it (0..1).

    They are aligned by features (ORB; Rublee and others 2011) and a homography, light by mean and deviation.

    Raises:
        ValueError: they do not show the same scene.
    """
    grey, before = (cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) for picture in (seen, original))
    finder = cv2.ORB_create(2000)  # type: ignore[attr-defined]
    (points, words), (points_before, words_before) = (finder.detectAndCompute(each, None) for each in (grey, before))
    if words is None or words_before is None:
        raise ValueError("Expected two pictures of one scene; one of them has no detail to align by.")
    pairs = cv2.BFMatcher(cv2.NORM_HAMMING, crossCheck=True).match(words_before, words)
    pairs = sorted(pairs, key=lambda pair: pair.distance)[:400]
    if len(pairs) < 12:
        raise ValueError("Expected two pictures of one scene; they have too little in common.")
    source = np.array([points_before[pair.queryIdx].pt for pair in pairs], np.float32)
    target = np.array([points[pair.trainIdx].pt for pair in pairs], np.float32)
    lay, sure = cv2.findHomography(source, target, cv2.RANSAC, 3.0)
    if lay is None or int(sure.sum()) < 12:
        raise ValueError("Expected two pictures of one scene; they have too little in common.")
    size = seen.shape[1::-1]
    laid = cv2.warpPerspective(original, lay, size).astype(np.float32)
    covered = cv2.warpPerspective(np.ones(original.shape[:2], np.uint8), lay, size) > 0
    away = np.zeros(seen.shape[:2], np.float32)
    for channel in range(3):
        new, old = seen[..., channel].astype(np.float32), laid[..., channel]
        scale = new[covered].std() / max(float(old[covered].std()), 1e-3)
        away += np.abs(new - ((old - old[covered].mean()) * scale + new[covered].mean())) / 3
    return np.where(covered, away, 0).astype(np.float32), float(covered.mean())
