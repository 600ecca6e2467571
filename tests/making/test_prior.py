"""The shipped prior, and anybody left out of it again."""

import numpy as np
import pytest
from safetensors.numpy import load_file

from bonaface.making.prior import learned_from, load_prior, solve_expression
from bonaface.models import model_path

HELD = load_file(model_path("prior.safetensors"))


def total(kind: str, names) -> np.ndarray:
    return sum(HELD[f"{kind}.{name}"].astype(np.float64) for name in names)


@pytest.mark.parametrize("without", [(), ("d3",), ("d3", "d6"), ("d18", "nobody")])
def test_what_is_left_is_what_the_sums_of_the_others_give(without):
    others = sorted(learned_from() - set(without))
    prior = load_prior(without)
    expected = solve_expression(total("moments", others), total("crossed", others))
    np.testing.assert_allclose(prior.expression, expected, atol=1e-5)
    np.testing.assert_allclose(prior.calm, np.median([HELD[f"calm.{name}"] for name in others], axis=0))


def test_leaving_somebody_out_changes_the_prior_and_leaving_out_a_stranger_does_not():
    whole = load_prior()
    assert np.abs(load_prior(["d6"]).expression - whole.expression).max() > 1e-2
    np.testing.assert_array_equal(load_prior(["a stranger"]).expression, whole.expression)


def test_the_public_pairs_main_people_are_not_in_it_and_the_ring_is_known_by_name():
    known = learned_from()
    assert not known & {"A", "B", "single_face", "actress"}
    assert {"d3", "d6", "d9", "d10", "d18", "d19"} <= known


def test_codes_are_orthonormal_and_span_most_of_what_expression_moves():
    prior = load_prior()
    np.testing.assert_allclose(prior.codes @ prior.codes.T, np.eye(16), atol=1e-4)
    moments = total("moments", learned_from())
    values, vectors = np.linalg.eigh(moments)
    moved = (vectors * np.sqrt(np.maximum(values, 0))).T @ prior.expression
    kept = moved @ prior.codes.T @ prior.codes
    assert (kept**2).sum() > 0.97 * (moved**2).sum()


def test_an_open_jaw_lowers_the_chin_and_leaves_the_brow():
    jaw_open = load_prior().expression[25].reshape(478, 3)
    assert jaw_open[152, 1] > 3
    assert np.abs(jaw_open[9]).max() < 1


def test_nobody_left_is_an_error():
    with pytest.raises(ValueError, match="left"):
        load_prior(learned_from())
