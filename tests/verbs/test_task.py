"""Times of a call as numbers of any kind."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bonaface.terms.errors import UsageError
from bonaface.verbs.task import exact_seconds


@pytest.mark.parametrize(
    ("given", "exact"),
    [
        (None, None),
        (12, Fraction(12)),
        (0, Fraction(0)),
        (0.1, Fraction(1, 10)),
        (0.1 + 0.2, Fraction(3, 10)),
        (1 / 3, Fraction(1, 3)),
        (np.float64(2.5), Fraction(5, 2)),
        (np.int64(3), Fraction(3)),
        (5400.123456, Fraction(5400123456, 1000000)),
        (Fraction(1234567, 98765431), Fraction(1234567, 98765431)),
    ],
)
def test_a_number_of_any_kind_becomes_the_fraction_that_was_meant(given: object, exact: Fraction | None) -> None:
    assert exact_seconds(given, "start_s") == exact


@given(st.integers(0, 10**6), st.sampled_from([Fraction(1001, 30000), Fraction(1, 25), Fraction(1, 90000)]))
def test_a_frame_time_that_went_through_a_float_is_exact_again(number: int, step: Fraction) -> None:
    assert exact_seconds(float(number * step), "end_s") == number * step


@pytest.mark.parametrize("wrong", [-1, -0.5, float("nan"), float("inf"), "12.5", True, Fraction(-1, 2), 1j])
def test_what_is_no_time_is_refused_by_its_name(wrong: object) -> None:
    with pytest.raises(UsageError, match=r"end_s is .*; give seconds"):
        exact_seconds(wrong, "end_s")
