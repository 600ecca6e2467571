"""The face gets as much fine structure as its surroundings have."""

import cv2
import numpy as np
import pytest

from bonaface.making.detail import match_detail

SIDE = 96


def structure(sigma: float, seed: int, contrast: float = 12) -> np.ndarray:
    noise = cv2.GaussianBlur(np.random.default_rng(seed).normal(0, 1, (SIDE, SIDE)).astype(np.float32), (0, 0), sigma)
    return np.repeat((128 + contrast * noise / noise.std())[..., None], 3, 2).astype(np.float32)


def disc() -> np.ndarray:
    return cv2.circle(np.zeros((SIDE, SIDE), np.float32), (SIDE // 2, SIDE // 2), 40, 1, -1)


def energy(picture: np.ndarray) -> float:
    luma = picture @ np.array([0.299, 0.587, 0.114], np.float32)
    return float(np.sqrt((cv2.Laplacian(luma, cv2.CV_32F)[disc() > 0] ** 2).mean()))


def settled(face: np.ndarray, target: np.ndarray, face_px: float) -> np.ndarray:
    """The face after so many frames that nothing changes any more."""
    strength = 0.0
    for _ in range(60):
        added, strength = match_detail(face, target, disc(), disc(), strength, face_px)
    return face + added[..., None]


@pytest.mark.parametrize("face_px", [80.0, 400.0])
@pytest.mark.parametrize("ours", [1.0, 1.6])
def test_the_energy_of_the_laplacian_comes_to_the_targets(ours, face_px):
    face, target = structure(ours, 1), structure(1.25, 2)
    assert energy(face) != pytest.approx(energy(target), rel=0.2)
    assert energy(settled(face, target, face_px)) == pytest.approx(energy(target), rel=0.12)


def test_a_face_of_the_right_sharpness_stays_on_small_faces():
    face = structure(1.3, 1)
    target = structure(1.3, 2) * energy(face) / energy(structure(1.3, 2))
    target += 128 - target.mean()
    out = settled(face, target, 80.0)
    assert np.abs(out - face).mean() < 0.6


def test_a_blurred_face_on_a_sharp_target_is_not_sharpened_without_end():
    face, target = structure(6, 1), structure(0.6, 2, 30)
    out = settled(face, target, 80.0)
    assert energy(face) < energy(out) < 1.1 * energy(target)
    assert (
        np.abs(cv2.GaussianBlur(out - face, (0, 0), 3)).max() < 8
    )  # what was added is fine, and no feature of the target


def test_what_sharpening_cannot_give_comes_from_the_targets_grain():
    face, target = structure(6, 1), structure(0.6, 2, 30)
    assert energy(settled(face, target, 80.0)) > 0.5 * energy(target)


def test_too_small_a_face_is_left_as_it_is():
    face = structure(2, 1)
    nowhere = np.zeros((SIDE, SIDE), np.float32)
    nowhere[:3, :3] = 1
    added, strength = match_detail(face, structure(1, 2), nowhere, nowhere, 0.3, 80.0)
    assert not added.any()
    assert strength == 0.3


def test_grain_is_taken_only_where_it_may_be_used():
    face, target = structure(5, 1), structure(0.7, 2)
    nowhere, strength = np.zeros((SIDE, SIDE), np.float32), 0.0
    with_grain, _ = match_detail(face, target, disc(), disc(), strength, 400.0)
    without, _ = match_detail(face, target, disc(), nowhere, strength, 400.0)
    inside = disc() > 0
    assert np.abs(with_grain)[inside].mean() > 2 * np.abs(without)[inside].mean()
    small, _ = match_detail(face, target, disc(), disc(), strength, 80.0)
    np.testing.assert_allclose(small, without, atol=1e-3)  # on a small face the finest band holds features
