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
def test_a_few_calm_frames_among_expressive_ones_give_the_neutral(seed: int) -> None:
    own, meshes, readings = expressive(seed)
    meshes[:8], readings[:8] = own, PRIOR.calm
    # What the prior says of expression is wrong for this person, by as much as it is for real ones.
    wrong = own + 0.7 * (meshes - own)
    found = neutral_shape(wrong.astype(np.float32), readings, PRIOR)
    assert np.abs(found - own).mean() < 0.25 * np.abs(np.median(wrong, axis=0) - own).mean()


@pytest.mark.parametrize(("seed", "count"), [(1, 200), (2, 200), (3, 1)])
def test_from_expressive_frames_alone_the_average_face_has_a_say_and_nothing_else(seed: int, count: int) -> None:
    own, meshes, readings = expressive(seed, count)
    found = neutral_shape(meshes.astype(np.float32), readings, PRIOR)
    towards = PRIOR.reference - own
    share = ((found - own) * towards).sum() / (towards**2).sum()
    assert 0 < share < 0.5
    np.testing.assert_allclose(found, own + share * towards, atol=0.05)


def test_the_average_face_says_more_the_more_expression_had_to_be_taken_away() -> None:
    own, meshes, readings = expressive(4)
    readings = PRIOR.calm + 2 * (readings - PRIOR.calm)
    beyond = np.maximum(readings - PRIOR.calm - 1.5 * PRIOR.calm_spread, 0)
    stronger = own + (beyond @ PRIOR.expression).reshape(meshes.shape)
    _, mild, mild_readings = expressive(4)
    errors = [
        np.abs(neutral_shape(m.astype(np.float32), r, PRIOR) - own).mean()
        for m, r in ((mild, mild_readings), (stronger, readings))
    ]
    assert errors[0] < errors[1]


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
