"""Print how well faces and hands are found and followed: the figures of the face chapter.

    python scripts/measure_faces.py [--shared FOLDER] [--only NAME ...] [--teacher FILE]

Names: rolls, small, profiles, negatives, hands, masks, speed. What needs the uncommitted pictures is skipped without
them. ``--teacher`` is the network that the hair network learned from (see `label_hair.py`): masks then also prints how
well the teacher does.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from label_hair import Teacher
from marked_masks import measure

from bonaface.faces.detect import FaceDetector
from bonaface.faces.embed import Embedder
from bonaface.faces.hands import HandFinder
from bonaface.faces.mesh import FaceMesh, region_of_points
from bonaface.faces.pose import fit_pose, head_angles_deg, load_canonical_face
from bonaface.faces.run import box_of
from bonaface.faces.track import FaceTracker
from bonaface.terms.arrays import Floats, Rgb8
from bonaface.terms.face import Detection, TrackedFrame
from bonaface.terms.picture import Frame

MEDIA = Path(__file__).parents[1] / "examples" / "media"
PROFILE_DEG = 45.0
CANVAS_HW = (720, 1280)
Place = tuple[float, float, float]  # middle of a face and its width


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--shared",
        type=Path,
        default=Path(os.environ.get("BONAFACE_SHARED", Path(__file__).parents[2] / "shared")),
    )
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--teacher", type=Path)
    arguments = parser.parse_args()
    stills = sorted((arguments.shared / "media" / "fictional").glob("*.jpg"))
    art = sorted((arguments.shared / "media" / "art").glob("*.jpg"))
    measures = {
        "rolls": measure_rolls,
        "small": lambda: measure_small(stills, profiles=False),
        "profiles": lambda: measure_small(stills, profiles=True),
        "negatives": lambda: measure_negatives(art),
        "hands": measure_hands,
        "masks": lambda: masks(arguments.shared, arguments.teacher),
        "speed": measure_speed,
    }
    for name in arguments.only or measures:
        print(f"\n{name}", flush=True)
        measures[name]()


def measure_rolls() -> None:
    """Count the five people of multi_face.jpg at every 30 degrees of roll."""
    detector, mesh = FaceDetector(), FaceMesh()
    picture = read(MEDIA / "multi_face.jpg")
    for roll_deg in range(0, 360, 30):
        turned, matrix = turn(picture, roll_deg)
        truth = [(*(matrix @ (d.box_xywh_px[0] + d.box_xywh_px[2] / 2, d.box_xywh_px[1] + d.box_xywh_px[3] / 2, 1)),
                  d.box_xywh_px[2]) for d in detector.find(picture)]  # fmt: skip
        found = detector.find(turned)
        hits, false = match(found, truth)
        meshes = [mesh.face(turned, d) for d in found]
        rolls = [head_angles_deg(fit_pose(f.points, REFERENCE))[2] for f in meshes if f is not None]
        off = [abs((r - roll_deg + 180) % 360 - 180) for r in rolls]
        print(
            f"roll {roll_deg:3d}: found {hits} of {len(truth)}, false {false}, meshes {len(rolls)}, "
            f"roll of the meshes off by at most {max(off, default=np.nan):.0f} degrees"
        )


def measure_small(stills: list[Path], *, profiles: bool) -> None:
    """Count faces in stills shrunk until the mesh is so many pixels wide, alone and in a 1280x720 picture of noise."""
    detector, mesh = FaceDetector(), FaceMesh()
    chosen: list[tuple[Rgb8, list[Place], float]] = []
    without_mesh = 0
    for path in stills:
        picture = read(path)
        found = detector.find(picture)
        if not found:
            print(f"  {path.name}: nothing found at full size")
            continue
        face = mesh.face(picture, found[0])
        without_mesh += face is None
        if profiles and not is_profile(found[0], None if face is None else face.points):
            continue
        width = float(found[0].box_xywh_px[2] if face is None else box_of(face.points)[2])
        chosen.append((picture, [centre(d) for d in found], width))
    print(f"  {len(chosen)} stills; at full size without a mesh: {without_mesh}")
    for width_px in (16, 20, 24, 32, 48, 96):
        alone, canvas = [], []
        for picture, faces, width in chosen:
            scale = min(1.0, width_px / width)
            size = max(8, round(picture.shape[1] * scale)), max(8, round(picture.shape[0] * scale))
            small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
            truth = [(x * scale, y * scale, w * scale) for x, y, w in faces[:1]]
            others = [(x * scale, y * scale, w * scale) for x, y, w in faces[1:]]
            alone.append((*match(detector.find(small), truth, others), meshes(detector, mesh, small, truth)))
            if width_px <= 48:
                large, origin = on_canvas(small)
                moved = [(x + origin[0], y + origin[1], w) for x, y, w in truth]
                also = [(x + origin[0], y + origin[1], w) for x, y, w in others]
                canvas.append(match(detector.find(large), moved, also))
        text = f"  mesh {width_px} px wide: found {np.mean([a[0] for a in alone]):.1%}, with a mesh "
        text += f"{np.mean([a[2] for a in alone]):.1%}, false {sum(a[1] for a in alone)}"
        if canvas:
            text += f"; in a 1280x720 picture {np.mean([c[0] for c in canvas]):.1%}, false {sum(c[1] for c in canvas)}"
        print(text, flush=True)


def measure_negatives(art: list[Path]) -> None:
    """Print scores of paintings, a statue, and of what is no person's face."""
    detector, mesh, embedder = FaceDetector(), FaceMesh(), Embedder()
    for path in art:
        picture = read(path)
        found = detector.find(picture)
        rows = [(d.score, mesh.face(picture, d)) for d in found]
        text = "; ".join(
            f"score {score:.2f}, no mesh"
            if face is None
            else f"score {score:.2f}, presence {face.presence:.4f}, "
            f"embedded {np.linalg.norm(embedder.embed(picture, face.points)):.1f}"
            for score, face in rows
        )
        print(f"  {path.name}: {text or 'nothing found'}")


