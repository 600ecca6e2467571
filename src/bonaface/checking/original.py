"""The examiner with an original: where does a picture differ from the one that it is said to have been made from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from bonaface.media.image import in_srgb, read_image
from bonaface.terms.arrays import Floats, Rgb8
from bonaface.terms.errors import UsageError
from bonaface.terms.finding import Evidence, Finding
from bonaface.terms.picture import as_rgb8

_FEATURES, _BEST, _LEAST = 2000, 400, 12
_LOOSE_PX = 3.0
_RELIABLE = "a measurement, as good as the original is the original"


def against_original(finding: Finding, original: Path) -> Finding:
    """Return the finding with the map of differences, and what they say of each face.

    Raises:
        UsageError: a clip, or two pictures that do not show one scene. MissingFileError, UnreadableMediaError.
    """
    if finding.kind != "image":
        raise UsageError(
            f"{finding.path} is a clip; save the frame in question as a picture to hold it to an original."
        )
    seen, before = (as_rgb8(in_srgb(read_image(path)).rgb) for path in (finding.path, original))
    try:
        away, covered = difference_map(seen, before)
    except ValueError as error:
        raise UsageError(f"{finding.path} cannot be laid over {original}: {error}") from error
    faces = []
    for face in finding.faces:
        left, top, wide, high = (max(0, side) for side in face.box_xywh_px)
        inside = away[top : top + high, left : left + wide]
        within, whole = float(inside.mean()) if inside.size else 0.0, float(np.median(away))
        words = f"In this face it differs from the original by {within:.1f} grey levels, elsewhere by {whole:.1f}."
        faces.append(replace(face, evidence=(*face.evidence, Evidence("original", words, within, 0.0, _RELIABLE))))
    words = f"{covered:.0%} of the picture could be laid over the original {original.name}."
    told = (*finding.origin, Evidence("original", words, round(covered, 4), 0.0, _RELIABLE))
    return replace(finding, faces=tuple(faces), origin=told, difference=away)


def difference_map(seen: Rgb8, original: Rgb8) -> tuple[Floats, float]:
    """Return where a picture differs from the original once that lies over it: (H, W) in grey levels, and how much of
    the picture could be laid over it (0..1).

    They are aligned by features (ORB; Rublee and others 2011) and a homography, light by mean and deviation.

    Raises:
        ValueError: they do not show the same scene.
    """
    grey, before = (cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) for picture in (seen, original))
    finder = cv2.ORB_create(_FEATURES)  # type: ignore[attr-defined]
    (points, words), (points_before, words_before) = (finder.detectAndCompute(each, None) for each in (grey, before))
    if words is None or words_before is None:
        raise ValueError("one of them has no detail to align by; name the picture that it was made from.")
    pairs = cv2.BFMatcher(cv2.NORM_HAMMING, crossCheck=True).match(words_before, words)
    pairs = sorted(pairs, key=lambda pair: pair.distance)[:_BEST]
    if len(pairs) < _LEAST:
        raise ValueError("they have too little in common; name the picture that it was made from.")
    source = np.array([points_before[pair.queryIdx].pt for pair in pairs], np.float32)
    target = np.array([points[pair.trainIdx].pt for pair in pairs], np.float32)
    lay, sure = cv2.findHomography(source, target, cv2.RANSAC, _LOOSE_PX)
    if lay is None or int(sure.sum()) < _LEAST:
        raise ValueError("they have too little in common; name the picture that it was made from.")
    size = seen.shape[1::-1]
    laid = cv2.warpPerspective(original, lay, size).astype(np.float32)
    covered = cv2.warpPerspective(np.ones(original.shape[:2], np.uint8), lay, size) > 0
    away = np.zeros(seen.shape[:2], np.float32)
    for channel in range(3):
        new, old = seen[..., channel].astype(np.float32), laid[..., channel]
        scale = new[covered].std() / max(float(old[covered].std()), 1e-3)
        away += np.abs(new - ((old - old[covered].mean()) * scale + new[covered].mean())) / 3
    return np.where(covered, away, 0).astype(np.float32), float(covered.mean())
