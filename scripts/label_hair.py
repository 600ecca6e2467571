"""Label face crops with hair by a teacher network, as material for `train_hair.py`.

    python scripts/label_hair.py --teacher TEACHER.onnx --out FOLDER INPUT...

INPUT is a picture, a zip of pictures or a clip (every n-th frame is taken, see ``--every``, and four times as many
where hands are seen, which are followed from frame to frame). Each face gives one npz:
``rgb`` (320, 320, 3) uint8, turned upright, 2.8 times the mesh's side; ``hair`` (320, 320) uint8, the teacher's
probability; ``hand`` (320, 320) uint8; ``inside`` (320, 320) uint8, 255 where the crop lies in the picture;
``points`` (478, 2) float32 in crop pixels. The teacher (MediaPipe's hair segmentation as ONNX: RGB in 0..1 and the
mask before, 512 x 512) and the pictures stay outside the repository; only the trained weights ship.
"""

from __future__ import annotations

import argparse
import zipfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import onnxruntime

from bonaface.faces.detect import FaceDetector
from bonaface.faces.hands import HandFinder, hand_mask
from bonaface.faces.mesh import FaceMesh, region_of_points
from bonaface.faces.region import crop_region
from bonaface.faces.track import FaceTracker
from bonaface.terms.arrays import Floats, Mask, Rgb8
from bonaface.terms.picture import Frame

SIZE_PX = 320
GROWTH = 2.8
_TEACHER_PX = 512
_CLIPS = (".mp4", ".mpg")
Look = tuple[str, Rgb8, Floats, Mask]


def main() -> None:
    """Read the command line and write one npz for each face."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("inputs", nargs="+", type=Path)
    parser.add_argument("--teacher", required=True, type=Path)
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--every", type=int, default=25, help="of a clip take every n-th frame")
    settings = parser.parse_args()
    settings.out.mkdir(parents=True, exist_ok=True)
    cv2.setNumThreads(1)
    teacher, mesh = Teacher(settings.teacher), _Stills()
    for path in settings.inputs:
        count = 0
        for name, rgb8, points, hand in _followed(path, settings.every) if path.suffix in _CLIPS else mesh.looked(path):
            file = settings.out / f"{path.stem}_{name}.npz"
            count += 1
            if not file.exists():
                np.savez_compressed(file, **_labelled(rgb8, points, hand, teacher))
        print(path.name, count, "faces", flush=True)


class Teacher:
    """The network that is learned from."""

    def __init__(self, path: Path) -> None:
        """Load it."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name

    def hair(self, rgb8: Rgb8) -> Floats:
        """Return (512, 512) float32 0..1 for a (512, 512, 3) picture: the mean of it and its mirror image."""
        return (self._look(rgb8) + self._look(np.ascontiguousarray(rgb8[:, ::-1]))[:, ::-1]) / 2

    def _look(self, rgb8: Rgb8) -> Floats:
        planes = np.zeros((1, 4, _TEACHER_PX, _TEACHER_PX), np.float32)
        planes[0, :3] = rgb8.transpose(2, 0, 1) / 255.0
        for _ in range(2):
            logits = self._session.run(None, {self._input: planes})[0][0]
            planes[0, 3] = 1 / (1 + np.exp(np.clip(logits[0] - logits[1], -50, 50)))
        return planes[0, 3]


def _labelled(rgb8: Rgb8, points: Floats, hand: Mask, teacher: Teacher) -> dict[str, Any]:
    region = region_of_points(points, GROWTH)
    crop, back = crop_region(rgb8, region, SIZE_PX)
    large, _ = crop_region(rgb8, region, _TEACHER_PX)
    hair = cv2.resize(teacher.hair(large), (SIZE_PX, SIZE_PX), interpolation=cv2.INTER_AREA)
    size, how = (SIZE_PX, SIZE_PX), cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    inside = cv2.warpAffine(np.full(rgb8.shape[:2], 255, np.uint8), back, size, flags=how)
    into = np.linalg.inv(back[:, :2])
    return {
        "rgb": crop,
        "hair": np.round(hair * 255).astype(np.uint8),
        "hand": cv2.warpAffine(hand, back, size, flags=how),
        "inside": inside,
        "points": ((points[:, :2] - back[:, 2]) @ into.T).astype(np.float32),
    }


class _Stills:
    """Finds the largest face in pictures, and hands."""

    def __init__(self) -> None:
        self._detector, self._mesh, self._hands = FaceDetector(), FaceMesh(num_threads=1), HandFinder()

    def looked(self, path: Path) -> Iterator[Look]:
        for name, rgb8 in _pictures(path):
            for detection in self._detector.find(rgb8, min_face_px=48)[:1]:
                face = self._mesh.face(rgb8, detection)
                if face is not None:
                    yield name, rgb8, face.points, hand_mask(self._hands.find(rgb8), (rgb8.shape[0], rgb8.shape[1]))


def _followed(path: Path, every: int) -> Iterator[Look]:
    tracker = FaceTracker(blendshapes=False, smooth=False)
    with av.open(str(path)) as container:
        for index, frame in enumerate(container.decode(video=0)):
            rgb8 = frame.to_ndarray(format="rgb24")
            tracked = tracker.step(Frame(index, frame.pts, Fraction(frame.pts) * frame.time_base, rgb8))
            hand = tracked.covers
            if tracked.faces and index % (every if hand is None else max(1, every // 4)) == 0:
                none = np.zeros(rgb8.shape[:2], np.uint8)
                yield f"{index:05d}", rgb8, tracked.faces[0].points, none if hand is None else hand


def _pictures(path: Path) -> Iterator[tuple[str, Rgb8]]:
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            for name in sorted(archive.namelist()):
                yield Path(name).stem, _decoded(archive.read(name))
    else:
        yield "still", _decoded(path.read_bytes())


def _decoded(content: bytes) -> Rgb8:
    return cv2.cvtColor(cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


if __name__ == "__main__":
    main()
