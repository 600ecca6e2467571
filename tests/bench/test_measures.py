import cv2
import numpy as np
import pytest

from bonaface.bench import measures
from bonaface.faces.pose import load_canonical_face


@pytest.fixture(scope="module")
def reference():
    return load_canonical_face().points


def rotation(axis: str, degrees: float) -> np.ndarray:
    a = np.radians(degrees)
    c, s = np.cos(a), np.sin(a)
    return {
        "pitch": np.array([[1, 0, 0], [0, c, -s], [0, s, c]]),
        "yaw": np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]),
        "roll": np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]),
    }[axis]


def turned(reference: np.ndarray, axis: str, degrees: float) -> np.ndarray:
    return (2.5 * reference @ rotation(axis, degrees).T + (200, 150, 0)).astype(np.float32)


@pytest.mark.parametrize("axis", ["pitch", "yaw", "roll"])
def test_a_head_turned_by_six_degrees_about_one_axis_is_two_degrees_off_in_the_mean_of_three(reference, axis):
    still = turned(reference, axis, 0)[None].repeat(4, 0)
    off = turned(reference, axis, 6)[None].repeat(4, 0)
    assert measures.pose_error_deg(still, off, reference) == pytest.approx(2.0, abs=0.01)
    assert measures.pose_wobble_deg(still, off, reference) == pytest.approx(0.0, abs=1e-3)


def test_angles_across_half_a_turn_differ_by_the_short_way(reference):
    a, b = turned(reference, "roll", 179)[None], turned(reference, "roll", -179)[None]
    assert measures.pose_error_deg(a, b, reference) == pytest.approx(2 / 3, abs=0.01)


def test_wobble_keeps_what_changes_and_leaves_out_a_constant_offset(reference):
    still = np.stack([turned(reference, "yaw", 0)] * 2)
    swaying = np.stack([turned(reference, "yaw", 3), turned(reference, "yaw", 9)])
    assert measures.pose_error_deg(still, swaying, reference) == pytest.approx(2.0, abs=0.02)
    assert measures.pose_wobble_deg(still, swaying, reference) == pytest.approx(1.0, abs=0.02)


def test_expression_counts_only_live_blendshapes_and_a_frozen_swap_as_zero():
    time = np.linspace(0, 6, 50)
    target = np.zeros((50, 52), np.float32)
    target[:, 5], target[:, 9] = 0.5 + 0.4 * np.sin(time), 0.5 + 0.4 * np.cos(time)
    target[:, 20] = 0.01 * np.sin(5 * time)  # below the threshold: noise
    swap = target.copy()
    swap[:, 9] = 0.5
    swap[:, 20] = -swap[:, 20]
    assert measures.expression_r(target, target) == pytest.approx(1)
    assert measures.expression_r(target, swap) == pytest.approx(0.5)
    assert np.isnan(measures.expression_r(np.zeros((50, 52)), swap))


def test_correlation_is_numpys_and_zero_for_a_constant():
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=40), rng.normal(size=40)
    assert measures.correlation(a, b) == pytest.approx(np.corrcoef(a, b)[0, 1])
    assert measures.correlation(a, np.ones(40)) == 0


def drawn_face() -> np.ndarray:
    points = np.zeros((2, 478, 3), np.float32)
    points[:, 33], points[:, 263] = (0, 0, 0), (100, 0, 0)
    points[:, 133], points[:, 362] = (30, 0, 0), (70, 0, 0)
    points[:, 468], points[:, 473] = (15, 1, 0), (85, -1, 0)
    points[:, 13], points[:, 14] = (50, 60, 0), (50, 60, 0)
    points[1, 14, 1] = 85  # the second frame opens the mouth by a quarter of the eyes' distance
    points[:, 159], points[:, 145] = (15, -5, 0), (15, 5, 0)
    points[:, 386], points[:, 374] = (85, -4, 0), (85, 4, 0)
    points[1, 468, 0] += 6  # and looks a fifth of an eye's width to the right
    points[1, 473, 0] += 6
    return points


def test_openings_are_shares_of_the_distance_of_the_outer_eye_corners():
    np.testing.assert_allclose(measures.mouth_opening(drawn_face()), [0, 0.25])
    np.testing.assert_allclose(measures.eye_opening(drawn_face()), [0.18, 0.18])


def test_gaze_is_in_eye_widths_and_does_not_depend_on_size_or_turn():
    points = drawn_face()
    np.testing.assert_allclose(measures.gaze(points), [0, 0.2], atol=1e-6)
    turn = rotation("roll", 33)
    np.testing.assert_allclose(measures.gaze(3 * points @ turn.T), [0, 0.2], atol=1e-5)
    assert measures.gaze_off(points, points[::-1]) == pytest.approx(0.2)


