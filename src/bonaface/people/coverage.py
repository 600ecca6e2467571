"""What has been filmed of a person and what is missing: as advice and as a picture."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from bonaface.people.face_set import FaceSet, angles_of
from bonaface.terms.arrays import Rgb8

YAW_DEG = (-35.0, -12.0, 12.0, 35.0)
PITCH_DEG = (-15.0, 15.0)
"""Borders of the fields: five directions of turning, three of nodding."""
_JAW_OPEN, _SMILES, _BLINKS = 25, (44, 45), (9, 10)
_CELL_PX = 128


@dataclass(frozen=True, slots=True, eq=False)
class Coverage:
    """``counts`` (3, 5): crops by pitch (up to down) and yaw (to the viewer's left to right); shares 0..1 of crops."""

    count: int
    counts: np.ndarray
    mouth_open: float
    smiling: float
    eyes_closed: float
    light_spread: float
    advice: tuple[str, ...]


def coverage_of(face_set: FaceSet) -> Coverage:
    """Return what a face set covers, with advice on what to film next."""
    angles = angles_of(face_set.points)
    columns, rows = np.digitize(-angles[:, 1], YAW_DEG), np.digitize(angles[:, 0], PITCH_DEG)
    counts = np.zeros((3, 5), np.int64)
    np.add.at(counts, (rows, columns), 1)
    shapes = face_set.blendshapes
    mouth = float((shapes[:, _JAW_OPEN] > 0.25).mean())
    smiles = float((shapes[:, list(_SMILES)].mean(1) > 0.4).mean())
    closed = float((shapes[:, list(_BLINKS)].mean(1) > 0.5).mean())
    light = float(np.quantile(face_set.brightness, 0.95) - np.quantile(face_set.brightness, 0.05))
    return Coverage(
        len(face_set), counts, mouth, smiles, closed, light, _advice(len(face_set), counts, mouth, smiles, closed)
    )


def draw_coverage(face_set: FaceSet) -> Rgb8:
    """Return a picture (384, 640, 3): for each direction the sharpest crop, dark where nothing was filmed."""
    angles = angles_of(face_set.points)
    columns, rows = np.digitize(-angles[:, 1], YAW_DEG), np.digitize(angles[:, 0], PITCH_DEG)
    out = np.full((3 * _CELL_PX, 5 * _CELL_PX, 3), 40, np.uint8)
    for row in range(3):
        for column in range(5):
            here = np.flatnonzero((rows == row) & (columns == column))
            if len(here) == 0:
                continue
            best = int(here[np.argmax(face_set.sharpness[here])])
            cell = cv2.resize(face_set.crop(best), (_CELL_PX, _CELL_PX), interpolation=cv2.INTER_AREA)
            cv2.putText(cell, str(len(here)), (5, 16), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (255, 255, 255), 1, cv2.LINE_AA)
            out[row * _CELL_PX : (row + 1) * _CELL_PX, column * _CELL_PX : (column + 1) * _CELL_PX] = cell
    return out


def _advice(count: int, counts: np.ndarray, mouth: float, smiles: float, closed: float) -> tuple[str, ...]:
    out = []
    if count < 5:
        out.append("With fewer than 5 pictures the likeness is a guess; give at least 5.")
    elif count < 60:
        out.append(
            "With so few pictures expression is mostly the target's; half a minute of talking to the camera helps most."
        )
    sides = counts.sum(0)
    least = max(2, 0.02 * count)
    if sides[0] + sides[1] < least:
        out.append("Film the head turned to one side (the nose to the left of the picture).")
    if sides[3] + sides[4] < least:
        out.append("Film the head turned to the other side (the nose to the right of the picture).")
    for row, word in ((0, "up"), (2, "down")):
        if counts[row].sum() < least:
            out.append(f"Film the head tilted {word}.")
    if mouth < 0.02:
        out.append("Film the mouth open: speak, say ah.")
    if smiles < 0.02:
        out.append("Film a wide smile that shows the teeth.")
    if closed < 0.005:
        out.append("Film blinking and closed eyes.")
    return tuple(out)
