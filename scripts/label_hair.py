"""Label face crops with hair by a teacher network, as material for `train_hair.py`.

    python scripts/label_hair.py --teacher TEACHER.onnx --out FOLDER INPUT...

INPUT is a picture, a zip of pictures or a clip (every n-th frame is taken, see ``--every``). Each face gives one npz:
``rgb`` (320, 320, 3) uint8, turned upright, 2.8 times the mesh's side; ``hair`` (320, 320) uint8, the teacher's
probability; ``hand`` (320, 320) uint8; ``inside`` (320, 320) uint8, 255 where the crop lies in the picture;
``points`` (478, 2) float32 in crop pixels. The teacher (MediaPipe's hair segmentation as ONNX: RGB in 0..1 and the
mask before, 512 x 512) and the pictures stay outside the repository; only the trained weights ship.
"""

from __future__ import annotations

import argparse
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime

from bonaface.faces.detect import FaceDetector
from bonaface.faces.hands import HandFinder, hand_mask
from bonaface.faces.mesh import FaceMesh, region_of_points
from bonaface.faces.region import crop_region
from bonaface.terms.arrays import Floats, Mask, Rgb8

SIZE_PX = 320
GROWTH = 2.8
_TEACHER_PX = 512


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
    teacher, detector, mesh, hands = Teacher(settings.teacher), FaceDetector(), FaceMesh(num_threads=1), HandFinder()
    for path in settings.inputs:
        count = 0
        for name, rgb8 in _pictures(path, settings.every):
            file = settings.out / f"{path.stem}_{name}.npz"
            count += 1
            if file.exists():
                continue
            faces = [mesh.face(rgb8, d) for d in detector.find(rgb8, min_face_px=48)[:1]]
            for face in faces:
                if face is None:
                    continue
                mask = hand_mask(hands.find(rgb8), (rgb8.shape[0], rgb8.shape[1]))
                np.savez_compressed(file, **_labelled(rgb8, face.points, mask, teacher))
        print(path.name, count, "pictures", flush=True)


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


def _pictures(path: Path, every: int) -> Iterator[tuple[str, Rgb8]]:
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            for name in sorted(archive.namelist()):
                yield Path(name).stem, _decoded(archive.read(name))
    elif path.suffix.lower() in {".mp4", ".mpg"}:
        clip = cv2.VideoCapture(str(path))
        index = 0
        while clip.grab():
            if index % every == 0:
                yield f"{index:05d}", cv2.cvtColor(clip.retrieve()[1], cv2.COLOR_BGR2RGB)
            index += 1
    else:
        yield "still", _decoded(path.read_bytes())


def _decoded(content: bytes) -> Rgb8:
    return cv2.cvtColor(cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


if __name__ == "__main__":
    main()