def textured() -> np.ndarray:
    grey = np.random.default_rng(0).integers(60, 190, (64, 64, 1), np.uint8)
    return grey.repeat(3, 2)


def disc() -> np.ndarray:
    return cv2.circle(np.zeros((64, 64), np.uint8), (32, 32), 24, 255, -1)


def test_half_the_contrast_is_half_the_sharpness_and_the_rest_of_the_picture_does_not_count():
    target = textured()
    soft = ((target.astype(np.float32) - 125) / 2 + 125).round().astype(np.uint8)
    soft[disc() == 0] = 0
    assert measures.sharpness_ratio(target, target, disc()) == pytest.approx(1)
    assert measures.sharpness_ratio(soft, target, disc()) == pytest.approx(0.5, abs=0.01)
    assert measures.sharpness_ratio(cv2.GaussianBlur(target, (0, 0), 2), target, disc()) < 0.1


def test_psnr_of_a_picture_lighter_by_ten_is_28_db_inside_whatever_lies_outside():
    target = textured()
    lighter = target + 10
    lighter[disc() == 0] = 0
    assert measures.psnr_db(lighter, target, disc()) == pytest.approx(20 * np.log10(255 / 10), abs=1e-3)
    assert measures.psnr_db(target, target, disc()) == float("inf")


def test_ssim_is_one_for_equals_the_luminance_term_for_flat_pictures_and_low_for_noise():
    target = textured()
    assert measures.ssim(target, target, disc()) == pytest.approx(1)
    flat = [np.full((64, 64, 3), value, np.uint8) for value in (100, 120)]
    c1 = (0.01 * 255) ** 2
    expected = (2 * 100 * 120 + c1) / (100**2 + 120**2 + c1)
    assert measures.ssim(*flat, disc()) == pytest.approx(expected, abs=1e-6)
    assert measures.ssim(target, 255 - target, disc()) < 0


def test_flicker_of_frames_that_alternate_by_four_levels_is_four_and_of_still_ones_nothing():
    a = textured()
    flicker = measures.Flicker(disc())
    assert np.isnan(flicker.means()).all()
    for texture in (a, a + 4, a, a + 4):
        flicker.add(texture, a)
    assert flicker.means() == (4.0, 0.0)


def test_flicker_does_not_reach_across_frames_without_a_face_nor_beyond_the_mask():
    a, lighter = textured(), textured()
    lighter[disc() > 0] += 30
    flicker = measures.Flicker(disc())
    flicker.add(a, a)
    flicker.interrupt()
    flicker.add(lighter, lighter)
    assert np.isnan(flicker.means()).all()
    outside = lighter.copy()
    outside[disc() == 0] = 0
    flicker.add(outside, lighter)
    assert flicker.means() == (0.0, 0.0)


def test_change_outside_ignores_the_inside_and_counts_a_single_pixel():
    target = textured()
    swap = target.copy()
    swap[disc() > 0] = 0
    assert measures.change_outside(swap, target, disc()) == (0.0, 0.0)
    swap[0, 0, 1] += 3
    share, mean = measures.change_outside(swap, target, disc())
    outside = int((disc() == 0).sum())
    assert share == pytest.approx(1 / outside)
    assert mean == pytest.approx(3 / (3 * outside))
    assert measures.change_outside(swap, target, np.full((64, 64), 255, np.uint8)) == (0.0, 0.0)


def test_the_interval_holds_the_mean_repeats_itself_and_is_wider_for_neighbours_that_are_alike():
    rng = np.random.default_rng(2)
    alone = rng.normal(0.7, 0.1, 240)
    alike = np.repeat(rng.normal(0.7, 0.1, 30), 8)
    low, high = measures.mean_interval(alone)
    assert low < alone.mean() < high
    assert (low, high) == measures.mean_interval(alone)
    wide = measures.mean_interval(alike)
    assert wide[1] - wide[0] > 2 * (high - low)
    assert measures.mean_interval(np.full(5, 0.5)) == pytest.approx((0.5, 0.5))


def test_the_interval_over_people_is_that_of_their_means_however_many_directions_each_has():
    rng = np.random.default_rng(4)
    means = rng.normal(0.7, 0.05, 9)
    people = [name for name in "abcdefghi" for _ in range(5)]
    values = np.repeat(means, 5) + rng.normal(0, 0.001, 45)
    low, high = measures.people_interval(values, people)
    assert low < means.mean() < high
    expected = 2 * 1.96 * means.std() / 3  # nine people, not 45 directions
    assert high - low == pytest.approx(expected, rel=0.25)
    assert np.isnan(measures.people_interval(values[:10], people[:10])).all()