def measure_hands() -> None:
    """Count frames of the actress's clip with a hand: 58 to 229, 172 of 472, have one."""
    frames = list(decode(MEDIA / "WolfgangLanger_Pexels.mp4"))
    followed = follow(frames)
    covered = np.array([out.covers is not None for out in followed])
    truth = np.zeros(len(frames), bool)
    truth[58:230] = True
    print(f"  followed: {covered.sum()} frames, missed {(truth & ~covered).sum()}, false {(covered & ~truth).sum()}")
    finder = HandFinder()
    single = np.array([bool(finder.find(frame.rgb)) for frame in frames[::4]])
    print(
        f"  as stills, every 4th: {single.sum()} of {truth[::4].sum()}, false {(single & ~truth[::4]).sum()}",
        flush=True,
    )


def masks(shared: Path, teacher: Path | None) -> None:
    """Print the IoU of hair and hands with the stills that were marked by eye."""
    measure([MEDIA, shared / "media" / "fictional"], None if teacher is None else Teacher(teacher).hair)


def measure_speed() -> None:
    """Print frames a second of the whole tracker beside those of the mesh network alone, in the same run."""
    for name in ("cap13_edit2.mp4", "single_face.mp4", "WolfgangLanger_Pexels.mp4"):
        frames = list(decode(MEDIA / name))[:400]
        mesh, whole, alone = FaceMesh(), [], []
        for _ in range(3):
            began = time.perf_counter()
            followed = follow(frames)
            whole.append(time.perf_counter() - began)
            began = time.perf_counter()
            for frame, out in zip(frames, followed, strict=True):
                mesh.read(frame.rgb, region_of_points(out.faces[0].points))
            alone.append(time.perf_counter() - began)
        count = len(frames)
        print(
            f"  {name}: tracker with hands and blendshapes {count / min(whole):.0f} frames a second, mesh alone "
            f"{count / min(alone):.0f}, ratio {min(alone) / min(whole):.2f}",
            flush=True,
        )


