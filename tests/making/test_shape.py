"""The neutral shape, the rings and the irises, on meshes with a known answer."""

import numpy as np
import pytest

from bonaface.making.prior import load_prior
from bonaface.making.shape import IRIS, OVAL, neutral_shape, place_irises, ring_offsets, widen

PRIOR = load_prior()


def expressive(seed: int, count: int = 200) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A made-up person: own shape, and meshes whose expression the prior explains wholly."""
    noise = np.random.default_rng(seed)
    own = PRIOR.reference + noise.normal(0, 0.5, (478, 3)).astype(np.float32)
    readings = PRIOR.calm + np.abs(noise.normal(0, 0.25, (count, 52))).astype(np.float32)
    beyond = np.maximum(readings - PRIOR.calm - 1.5 * PRIOR.calm_spread, 0)
    return own, own + (beyond @ PRIOR.expression).reshape(count, 478, 3), readings


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_neutral_is_found_when_every_frame_is_expressive(seed: int) -> None:
    own, meshes, readings = expressive(seed)
    found = neutral_shape(meshes.astype(np.float32), readings, PRIOR)
    assert np.abs(found - own).max() < 0.05


def test_one_mesh_is_enough_for_a_neutral() -> None:
    own, meshes, readings = expressive(4, count=1)
    assert np.abs(neutral_shape(meshes.astype(np.float32), readings, PRIOR) - own).max() < 0.05


def test_rings_lie_outside_the_oval_and_behind_it() -> None:
    rings = ring_offsets(PRIOR.reference)
    outline = PRIOR.reference[OVAL]
    outward = outline[:, :2] - outline[:, :2].mean(0)
    for nearer, farther in ((np.zeros_like(rings[0]), rings[0]), (rings[0], rings[1])):
        step = farther - nearer
        assert (np.einsum("nk,nk->n", step[:, :2], outward) > 0).mean() > 0.9
        assert (step[:, 2] > 0).all()


def test_widened_mesh_keeps_the_vertices_of_the_mesh() -> None:
    wide = widen(PRIOR.reference, ring_offsets(PRIOR.reference))
    assert wide.shape == (550, 3)
    np.testing.assert_array_equal(wide[:478], PRIOR.reference)


def test_irises_stay_between_the_corners_however_far_the_eyes_turn() -> None:
    turned = np.repeat(PRIOR.reference[None], 3, 0)
    for centre, side_a, side_b, *_ in IRIS:
        turned[1, [centre, side_a, side_b], 0] += 40
        turned[2, [centre, side_a, side_b], 1] -= 40
    placed = place_irises(turned)
    for centre, _, _, outer, inner, _, _ in IRIS:
        low, high = np.sort(PRIOR.reference[[outer, inner], 0])
        assert ((placed[:, centre, 0] >= low) & (placed[:, centre, 0] <= high)).all()
    np.testing.assert_array_equal(np.delete(placed, range(468, 478), 1), np.delete(turned, range(468, 478), 1))
