"""Judges of identity. They see only finished pictures, and no loss and no choice of the making part asks them.

Both find the face anew by themselves in each picture, so that a swap that is no face any more gets no verdict.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, Protocol

import cv2
import numpy as np

from bonaface.models import model_path
from bonaface.terms.arrays import Floats, Rgb8
from bonaface.terms.errors import MissingPartError

_ENLARGED = 1.5  # faces of 60 px and less are embedded better from an enlarged picture
_SCORE = 0.5


class Judge(Protocol):
    """Embeds the largest face of a picture, and says how like two embeddings are."""

    name: str
    measure: Literal["cosine", "distance"]

    def embed(self, rgb8: Rgb8) -> Floats | None:
        """Return the identity (D,) float32, or None where the judge finds no face."""
        ...

    def centroid(self, embeddings: Floats) -> Floats:
        """Return the identity (D,) that stands for many (N, D)."""
        ...

    def compare(self, embeddings: Floats, centroid: Floats) -> Floats:
        """Return (N,): cosine (higher is liker) or distance (lower is liker) to a centroid."""
        ...


class SFaceJudge:
    """SFace through OpenCV's own alignment: cosine. Same person about .9, strangers about 0."""

    name = "SFace"
    measure: Literal["cosine", "distance"] = "cosine"

    def __init__(self) -> None:
        """Load YuNet and SFace.

        Raises:
            MissingPartError: a model file is missing.
        """
        self._detector = _yunet()
        self._recogniser = cv2.FaceRecognizerSF.create(str(model_path("face_recognition_sface_2021dec.onnx")), "")

    def embed(self, rgb8: Rgb8) -> Floats | None:
        """Return the identity (128,) of the largest face, of length 1, or None."""
        bgr, row = _largest(self._detector, rgb8)
        if row is None:
            return None
        feature = self._recogniser.feature(self._recogniser.alignCrop(bgr, row))[0]
        unit: Floats = (feature / np.linalg.norm(feature)).astype(np.float32)
        return unit

    def centroid(self, embeddings: Floats) -> Floats:
        """Return the mean direction (128,)."""
        mean = embeddings.mean(0)
        unit: Floats = mean / np.linalg.norm(mean)
        return unit

    def compare(self, embeddings: Floats, centroid: Floats) -> Floats:
        """Return cosines (N,)."""
        return embeddings @ centroid


class DlibJudge:
    """dlib's ResNet (King, "High quality face recognition with deep metric learning", 2017): distance.

    The same person lies below about .4, strangers above about .6. It comes with the extra ``judge``.
    """

    name = "dlib"
    measure: Literal["cosine", "distance"] = "distance"

    def __init__(self) -> None:
        """Load YuNet, dlib's five points and its ResNet.

        Raises:
            MissingPartError: the extra is not installed.
        """
        folder = _dlib_models()
        self._dlib = _dlib()
        self._detector = _yunet()
        self._shape = self._dlib.shape_predictor(str(folder / "shape_predictor_5_face_landmarks.dat"))
        self._network = self._dlib.face_recognition_model_v1(str(folder / "dlib_face_recognition_resnet_model_v1.dat"))

    def embed(self, rgb8: Rgb8) -> Floats | None:
        """Return the identity (128,) of the largest face, or None."""
        bgr, row = _largest(self._detector, rgb8)
        if row is None:
            return None
        rgb = np.ascontiguousarray(bgr[..., ::-1])
        # dlib's points were trained on the boxes of its own detector: square, from the brows to the chin.
        left, top, width, height = (float(v) for v in row[:4])
        side, middle_x, middle_y = 0.9 * (width + height) / 2, left + width / 2, top + height * 0.56
        corners = (middle_x - side / 2, middle_y - side / 2, middle_x + side / 2, middle_y + side / 2)
        points = self._shape(rgb, self._dlib.rectangle(*(round(c) for c in corners)))
        return np.array(self._network.compute_face_descriptor(rgb, points), np.float32)

    def centroid(self, embeddings: Floats) -> Floats:
        """Return the mean (128,)."""
        mean: Floats = embeddings.mean(0)
        return mean

    def compare(self, embeddings: Floats, centroid: Floats) -> Floats:
        """Return Euclidean distances (N,)."""
        distance: Floats = np.linalg.norm(embeddings - centroid, axis=1)
        return distance


def judges_at_hand() -> tuple[list[Judge], list[str]]:
    """Return the judges that can be had here, and a sentence for each that cannot."""
    judges: list[Judge] = [SFaceJudge()]
    try:
        judges.append(DlibJudge())
    except MissingPartError as error:
        return judges, [str(error)]
    return judges, []


def embed_all(judge: Judge, frames: Iterable[Rgb8]) -> tuple[Floats, np.ndarray]:
    """Return the identities (M, D) of the frames with a face, and for each frame whether it had one (N,) bool."""
    found = [judge.embed(frame) for frame in frames]
    faces = [one for one in found if one is not None]
    empty = np.zeros((0, 128), np.float32)
    return np.stack(faces) if faces else empty, np.array([one is not None for one in found], bool)


def _yunet() -> Any:
    return cv2.FaceDetectorYN.create(str(model_path("face_detection_yunet_2023mar.onnx")), "", (320, 320), _SCORE)


def _largest(detector: Any, rgb8: Rgb8) -> tuple[Rgb8, Floats | None]:
    """Return the enlarged picture in BGR, and YuNet's row (15,) of its largest face."""
    bgr = cv2.cvtColor(rgb8, cv2.COLOR_RGB2BGR)
    bgr = cv2.resize(bgr, None, fx=_ENLARGED, fy=_ENLARGED, interpolation=cv2.INTER_CUBIC)
    detector.setInputSize((bgr.shape[1], bgr.shape[0]))
    rows = detector.detect(bgr)[1]
    return bgr, None if rows is None else max(rows, key=lambda row: float(row[2] * row[3]))


def _dlib_models() -> Path:
    # The package's own import needs pkg_resources, which recent setuptools no longer has: only its files are used.
    spec = find_spec("face_recognition_models")
    if spec is None or spec.origin is None:
        raise MissingPartError(_NO_DLIB)
    return Path(spec.origin).parent / "models"


def _dlib() -> Any:
    try:
        import dlib  # noqa: PLC0415 (an extra)
    except ImportError as error:
        raise MissingPartError(_NO_DLIB) from error
    return dlib


_NO_DLIB = "The second judge, dlib, is not installed: pip install 'bonaface[judge]' (100 MB) to have it as well."
