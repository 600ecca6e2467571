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
_UPRIGHT_RAD = float(np.radians(35))
_COARSE_SCALE = 0.75
_REFINED_PX = 100.0
_LEAST_INPUT_PX = 64
_SURE = 0.9
_TILE_PX = 1280
_TILE_OVERLAP_PX = 192
_SAME_FACE = 0.35  # intersection over union
_INSIDE = 0.7  # share of the smaller box; a box inside another is the same face, seen at another scale
ROLLS_RAD = tuple(float(np.radians(turn)) for turn in (60, 120, 180, 240, 300))
"""YuNet finds faces that are tilted by up to 30 degrees; looking at turned pictures finds the others."""
_TURNED_SCORE = 0.8  # turned pictures hold more that merely resembles a face: measured on cats, hands and leaves


class FaceDetector:
    """Finds faces of any roll. An instance belongs to one thread."""

    def __init__(self) -> None:
        """Load YuNet.

        Raises:
            MissingPartError: the model file is missing.
        """
        self._yunet = cv2.FaceDetectorYN.create(str(model_path(_MODEL)), "", (320, 320), 0.5, 0.3, 5000)

    def find(
        self,
        rgb8: Rgb8,
        *,
        min_face_px: float = 24.0,
        score: float = 0.7,
        tilted_finely: bool = True,
        tilted_beside_upright: bool = True,
    ) -> list[Detection]:
        """Return the faces at least about ``min_face_px`` wide, the largest first.

        Every picture is looked at from afar (the largest faces), at a middle size, and finely enough for the
        smallest wanted face; large pictures in tiles for the last. From afar and at the middle size it is also looked
        at turned by each of `ROLLS_RAD`; finely only where no face was found and ``tilted_finely`` is wanted, which
        takes five times as long. With ``tilted_beside_upright`` False it is not looked at turned at all where a sure
        upright face was found. The looks are merged, the surest find of a face wins.
        """
        scales = _scales(rgb8.shape[:2], min_face_px)
        found = [row for scale in scales for row in self._look(rgb8, scale, score)]
        sure = any(row[14] >= _SURE and abs(_roll(row)) < _UPRIGHT_RAD for row in found)
        for scale in sorted(scales) if tilted_beside_upright or not sure else ():
            if scale * max(rgb8.shape[:2]) > _MIDDLE_PX and (found or not tilted_finely):
                break
            for roll_rad in ROLLS_RAD:
                found += self._look_turned(rgb8, scale, max(score, _TURNED_SCORE), roll_rad)
        kept = [self._upright_again(rgb8, row) for row in merge_finds(found)]
        kept = [row for row in kept if max(row[2], row[3]) >= 0.75 * min_face_px]
        return [_detection(row) for row in sorted(kept, key=lambda row: -row[2] * row[3])]

    def find_quickly(
        self, rgb8: Rgb8, *, longer_side_px: int = 320, score: float = 0.7, roll_rad: float = 0.0
    ) -> list[Detection]:
        """Return the faces that one look at the whole picture finds, shrunk to ``longer_side_px``, largest first.

        ``roll_rad``: how far, clockwise, the faces are thought to be tilted, to within 30 degrees.
        """
        scale = min(1.0, longer_side_px / max(rgb8.shape[:2]))
        if abs(roll_rad) < _UPRIGHT_RAD:
            found = self._look(rgb8, scale, score)
        else:
            found = self._look_turned(rgb8, scale, max(score, _TURNED_SCORE), roll_rad)
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

    def _look_turned(self, rgb8: Rgb8, scale: float, score: float, roll_rad: float) -> list[Floats]:
        """Return rows of YuNet (15,) in picture pixels, found in the picture turned back by ``roll_rad``."""
        height, width = rgb8.shape[:2]
        cosine, sine = np.cos(roll_rad), np.sin(roll_rad)
        wide = max(8, round(scale * (abs(width * cosine) + abs(height * sine))))
        high = max(8, round(scale * (abs(width * sine) + abs(height * cosine))))
        turn = np.array([[cosine, -sine], [sine, cosine]])
        back = np.column_stack([turn / scale, [(width - 1) / 2, (height - 1) / 2]])
        back[:, 2] -= back[:, :2] @ ((wide - 1) / 2, (high - 1) / 2)
        part, into = rgb8, back
        if scale < _COARSE_SCALE:  # area first, so that nothing aliases
            size = max(1, round(width * scale)), max(1, round(height * scale))
            part = cv2.resize(rgb8, size, interpolation=cv2.INTER_AREA)
            shrink = np.array([size[0] / width, size[1] / height])
            into = back * shrink[:, None]
            into[:, 2] = (back[:, 2] + 0.5) * shrink - 0.5
        seen = cv2.warpAffine(part, into, (wide, high), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
        return [_turned_back(row, back) for row in self._look(seen, 1.0, score)]

    def _upright_again(self, rgb8: Rgb8, row: Floats) -> Floats:
        """Return a tilted face as it is found with its tilt undone: the five points are then exact.

        Faces that stand on their heads are sometimes found the wrong way up, though not surely; both ways are tried.
        """
        roll_rad = _roll(row)
        rolls_rad = [roll_rad] if abs(roll_rad) > _UPRIGHT_RAD else []
        rolls_rad += [roll_rad + np.pi] if row[14] < _SURE else []
        side = float(row[2:4].max())
        left, top = (max(0, int(v - side / 2)) for v in row[:2])
        part = rgb8[top : int(row[1] + row[3] + side / 2) + 1, left : int(row[0] + row[2] + side / 2) + 1]
        same = [row]
        for turn_rad in rolls_rad if min(part.shape[:2]) >= 8 else ():
            for found in self._look_turned(part, min(_LARGEST_SCALE, _REFINED_PX / side), 0.5, turn_rad):
                found[[0, 4, 6, 8, 10, 12]] += left
                found[[1, 5, 7, 9, 11, 13]] += top
                same += [found] if _is_same_face(found, row) else []
        return max(same, key=lambda found: float(found[14]))

    def _run(self, rgb8: Rgb8, score: float) -> list[Floats]:
        height, width = rgb8.shape[:2]
        if min(height, width) < _LEAST_INPUT_PX:  # below, YuNet returns what lay in memory
            below, right = max(0, _LEAST_INPUT_PX - height), max(0, _LEAST_INPUT_PX - width)
            rgb8 = cv2.copyMakeBorder(rgb8, 0, below, 0, right, cv2.BORDER_CONSTANT)
        self._yunet.setInputSize((rgb8.shape[1], rgb8.shape[0]))
        self._yunet.setScoreThreshold(score)
        rows = self._yunet.detect(cv2.cvtColor(rgb8, cv2.COLOR_RGB2BGR))[1]
        return [] if rows is None else [row for row in rows if np.isfinite(row).all()]


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


def _roll(row: Floats) -> float:
    """Return how far a face is tilted clockwise, by the line from between its eyes to its mouth."""
    right_eye, left_eye, _, right_mouth, left_mouth = row[4:14].reshape(5, 2)
    down = (right_mouth + left_mouth - right_eye - left_eye) / 2
    return float(np.arctan2(-down[0], down[1]))


def _turned_back(row: Floats, back: Doubles) -> Floats:
    """Return a row found in a turned picture in the pixels of the upright one; ``back`` (2, 3) leads there.

    The box becomes the one around the turned ellipse that the found box holds.
    """
    out = row.astype(np.float32).copy()
    centre, size = row[:2] + row[2:4] / 2, row[2:4]
    around = np.sqrt((back[:, :2] ** 2) @ size**2)
    out[:2] = back[:, :2] @ centre + back[:, 2] - around / 2
    out[2:4] = around
    out[4:14] = (row[4:14].reshape(5, 2) @ back[:, :2].T + back[:, 2]).ravel()
    return out


def _detection(row: Floats) -> Detection:
    return Detection(row[:4].copy(), row[4:14].reshape(5, 2).copy(), float(row[14]))
