"""Regression finds what was planted, and prediction adds it up."""

import numpy as np
import pytest

from bonaface.making.features import face_features
from bonaface.making.prior import load_prior
from bonaface.making.texture import Region, predict, quantise, regress

PRIOR = load_prior()
TEXELS = 40


@pytest.fixture(scope="module")
def planted():
    """3000 movements, the weights that texels follow them with, and their textures with a camera's noise."""
    noise = np.random.default_rng(8)
    codes = noise.normal(0, 3, (3000, 16)).astype(np.float32)
    displacement = (codes @ PRIOR.codes).reshape(-1, 478, 3)
    angles = noise.normal(0, 8, (3000, 3)).astype(np.float32)
    features = face_features(displacement, angles, PRIOR.codes)
    encoded = features.encode(displacement, angles)
    weights = noise.normal(0, 3, (encoded.shape[1], TEXELS * 3)).astype(np.float32)
    mean = np.full((TEXELS, 3), 128, np.float32)
    moved = (encoded @ weights).reshape(-1, TEXELS, 3)
    textures = np.clip(np.round(mean + moved + noise.normal(0, 2, moved.shape)), 0, 255).astype(np.uint8)
    return features, displacement, angles, encoded, textures, mean


def test_a_planted_linear_model_is_found_and_predicts_what_it_was_not_fitted_to(planted):
    features, displacement, angles, encoded, textures, mean = planted
    learned = slice(0, 2500)
    seen = np.ones((2500, TEXELS), bool)
    weights = regress(encoded[learned], textures[learned], seen, mean, np.arange(TEXELS))
    region = Region(features, np.arange(TEXELS, dtype=np.int32), np.ones(TEXELS, np.float32), *quantise(weights))
    square = np.zeros((8, 8, 3), np.float32)
    square.reshape(-1, 3)[:TEXELS] = mean
    errors, plain = [], []
    for row in range(2500, 2600):
        out = predict(square, [region], displacement[row], angles[row]).reshape(-1, 3)
        np.testing.assert_array_equal(out[TEXELS:], 0)
        errors.append(np.abs(out[:TEXELS] - textures[row]).mean())
        plain.append(np.abs(mean - textures[row]).mean())
    assert np.mean(errors) < 0.2 * np.mean(plain)
    np.testing.assert_array_equal(square.reshape(-1, 3)[:TEXELS], mean)  # the mean is not written into


def test_a_texel_never_seen_does_not_move(planted):
    _, _, _, encoded, textures, mean = planted
    seen = np.ones((3000, TEXELS), bool)
    seen[:, 5] = False
    weights = regress(encoded, textures, seen, mean, np.arange(TEXELS)).reshape(-1, TEXELS, 3)
    assert not weights[:, 5].any()
    assert np.abs(weights[:, 6]).max() > 1


def test_regions_add_up_by_their_shares(planted):
    features, displacement, angles, encoded, *_ = planted
    weights = np.full((encoded.shape[1], 3), 1, np.float32)
    both = np.zeros((2, 2, 3), np.float32)
    alone = Region(features, np.array([3], np.int32), np.ones(1, np.float32), *quantise(weights))
    parts = [
        Region(features, np.array([3], np.int32), np.array([share], np.float32), *quantise(weights))
        for share in (0.25, 0.75)
    ]
    whole = predict(both, [alone], displacement[0], angles[0])
    np.testing.assert_allclose(predict(both, parts, displacement[0], angles[0]), whole, rtol=1e-4)
    assert whole[1, 1] == pytest.approx(np.full(3, encoded[0].sum()), rel=1e-3)
    assert not whole[:1].any()


def test_sixteen_bits_keep_weights_to_half_a_step():
    weights = np.random.default_rng(1).normal(0, 5, (4, 999)).astype(np.float32)
    weights[2] = 0
    small, step = quantise(weights)
    assert small.dtype == np.int16
    assert (np.abs(small * step[:, None] - weights) <= step[:, None] * 0.501).all()
    assert np.isfinite(step).all()
