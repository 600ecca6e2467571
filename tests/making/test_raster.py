"""The rasteriser against a slow one that looks at every pixel and triangle."""

import numpy as np
import pytest

from bonaface.making.raster import interpolate, rasterise, sample

HW = (24, 30)


def slow(points: np.ndarray, triangles: np.ndarray, attributes: np.ndarray):
    """The nearest triangle over each pixel, by solving for its shares; and pixels too near to an edge to tell."""
    out, inside = np.zeros((*HW, attributes.shape[1])), np.zeros(HW, bool)
    unsure = np.zeros(HW, bool)
    for y in range(HW[0]):
        for x in range(HW[1]):
            nearest = np.inf
            for triangle in triangles:
                corners = points[triangle].astype(np.float64)
                shares = np.linalg.solve(np.vstack([corners[:, :2].T, np.ones(3)]), (x, y, 1))
                unsure[y, x] |= abs(shares.min()) < 2e-3
                z = shares @ corners[:, 2]
                if shares.min() >= 0:
                    unsure[y, x] |= abs(z - nearest) < 1e-2
                    if z < nearest:
                        nearest, inside[y, x] = z, True
                        out[y, x] = shares @ attributes[triangle]
    return out, inside, unsure


@pytest.mark.parametrize("seed", range(4))
def test_pixels_depth_and_attributes_are_those_of_the_slow_one(seed):
    noise = np.random.default_rng(seed)
    points = noise.uniform((-8, -8, 0), (38, 32, 50), (14, 3)).astype(np.float32)  # some of it beyond the picture
    triangles = np.stack([noise.choice(14, 3, replace=False) for _ in range(7)]).astype(np.int32)
    attributes = noise.uniform(-5, 5, (14, 2)).astype(np.float32)
    out, inside = rasterise(points, triangles, attributes, HW)
    expected, covered, unsure = slow(points, triangles, attributes)
    sure = ~unsure
    assert sure.mean() > 0.7
    np.testing.assert_array_equal(inside[sure] > 0, covered[sure])
    np.testing.assert_allclose(out[sure], expected[sure], atol=2e-2)


def test_a_triangle_without_area_draws_nothing():
    points = np.array([[2, 2, 0], [20, 20, 0], [11, 11, 0]], np.float32)
    out, inside = rasterise(points, np.array([[0, 1, 2]], np.int32), np.ones((3, 1), np.float32), HW)
    assert not inside.any()
    assert not out.any()


def test_neighbours_leave_no_gap_between_them():
    points = np.array([[-1, -1, 0], [40, -1, 0], [40, 40, 0], [-1, 40, 0]], np.float32)
    _, inside = rasterise(points, np.array([[0, 1, 2], [0, 2, 3]], np.int32), np.ones((4, 1), np.float32), HW)
    assert (inside == 255).all()


def test_interpolation_mixes_the_corners_by_their_shares():
    noise = np.random.default_rng(3)
    corner = noise.integers(0, 9, (5, 6, 3)).astype(np.int32)
    weight = noise.dirichlet((1, 1, 1), (5, 6)).astype(np.float32)
    values = noise.normal(size=(9, 4)).astype(np.float32)
    expected = (values[corner] * weight[..., None]).sum(2)
    np.testing.assert_allclose(interpolate(corner, weight, values), expected, atol=1e-5)


def test_a_sample_at_whole_positions_is_the_pixel_and_beyond_the_border_its_edge():
    picture = np.arange(12, dtype=np.float32).reshape(3, 4, 1)
    where = np.array([[[1, 2], [3, 0], [-9, 1], [99, 99]]], np.float32)
    assert sample(picture, where).ravel().tolist() == [9, 3, 4, 11]
