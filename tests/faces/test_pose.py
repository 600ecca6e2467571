"""Head pose: the canonical face, turned by known angles, gives those angles back."""

from __future__ import annotations

import numpy as np
import pytest

from bonaface.faces.pose import fit_pose, head_angles_deg, load_canonical_face, to_canonical, to_picture

FACE = load_canonical_face()


def rotation(pitch_deg: float, yaw_deg: float, roll_deg: float) -> np.ndarray:
    """First about x, then y, then z; y points down and z away from the viewer."""
    a, b, c = np.radians([pitch_deg, yaw_deg, roll_deg])
    about_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_y = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    about_z = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return about_z @ about_y @ about_x


def posed(pitch: float, yaw: float, roll: float, scale: float = 2.5) -> np.ndarray:
    return (scale * FACE.points @ rotation(pitch, yaw, roll).T + [320, 180, 40]).astype(np.float32)


@pytest.mark.parametrize(
    ("pitch", "yaw", "roll"),
    [(0, 0, 0), (20, 0, 0), (0, 35, 0), (0, 0, 50), (-15, -40, 10), (25, 60, -120), (5, -75, 170)],
)
def test_known_angles_come_back(pitch: float, yaw: float, roll: float) -> None:
    pose = fit_pose(posed(pitch, yaw, roll), FACE.points)
    assert head_angles_deg(pose) == pytest.approx([pitch, yaw, roll], abs=0.01)
    assert float(pose.scale) == pytest.approx(2.5, rel=1e-5)
    assert pose.translation == pytest.approx([320, 180, 40], abs=1e-3)


def test_signs_are_as_documented() -> None:
    nose, forehead, chin = 1, 10, 152
    upright = posed(0, 0, 0)
    down, aside, tilted = posed(20, 0, 0), posed(0, 20, 0), posed(0, 0, 20)
    assert down[nose, 1] > upright[nose, 1], "positive pitch looks down"
    assert aside[nose, 0] < upright[nose, 0], "positive yaw turns the nose to the viewer's left"
    assert tilted[forehead, 0] > upright[forehead, 0] and tilted[chin, 0] < upright[chin, 0], "clockwise as seen"


def test_there_and_back() -> None:
    points = posed(10, 25, -5)
    pose = fit_pose(points, FACE.points)
    assert np.abs(to_picture(to_canonical(points, pose), pose) - points).max() < 1e-3
    assert np.abs(to_canonical(points, pose) - FACE.points).max() < 1e-3


def test_expression_hardly_turns_the_head() -> None:
    points = posed(0, 10, 0)
    points[[13, 14, 17, 152, 61, 291, 78, 308], 1] += 30  # the mouth opens, the jaw drops
    assert head_angles_deg(fit_pose(points, FACE.points)) == pytest.approx([0, 10, 0], abs=0.1)


def test_many_heads_at_once() -> None:
    angles = [(0, 0, 0), (10, 20, 30), (-10, -20, 5)]
    poses = fit_pose(np.stack([posed(*each) for each in angles]), FACE.points)
    assert head_angles_deg(poses) == pytest.approx(np.array(angles, float), abs=0.01)
    assert poses.rotation.shape == (3, 3, 3)
    assert np.linalg.det(poses.rotation) == pytest.approx(np.ones(3))


def test_the_canonical_face_is_a_hundred_wide_and_symmetric() -> None:
    assert FACE.points.shape == (478, 3)
    assert np.ptp(FACE.points[:468, 0]) == pytest.approx(100, rel=0.05)
    assert FACE.points[33, 0] == pytest.approx(-FACE.points[263, 0], abs=0.5)
    assert FACE.triangles.shape == (898, 3) and FACE.triangles.max() == 467
    assert ((FACE.uv >= 0) & (FACE.uv <= 1)).all()
