"""The windows of mouth and eyes: cut out, put back, mirrored."""

import cv2
import numpy as np
import pytest

from bonaface.making.patch import SIZE, counterparts, eye_patches, mouth_patch, painted_share
from bonaface.making.prior import load_prior
from bonaface.making.shape import ring_offsets, widen

PRIOR = load_prior()
PATCHES = (mouth_patch(PRIOR), *eye_patches(PRIOR))


def smooth_texture(size: int) -> np.ndarray:
    noise = np.random.default_rng(3).uniform(0, 255, (24, 24, 3)).astype(np.float32)
    return cv2.resize(noise, (size, size), interpolation=cv2.INTER_CUBIC)


@pytest.mark.parametrize("size", [128, 256, SIZE, 512])
@pytest.mark.parametrize("patch", PATCHES, ids=["mouth", "right", "left"])
def test_a_change_lands_where_the_patch_was_taken_from(patch, size):
    texture = smooth_texture(size)
    changed = texture.copy()
    wave = (20 * patch.soft)[..., None].repeat(3, 2)
    patch.add(changed, wave)
    away = patch.take(changed) - patch.take(texture)
    assert np.abs(away - wave).mean() < 1.0
    untouched = np.abs(changed - texture).max(-1) == 0
    assert untouched.mean() > 0.7


def test_the_left_eye_is_the_mirror_image_of_the_right_one():
    _, right, left = PATCHES
    layout = PRIOR.layout(SIZE)
    texture = cv2.cvtColor(layout.eyes, cv2.COLOR_GRAY2RGB)
    both = right.take(texture).astype(int), left.take(texture).astype(int)
    assert np.abs(both[0] - both[1]).mean() < 4
    assert right.inner.sum() > 100


def test_a_patch_of_a_picture_is_that_of_its_texture():
    picture = smooth_texture(300).astype(np.uint8)
    shape = widen(PRIOR.reference, ring_offsets(PRIOR.reference)) * 2 + (150, 150, 0)
    texture = PRIOR.layout(SIZE).unwrap(picture, shape.astype(np.float32))
    for patch in PATCHES:
        seen, cut = patch.unwrap(picture, shape.astype(np.float32)), patch.take(texture)
        assert np.abs(seen.astype(int) - cut)[patch.hole > 0].mean() < 4


def test_what_one_eye_is_told_is_what_the_other_is_told_of_a_mirrored_face():
    _, right, left = PATCHES
    moved = np.random.default_rng(0).normal(0, 1, (478, 3)).astype(np.float32)
    mirrored = (moved[counterparts()] * (-1, 1, 1)).astype(np.float32)
    turn = np.array([4, 10, -3], np.float32)
    code = left.code(moved, turn, PRIOR.codes, 150.0)
    np.testing.assert_allclose(code, right.code(mirrored, turn * (1, -1, -1), PRIOR.codes, 150.0), atol=1e-5)
    seen = left.geometry(PRIOR.reference + moved, moved, PRIOR.reference)
    np.testing.assert_allclose(seen, right.geometry(PRIOR.reference + mirrored, mirrored, PRIOR.reference), atol=1e-5)


def test_the_share_of_paint_adds_up():
    mouth, eyes = (painted_share({part: 1.0}, PRIOR) for part in ("mouth", "eyes"))
    assert 0.02 < eyes < mouth < 0.3
    assert painted_share({"mouth": 0.5, "eyes": 1.0}, PRIOR) == pytest.approx(mouth / 2 + eyes)
    assert painted_share({}, PRIOR) == 0
