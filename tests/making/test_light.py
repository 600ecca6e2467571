"""Light is found where it is known, and colour follows the target."""

import numpy as np

from bonaface.making.light import Light, fit_light, relight, vertex_normals
from bonaface.making.prior import load_prior
from bonaface.making.shape import ring_offsets, widen

PRIOR = load_prior()
SHAPE = widen(PRIOR.reference, ring_offsets(PRIOR.reference))


def scene(size: int) -> tuple[np.ndarray, np.ndarray]:
    layout = PRIOR.layout(size)
    texture = np.zeros((size, size, 3), np.float32) + np.array([180, 130, 110], np.float32)
    texture += np.random.default_rng(1).normal(0, 4, texture.shape).astype(np.float32)
    return texture, layout.spread(vertex_normals(SHAPE, layout.triangles))


def test_a_known_light_is_taken_over() -> None:
    layout = PRIOR.layout(64)
    texture, normals = scene(64)
    lamp = Light(np.array([-0.3, 0.35, 0.1], np.float32), 1.0, np.zeros((6, 2), np.float32), 127.0)
    target = relight(texture, lamp, SHAPE, layout)
    weight = layout.inside.astype(np.float32)
    ours = relight(texture, fit_light(texture, target, weight, normals), SHAPE, layout)
    before, after = (np.abs(x - target)[layout.inside].mean() for x in (texture, ours))
    assert after < 0.35 * before


def test_grey_footage_stays_grey() -> None:
    layout = PRIOR.layout(64)
    texture, normals = scene(64)
    grey = np.repeat(texture.mean(2, keepdims=True), 3, 2)
    light = fit_light(texture, grey, layout.inside.astype(np.float32), normals)
    out = relight(texture, light, SHAPE, layout)[layout.inside]
    assert np.abs(out - out.mean(1, keepdims=True)).mean() < 1.5


def test_no_common_skin_changes_nothing() -> None:
    layout = PRIOR.layout(64)
    texture, normals = scene(64)
    light = fit_light(texture, texture * 0.5, np.zeros((64, 64), np.float32), normals)
    np.testing.assert_allclose(relight(texture, light, SHAPE, layout), texture, atol=0.6)


def test_a_mixture_of_lights_lies_between() -> None:
    a = Light(np.zeros(3, np.float32), 1.0, np.zeros((6, 2), np.float32), 100.0)
    b = Light(np.ones(3, np.float32), 0.5, np.ones((6, 2), np.float32), 140.0)
    half = a.towards(b, 0.5)
    assert (half.scale, half.middle) == (0.75, 120.0)
    np.testing.assert_allclose(half.gain, 0.5)


def test_in_a_dim_room_a_face_keeps_most_of_its_contrast() -> None:
    layout = PRIOR.layout(64)
    texture, normals = scene(64)
    dark = texture * 0.5
    light = fit_light(texture, dark, layout.inside.astype(np.float32), normals)
    out = relight(texture, light, SHAPE, layout)[layout.inside]
    assert abs(out.mean() - dark[layout.inside].mean()) < 4
    contrast = [float(x.std(0).mean()) for x in (dark[layout.inside], out, texture[layout.inside])]
    assert 1.2 * contrast[0] < contrast[1] < contrast[2]
