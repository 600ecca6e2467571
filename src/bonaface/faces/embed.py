"""Who a face is: SFace's 128 numbers (Zhong and others, "SFace: sigmoid-constrained hypersphere loss", TIP 2021)."""

from __future__ import annotations

import cv2
import numpy as np

from bonaface.faces.network import onnx_session
from bonaface.terms.arrays import Doubles, Floats, Rgb8

_MODEL = "face_recognition_sface_2021dec.onnx"
_CROP_PX = 112
# Where SFace wants right eye, left eye, nose tip, right and left mouth corner in its crop (OpenCV's alignCrop).
_TEMPLATE = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]
)
# Mesh points whose means lie nearest to YuNet's five points, over 110 faces.
_FIVE = ((159, 145), (386, 374), (1, 4), (61, 185), (291, 409))


class Embedder:
    """Embeds faces. An instance may be shared by threads: ONNX Runtime's sessions allow it."""

    def __init__(self, *, num_threads: int = 2) -> None:
        """Load SFace.

        Raises:
            MissingPartError: the model file is missing.
        """
        self._session = onnx_session(_MODEL, num_threads=num_threads)
        self._input = self._session.get_inputs()[0].name

    def embed(self, rgb8: Rgb8, points: Floats) -> Floats:
        """Return the identity (128,) float32, of length 1.

        ``points`` are a mesh (478, 2 or 3), or the five points (5, 2) of a `Detection`, in picture pixels.

        Raises:
            ValueError: points of another shape.
        """
        return self.embed_crop(align_crop(rgb8, points))

    def embed_crop(self, crop: Rgb8) -> Floats:
        """Return the identity (128,) of a crop (112, 112, 3) made by `align_crop`."""
        # RGB: the BGR order of cv2.FaceRecognizerSF gives a cosine of .95 here, and no error.
        planes = np.ascontiguousarray(crop.transpose(2, 0, 1)[None], np.float32)
        feature = self._session.run(None, {self._input: planes})[0][0]
        unit: Floats = feature / max(float(np.linalg.norm(feature)), 1e-9)
        return unit


def align_crop(rgb8: Rgb8, points: Floats) -> Rgb8:
    """Return the face upright as SFace wants it, (112, 112, 3); ``points`` as in `Embedder.embed`.

    Raises:
        ValueError: points of another shape.
    """
    turn = fit_similarity(five_points(points), _TEMPLATE)
    crop: Rgb8 = cv2.warpAffine(rgb8, turn, (_CROP_PX, _CROP_PX), flags=cv2.INTER_LINEAR)
    return crop


def five_points(points: Floats) -> Floats:
    """Return right eye, left eye, nose tip, right and left mouth corner (5, 2) of a mesh; five points come back.

    Raises:
        ValueError: points of another shape.
    """
    if points.shape == (5, 2):
        return points
    if points.ndim != 2 or points.shape[0] < 468:
        raise ValueError(f"Expected mesh points (478, 3) or five points (5, 2), got {points.shape}.")
    return np.array([points[list(group), :2].mean(0) for group in _FIVE], np.float32)


def fit_similarity(source: Floats, target: Doubles) -> Doubles:
    """Return (2, 3): scale, turn and shift that lay ``source`` (N, 2) over ``target`` (N, 2) by least squares."""
    source_mean, target_mean = source.mean(0, dtype=np.float64), target.mean(0)
    a, b = source - source_mean, target - target_mean
    square = max(float((a**2).sum()), 1e-9)
    cosine = (a * b).sum() / square
    sine = (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum() / square
    turn = np.array([[cosine, -sine], [sine, cosine]])
    return np.column_stack([turn, target_mean - turn @ source_mean])


def cosine(embedding: Floats, other: Floats) -> float:
    """Return the likeness -1..1 of two embeddings of length 1; about .36 and more is the same person."""
    return float(embedding @ other)
