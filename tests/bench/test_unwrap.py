import numpy as np
import pytest

from bonaface.bench.unwrap import flat_face
from bonaface.faces.pose import load_canonical_face


@pytest.fixture(scope="module")
def canonical():
    return load_canonical_face()


@pytest.fixture(scope="module")
def flat(canonical):
    return flat_face(canonical, 128)


def test_shares_sum_to_one_and_most_of_the_square_is_face(flat):
    inside = flat.mask > 0
    np.testing.assert_allclose(flat.weight[inside].sum(-1), 1, atol=1e-5)
    assert flat.weight[inside].min() > -1e-4
    assert 0.5 < inside.mean() < 1


def test_a_mesh_drawn_at_its_own_texture_places_gives_the_picture_back(canonical, flat):
    rows, columns = np.mgrid[:128, :128]
    picture = np.stack([rows, columns, rows + columns], -1).astype(np.uint8)
    points = np.zeros((478, 3), np.float32)
    points[:468, :2] = canonical.uv * 127
    inside = flat.mask > 0
    np.testing.assert_allclose(flat.unwrap(picture, points)[inside], picture[inside], atol=1)


def test_a_face_that_moves_and_grows_keeps_its_texels(canonical, flat):
    rows, columns = np.mgrid[:400, :400]
    points = (1.2 * canonical.points + (150, 180, 0)).astype(np.float32)
    first = np.stack([columns, rows, columns], -1).clip(0, 255).astype(np.uint8)
    moved = np.roll(first, (30, 20), (0, 1))
    shifted = points + np.array([20, 30, 0], np.float32)
    inside = flat.mask > 0
    np.testing.assert_allclose(flat.unwrap(moved, shifted)[inside], flat.unwrap(first, points)[inside], atol=1)
