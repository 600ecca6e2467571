"""A clip's measures put together: means over the right frames, and no figure where there is nothing to measure."""

import numpy as np
import pytest

from bonaface.bench.follow import Meshes
from bonaface.bench.score import far_from_face, same_size, score_identity, score_motion, score_surface
from bonaface.faces.pose import load_canonical_face

REFERENCE = load_canonical_face().points


def meshes(count: int, seen: list[bool] | None = None) -> Meshes:
    """A face that opens its mouth from frame to frame."""
    points = np.repeat(2 * REFERENCE[None], count, 0) + np.float32([150, 150, 0])
    points[:, 14, 1] += np.linspace(0, 30, count)
    points[:, 145, 1] += np.linspace(0, 3, count)
    blendshapes = np.zeros((count, 52), np.float32)
    blendshapes[:, 25] = np.linspace(0, 1, count)
    return Meshes(points.astype(np.float32), blendshapes, np.array(seen or [True] * count))


class Fixed:
    """A judge whose words on frames are known: the colour of a frame is its identity, black is no face."""

    name, measure = "fixed", "cosine"

    def embed(self, rgb8):
        return None if not rgb8.any() else np.float32([rgb8[0, 0, 0] / 100])

    def compare(self, embeddings, centroid):
        return embeddings @ centroid


def frame(value: int, hw: tuple[int, int] = (300, 300)) -> np.ndarray:
    return np.full((*hw, 3), value, np.uint8)


def test_a_swap_that_moves_as_the_target_has_no_error_and_whole_correlation():
    motion = score_motion(meshes(9), meshes(9), REFERENCE)
    assert (motion.pose_deg, motion.pose_wobble_deg, motion.gaze_off) == (0, 0, 0)
    assert (motion.expression_r, motion.mouth_r, motion.eyes_r) == pytest.approx((1, 1, 1))
    assert motion.frames_with_face == 1


def test_frames_without_a_face_count_against_the_swap_and_in_nothing_else():
    ours = meshes(8, [True] * 6 + [False] * 2)
    ours.points[6:] = 1e5  # what a network says where nothing is
    motion = score_motion(ours, meshes(8), REFERENCE)
    assert motion.frames_with_face == 0.75
    assert motion.pose_deg == pytest.approx(0, abs=1e-9)
    assert motion.mouth_r == pytest.approx(1)
    one = score_motion(meshes(4, [True, False, False, False]), meshes(4), REFERENCE)
    assert np.isnan(one.pose_deg)
    assert one.frames_with_face == 0.25


def test_identity_is_the_mean_over_the_frames_with_a_face():
    said = score_identity(Fixed(), [frame(50), frame(0), frame(70), frame(0)], np.float32([1]), np.float32([-1]))
    assert said.to_source == pytest.approx(0.6)
    assert said.to_target == pytest.approx(-0.6)
    assert said.frames_with_face == 0.5
    assert 0.5 <= said.source_interval[0] <= 0.6 <= said.source_interval[1] <= 0.7
    nobody = score_identity(Fixed(), [frame(0)], np.float32([1]), np.float32([1]))
    assert np.isnan([nobody.to_source, nobody.to_target, *nobody.source_interval]).all()
    assert nobody.frames_with_face == 0


def test_pixels_are_measured_inside_the_oval_of_the_target():
    noise = np.random.default_rng(0).integers(60, 190, (500, 500, 3), np.uint8)
    lighter = noise.copy()
    lighter[-20:, -20:] = 0  # a corner far from the face
    surface = score_surface([lighter], [noise], meshes(1).points)
    assert (surface.sharpness, surface.psnr_db, surface.ssim) == pytest.approx((1, np.inf, 1))
    assert surface.outside > 0
    surface = score_surface([noise + 10, noise + 20], [noise, noise], meshes(2).points)
    assert surface.psnr_db == pytest.approx(np.mean([20 * np.log10(255 / 10), 20 * np.log10(255 / 20)]), abs=1e-3)


def test_a_face_wholly_off_the_picture_has_no_surface():
    away = meshes(1).points + np.float32([5000, 0, 0])
    surface = score_surface([frame(90)], [frame(90)], away)
    assert np.isnan([surface.sharpness, surface.psnr_db, surface.ssim, surface.outside]).all()


def test_what_changes_near_the_face_is_not_far_from_it():
    hw, points = (700, 700), meshes(1).points[0] + np.float32([200, 200, 0])
    near, far = frame(90, hw), frame(90, hw)
    near[340:360, 340:360] = 0
    far[:70, :70] = 100
    assert far_from_face(near, frame(90, hw), points) == 0
    assert far_from_face(far, frame(90, hw), points) > 0


def test_a_row_and_a_column_that_the_encoder_dropped_do_not_count():
    ours, theirs = same_size(frame(1, (300, 300)), frame(2, (301, 299)))
    assert ours.shape == theirs.shape == (300, 299, 3)
