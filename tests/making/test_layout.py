"""The common layout and the rasteriser behind it."""

import cv2
import numpy as np
import pytest

from bonaface.making.layout import make_layout
from bonaface.making.prior import load_prior
from bonaface.making.raster import rasterise
from bonaface.making.shape import ring_offsets, widen

PRIOR = load_prior()


@pytest.mark.parametrize("size", [64, 256, 512])
def test_weights_of_covered_texels_add_up_to_one(size: int) -> None:
    layout = PRIOR.layout(size)
    np.testing.assert_allclose(layout.weight[layout.inside].sum(1), 1, atol=1e-4)
    assert 0.5 < layout.inside.mean() < 0.9


def test_vertices_come_back_to_their_own_texels() -> None:
    layout = PRIOR.layout(256)
    positions = layout.spread(layout.uv)
    rows, columns = np.nonzero(layout.inside)
    np.testing.assert_allclose(positions[rows, columns], np.stack([columns, rows], 1), atol=0.05)


def test_unwrapping_a_rendered_texture_gives_the_texture_back() -> None:
    layout = PRIOR.layout(256)
    smooth = cv2.GaussianBlur(np.random.default_rng(0).uniform(0, 255, (256, 256, 3)).astype(np.float32), (0, 0), 12)
    texture = (smooth - smooth.min()) / np.ptp(smooth) * 255
    vertices = widen(PRIOR.reference, ring_offsets(PRIOR.reference)) * 3 + np.array([250, 250, 0], np.float32)
    where, inside = rasterise(vertices, layout.triangles, layout.uv, (500, 500))
    picture = cv2.remap(texture, where[..., 0], where[..., 1], cv2.INTER_LINEAR)
    picture[inside == 0] = 0
    back = layout.unwrap(picture, vertices)
    middle = cv2.erode(layout.face, np.ones((41, 41), np.uint8)) > 0
    middle &= cv2.dilate(cv2.bitwise_or(layout.mouth, layout.eyes), np.ones((9, 9), np.uint8)) == 0
    assert np.abs(back - texture)[middle].mean() < 3


def test_nearer_triangle_hides_the_farther_one() -> None:
    points = np.array([[0, 0, 5], [20, 0, 5], [0, 20, 5], [0, 0, 1], [20, 0, 1], [0, 20, 1]], np.float32)
    triangles = np.array([[3, 4, 5], [0, 1, 2]], np.int32)
    shade = np.array([[10], [10], [10], [90], [90], [90]], np.float32)
    out, inside = rasterise(points, triangles, shade, (24, 24))
    np.testing.assert_allclose(out[..., 0][inside > 0], 90, atol=1e-3)


def test_same_size_is_made_once() -> None:
    assert make_layout(PRIOR.uv, PRIOR.triangles, 128) is make_layout(PRIOR.uv, PRIOR.triangles, 128)
