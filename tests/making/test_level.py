"""A smaller avatar predicts what the larger one does, at less resolution."""

import cv2
import numpy as np
import pytest

from bonaface.making.avatar import Avatar
from bonaface.making.features import face_features
from bonaface.making.level import fitting
from bonaface.making.prior import load_prior
from bonaface.making.texture import Region, predict, quantise

PRIOR = load_prior()
SIZE = 512


@pytest.fixture(scope="module")
def large() -> Avatar:
    """An avatar of one region, whose weights and mean are smooth over the face."""
    noise = np.random.default_rng(0)
    displacement = (noise.normal(0, 3, (200, 16)) @ PRIOR.codes).reshape(-1, 478, 3).astype(np.float32)
    features = face_features(displacement, noise.normal(0, 5, (200, 3)).astype(np.float32), PRIOR.codes)
    layout = PRIOR.layout(SIZE)
    texels = np.flatnonzero(layout.inside).astype(np.int32)
    count = features.encode(displacement[:1], np.zeros((1, 3), np.float32)).shape[1]

    def smooth(scale: float, channels: int) -> np.ndarray:
        field = noise.normal(0, 1, (SIZE, SIZE, channels)).astype(np.float32)
        field = cv2.GaussianBlur(field, (0, 0), 14).reshape(SIZE, SIZE, channels)
        return field / field.std() * scale

    weights = np.stack([smooth(2, 3).reshape(-1, 3)[texels].ravel() for _ in range(count)])
    region = Region(features, texels, np.ones(len(texels), np.float32), *quantise(weights))
    own = np.where(layout.inside, 255, 0).astype(np.uint8)
    return Avatar(PRIOR.reference, 130 + smooth(20, 3), (region,), own, 400.0)


def test_a_face_as_large_as_the_texture_keeps_the_avatar(large):
    assert fitting(large, 500.0, PRIOR) is large


def test_on_a_small_face_the_smaller_avatar_predicts_the_same(large):
    small = fitting(large, 150.0, PRIOR)
    assert 150 <= small.size < SIZE
    layout = PRIOR.layout(small.size)
    assert len(small.regions) == 1
    displacement = (np.random.default_rng(3).normal(0, 3, 16) @ PRIOR.codes).reshape(478, 3).astype(np.float32)
    angles = np.float32([3, -4, 1])
    ours, theirs = (predict(one.mean, one.regions, displacement, angles) for one in (small, large))
    vertices = np.column_stack([PRIOR.layout(SIZE).uv, np.zeros(550)]).astype(np.float32)
    down = layout.unwrap(theirs, vertices)
    middle = cv2.erode(layout.inside.astype(np.uint8), np.ones((15, 15), np.uint8)) > 0
    moved = np.abs(theirs - large.mean).mean()
    assert np.abs(ours - down)[middle].mean() < 0.1 * moved
    assert (small.own[middle] > 250).all()
