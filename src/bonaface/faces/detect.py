"""Finding faces in a picture of any size: YuNet at several scales."""

from __future__ import annotations

import cv2
import numpy as np

from bonaface.models import model_path
from bonaface.terms.arrays import Doubles, Floats, Rgb8
from bonaface.terms.face import Detection

_MODEL = "face_detection_yunet_2023mar.onnx"
_COARSE_PX = 320  # longer side of the first look, where the largest faces are found best
_MIDDLE_PX = 640
_SMALLEST_SEEN_PX = 16  # a face of this size at the network's input is found nearly always
_LARGEST_SCALE = 4.0  # enlarging further adds false finds and no face
_TILE_PX = 1280
_TILE_OVERLAP_PX = 192
_SAME_FACE = 0.35  # intersection over union
_INSIDE = 0.7  # share of the smaller box; a box inside another is the same face, seen at another scale


class FaceDetector:
    """Finds faces of any roll. An instance belongs to one thread."""

    def __init__(self) -> None:
        """Load YuNet.

        Raises:
            MissingPartError: the model file is missing.
        """
        self._yunet = cv2.FaceDetectorYN.create(str(model_path(_MODEL)), "", (320, 320), 0.5, 0.3, 5000)

    def find(self, rgb8: Rgb8, *, min_face_px: float = 24.0, score: float = 0.7) -> list[Detection]:
        """Return the faces at least about ``min_face_px`` wide, the largest first.

        Every picture is looked at from afar (the largest faces), at a middle size, and finely enough for the
        smallest wanted face; large pictures in tiles for the last. The looks are merged, the surest find of a face
        wins.
        """
        found: list[Floats] = []
        for scale in _scales(rgb8.shape[:2], min_face_px):
            found += self._look(rgb8, scale, score)
        kept = [row for row in merge_finds(found) if max(row[2], row[3]) >= 0.75 * min_face_px]
        return [_detection(row) for row in sorted(kept, key=lambda row: -row[2] * row[3])]

    def find_quickly(self, rgb8: Rgb8, *, longer_side_px: int = 320, score: float = 0.7) -> list[Detection]:
        """Return the faces that one look at the whole picture finds, shrunk to ``longer_side_px``, largest first."""
        scale = min(1.0, longer_side_px / max(rgb8.shape[:2]))
        found = self._look(rgb8, scale, score)
        return [_detection(row) for row in sorted(merge_finds(found), key=lambda row: -row[2] * row[3])]

    def _look(self, rgb8: Rgb8, scale: float, score: float) -> list[Floats]:
        """Return rows of YuNet (15,) in picture pixels, found at one scale."""
        height, width = rgb8.shape[:2]
        size = max(8, round(width * scale)), max(8, round(height * scale))
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        seen = rgb8 if size == (width, height) else cv2.resize(rgb8, size, interpolation=how)
        stretch = np.array([width / size[0], height / size[1]])
        rows: list[Floats] = []
        for left, top in _tiles(size):
            tile = seen[top : top + _TILE_PX, left : left + _TILE_PX]
            rows += [_to_picture(row, (left, top), stretch) for row in self._run(tile, score)]
        return rows

    def _run(self, rgb8: Rgb8, score: float) -> list[Floats]:
        self._yunet.setInputSize((rgb8.shape[1], rgb8.shape[0]))
        self._yunet.setScoreThreshold(score)
        rows = self._yunet.detect(cv2.cvtColor(rgb8, cv2.COLOR_RGB2BGR))[1]
        return [] if rows is None else list(rows)


def merge_finds(rows: list[Floats]) -> list[Floats]:
    """Return one row (15,) for each face among rows found at several scales or in overlapping tiles: the surest."""
    kept: list[Floats] = []
    for row in sorted(rows, key=lambda row: -float(row[14])):
        if all(not _is_same_face(row, other) for other in kept):
            kept.append(row)
    return kept


def shift_detection(detection: Detection, right_px: int, down_px: int) -> Detection:
    """Return the detection moved, as from a part of a picture to the whole."""
    by = np.array([right_px, down_px], np.float32)
    box = detection.box_xywh_px.copy()
    box[:2] += by
    return Detection(box, detection.points_xy_px + by, detection.score)


def overlap(box: Floats, other: Floats) -> tuple[float, float]:
    """Return intersection over union, and intersection over the smaller, of two boxes x, y, width, height."""
    low = np.maximum(box[:2], other[:2])
    high = np.minimum(box[:2] + box[2:4], other[:2] + other[2:4])
    common = float(np.prod(np.clip(high - low, 0, None)))
    areas = float(box[2] * box[3]), float(other[2] * other[3])
    return common / max(sum(areas) - common, 1e-6), common / max(min(areas), 1e-6)


def _is_same_face(row: Floats, other: Floats) -> bool:
    union, smaller = overlap(row[:4], other[:4])
    return union > _SAME_FACE or smaller > _INSIDE


def _scales(hw: tuple[int, ...], min_face_px: float) -> list[float]:
    longer = max(hw)
    fine = min(_LARGEST_SCALE, max(_SMALLEST_SEEN_PX / min_face_px, _COARSE_PX / longer))
    scales = [fine]
    for side in (_MIDDLE_PX, _COARSE_PX):
        # A look is worth its time only where it is clearly coarser than the one before.
        if side / longer < 0.7 * scales[-1]:
            scales.append(side / longer)
    return scales


def _tiles(size: tuple[int, int]) -> list[tuple[int, int]]:
    """Return the (left, top) corners of tiles that cover a picture of this (width, height), overlapping."""

    def starts(length: int) -> list[int]:
        if length <= _TILE_PX:
            return [0]
        count = int(np.ceil((length - _TILE_OVERLAP_PX) / (_TILE_PX - _TILE_OVERLAP_PX)))
        return [round(k) for k in np.linspace(0, length - _TILE_PX, count)]

    return [(left, top) for top in starts(size[1]) for left in starts(size[0])]


def _to_picture(row: Floats, origin: tuple[int, int], stretch: Doubles) -> Floats:
    out = row.astype(np.float32).copy()
    out[0:2] = (row[0:2] + origin) * stretch
    out[2:4] = row[2:4] * stretch
    out[4:14] = ((row[4:14].reshape(5, 2) + origin + 0.5) * stretch - 0.5).ravel()
    return out


def _detection(row: Floats) -> Detection:
    return Detection(row[:4].copy(), row[4:14].reshape(5, 2).copy(), float(row[14]))