def follow(frames: list[Frame]) -> list[TrackedFrame]:
    """Return what a new tracker says of each frame."""
    tracker = FaceTracker()
    return [tracker.step(frame) for frame in frames]


def decode(path: Path) -> Iterator[Frame]:
    """Yield the frames of a clip."""
    with av.open(str(path)) as container:
        for index, frame in enumerate(container.decode(video=0)):
            yield Frame(index, frame.pts, Fraction(frame.pts) * frame.time_base, frame.to_ndarray(format="rgb24"))


def read(path: Path) -> Rgb8:
    """Return a picture as RGB."""
    picture: Rgb8 = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
    return picture


def turn(picture: Rgb8, roll_deg: float) -> tuple[Rgb8, np.ndarray]:
    """Return the picture turned clockwise on a canvas that holds all of it, and the (2, 3) map of its points."""
    height, width = picture.shape[:2]
    side = int(np.hypot(height, width)) + 2
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -roll_deg, 1)
    matrix[:, 2] += (side - width) / 2, (side - height) / 2
    return cv2.warpAffine(picture, matrix, (side, side)), matrix


def on_canvas(small: Rgb8) -> tuple[Rgb8, tuple[int, int]]:
    """Return a 1280x720 picture of smooth noise with the small one in it, and where."""
    rng = np.random.default_rng(small.shape[0])
    noise = rng.integers(40, 216, (CANVAS_HW[0] // 24, CANVAS_HW[1] // 24, 3), np.uint8)
    canvas = cv2.resize(noise, CANVAS_HW[::-1], interpolation=cv2.INTER_CUBIC)
    left = int(rng.integers(0, max(1, CANVAS_HW[1] - small.shape[1])))
    top = int(rng.integers(0, max(1, CANVAS_HW[0] - small.shape[0])))
    height, width = (min(a, b) for a, b in zip(small.shape, CANVAS_HW, strict=False))
    canvas[top : top + height, left : left + width] = small[:height, :width]
    return canvas, (left, top)


def centre(detection: Detection) -> Place:
    """Return the middle of a face and its width."""
    x, y, width, height = (float(v) for v in detection.box_xywh_px)
    return x + width / 2, y + height / 2, width


def match(found: list[Detection], truth: Sequence[Place], others: Sequence[Place] = ()) -> tuple[int, int]:
    """Return how many of ``truth`` were found, and how many finds are neither in ``truth`` nor in ``others``."""

    def hits(face: Place, detection: Detection) -> bool:
        x, y, width = centre(detection)
        return np.hypot(x - face[0], y - face[1]) < 0.4 * face[2] and 0.5 < width / face[2] < 2

    right = sum(any(hits(face, d) for d in found) for face in truth)
    false = sum(not any(hits(face, d) for face in [*truth, *others]) for d in found)
    return right, false


def meshes(detector: FaceDetector, mesh: FaceMesh, picture: Rgb8, truth: Sequence[Place]) -> bool:
    """Tell whether the wanted face also gets a mesh."""
    return any(match([d], truth)[0] and mesh.face(picture, d) is not None for d in detector.find(picture))


def is_profile(detection: Detection, points: Floats | None) -> bool:
    """Tell whether a face is turned by 45 degrees or more, or so far that the eyes are nearly one."""
    if points is not None and abs(head_angles_deg(fit_pose(points, REFERENCE))[1]) >= PROFILE_DEG:
        return True
    eyes = np.linalg.norm(detection.points_xy_px[1] - detection.points_xy_px[0])
    return bool(eyes < 0.22 * detection.box_xywh_px[2])


REFERENCE = load_canonical_face().points

if __name__ == "__main__":
    main()
