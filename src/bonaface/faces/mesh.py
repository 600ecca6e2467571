"""The 478-point mesh of a face, with iris, presence and 52 blendshapes (MediaPipe's networks, run by LiteRT)."""

from __future__ import annotations

import numpy as np

from bonaface.faces.network import LiteNetwork
from bonaface.faces.region import Region, crop_region, points_to_picture
from bonaface.terms.arrays import Floats, Rgb8
from bonaface.terms.face import Detection, Face

PRESENCE = 0.5
"""Below this, the mesh network says that it does not see a face."""

_TASK = "face_landmarker.task"
_CROP_PX = 256
_GROWTH = 1.5  # side of the region over the larger side of the mesh
_DETECTION_GROWTH = 1.4  # YuNet's boxes are a little larger than the mesh
_SETTLED = 0.01  # of the region's side; nearer than this, another look changes nothing

# The points that the blendshape network reads, in its order (from the public graph file).
_BLENDSHAPE_POINTS = np.array(
    [
        0, 1, 4, 5, 6, 7, 8, 10, 13, 14, 17, 21, 33, 37, 39, 40, 46, 52, 53, 54, 55, 58, 61, 63, 65, 66, 67, 70, 78,
        80, 81, 82, 84, 87, 88, 91, 93, 95, 103, 105, 107, 109, 127, 132, 133, 136, 144, 145, 146, 148, 149, 150, 152,
        153, 154, 155, 157, 158, 159, 160, 161, 162, 163, 168, 172, 173, 176, 178, 181, 185, 191, 195, 197, 234, 246,
        249, 251, 263, 267, 269, 270, 276, 282, 283, 284, 285, 288, 291, 293, 295, 296, 297, 300, 308, 310, 311, 312,
        314, 317, 318, 321, 323, 324, 332, 334, 336, 338, 356, 361, 362, 365, 373, 374, 375, 377, 378, 379, 380, 381,
        382, 384, 385, 386, 387, 388, 389, 390, 397, 398, 400, 402, 405, 409, 415, 454, 466, 468, 469, 470, 471, 472,
        473, 474, 475, 476, 477,
    ]
)  # fmt: skip


class FaceMesh:
    """Reads meshes and blendshapes. An instance belongs to one thread."""

    def __init__(self, *, num_threads: int = 2) -> None:
        """Load both networks.

        Raises:
            MissingPartError: a model file is missing.
        """
        self._mesh = LiteNetwork(_TASK, "face_landmarks_detector.tflite", num_threads=num_threads)
        self._blendshapes = LiteNetwork(_TASK, "face_blendshapes.tflite", num_threads=num_threads)

    def face(self, rgb8: Rgb8, detection: Detection, *, looks: int = 3) -> Face | None:
        """Return the face of a detection, or None where the mesh network sees none.

        The region is refined from the mesh until it stands still, at most ``looks`` times in all.
        """
        found = self.settle(rgb8, region_of_detection(detection), looks=looks)
        if found is None:
            return None
        points, presence = found
        return Face(points, self.blendshapes(points), presence)

    def settle(self, rgb8: Rgb8, region: Region, *, looks: int = 3) -> tuple[Floats, float] | None:
        """Return the mesh (478, 3) and its presence after refining ``region``, or None below `PRESENCE`."""
        for _ in range(looks):
            points, presence = self.read(rgb8, region)
            following = region_of_points(points)
            moved = np.hypot(*(following.centre_xy_px - region.centre_xy_px)) + abs(following.side_px - region.side_px)
            turned = abs((following.angle_rad - region.angle_rad + np.pi) % (2 * np.pi) - np.pi)
            region = following
            if moved < _SETTLED * region.side_px and turned < _SETTLED:
                break
        return (points, presence) if presence >= PRESENCE else None

    def read(self, rgb8: Rgb8, region: Region) -> tuple[Floats, float]:
        """Return the mesh seen in one region: points (478, 3) float32 as in `Face`, and presence 0..1."""
        crop, back = crop_region(rgb8, region, _CROP_PX)
        out = self._mesh.run_picture(crop)
        points = points_to_picture(out["Identity"].reshape(478, 3), back)
        return points, float(1 / (1 + np.exp(-np.clip(out["Identity_1"][0], -50, 50))))

    def blendshapes(self, points: Floats) -> Floats:
        """Return the 52 blendshapes (float32, 0..1, MediaPipe's order) of a mesh in picture pixels."""
        values = self._blendshapes.run(points[_BLENDSHAPE_POINTS, :2][None])
        return next(iter(values.values()))


def region_of_points(points: Floats, growth: float = _GROWTH) -> Region:
    """Return the square that the mesh network wants to see next, given the mesh (478, 3) of the frame before."""
    flat = points[:, :2].astype(np.float64)
    low, high = flat.min(0), flat.max(0)
    eyes = flat[263] - flat[33]
    return Region((low + high) / 2, max(float((high - low).max()), 1.0) * growth, float(np.arctan2(eyes[1], eyes[0])))


def region_of_detection(detection: Detection) -> Region:
    """Return the square that the mesh network wants to see, given a detection.

    The turn comes from the eyes' line and from the line of eyes to mouth together: at a profile the first alone is
    short and says little.
    """
    box = detection.box_xywh_px.astype(np.float64)
    right_eye, left_eye, _, right_mouth, left_mouth = detection.points_xy_px.astype(np.float64)
    across = left_eye - right_eye
    down = (right_mouth + left_mouth - right_eye - left_eye) / 2
    line = across + np.array([down[1], -down[0]])
    return Region(
        box[:2] + box[2:] / 2, max(float(box[2:].max()), 1.0) * _DETECTION_GROWTH, float(np.arctan2(line[1], line[0]))
    )
