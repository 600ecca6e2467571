"""What the checker learns from: fakes differ from their face where the mask says, and both meet the same fate."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

from check_blends import FAMILIES, blend, like_pose
from check_damage import beautify, damage, h264

from bonaface.faces.detect import FaceDetector
from bonaface.faces.mesh import FaceMesh
from bonaface.media.image import read_image
from bonaface.media.recompress import jpeg


@pytest.fixture(scope="module")
def faces():
    """Crops of a group, with the mesh of each face."""
    rgb8 = read_image(Path(__file__).parents[2] / "examples" / "media" / "multi_face.jpg").rgb
    mesh, held = FaceMesh(num_threads=1), []
    for found in FaceDetector().find(rgb8)[:2]:
        x, y, wide, high = found.box_xywh_px
        left, top, side = int(x - 0.25 * wide), int(y - 0.15 * high), int(1.5 * max(wide, high))
        crop = np.ascontiguousarray(rgb8[top : top + side, left : left + side])
        points = mesh.face(rgb8, found).points[:, :2] - (left, top)
        held.append((crop, points.astype(np.float32)))
    return held


@pytest.mark.parametrize("family", FAMILIES)
def test_a_fake_is_its_face_but_where_the_mask_says(family, faces):
    (face, points), (other, other_points) = faces
    changed = []
    for seed in range(6):
        fake, mask = blend(family, face, points, other, other_points, np.random.default_rng(seed))
        again, _ = blend(family, face, points, other, other_points, np.random.default_rng(seed))
        assert (fake == again).all()
        assert fake.shape == face.shape
        away = np.abs(fake.astype(int) - face).mean(-1)
        if family != "self":  # there the face around may have been changed instead
            assert away[mask < 1e-3].max(initial=0) <= 1
        changed.append(away[mask > 0.5].mean() if (mask > 0.5).any() else 0)
        assert 0 < (mask > 0.5).mean() < 0.95
    assert max(changed) > 2


def test_small_parts_are_smaller_than_the_face(faces):
    (face, points), (other, other_points) = faces
    shares = {
        family: np.mean(
            [blend(family, face, points, other, other_points, np.random.default_rng(k))[1].mean() for k in range(8)]
        )
        for family in FAMILIES
    }
    assert max(shares["mouth"], shares["eyes"]) < 0.7 * min(shares["self"], shares["cross"])


def test_the_nearest_pose_is_ones_own(faces):
    points = np.stack([points for _, points in faces])
    for k in range(len(points)):
        assert like_pose(points[k], points).argmin() == k


def test_a_face_and_its_fake_can_meet_the_same_fate(faces):
    face = faces[0][0]
    once, again = (damage(face, 96, np.random.default_rng(4)) for _ in range(2))
    assert (once == again).all()
    assert {damage(face, 96, np.random.default_rng(seed)).shape for seed in range(20)} == {(96, 96, 3)}


def test_compression_and_beauty_change_a_face_a_little(faces):
    face, points = faces[0]
    even = face[: face.shape[0] // 2 * 2, : face.shape[1] // 2 * 2]
    for other in (jpeg(even, 50), h264(even, 28), beautify(even, points, np.random.default_rng(1))):
        assert other.shape == even.shape
        assert 0 < np.abs(other.astype(int) - even).mean() < 40
