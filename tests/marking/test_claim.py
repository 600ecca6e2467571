from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

import bonaface
from bonaface.marking.claim import Claim
from bonaface.terms.errors import ConsentError
from bonaface.terms.permit import Permit

TODAY = date(2026, 6, 1)


def test_nobody_is_refused() -> None:
    with pytest.raises(ConsentError, match="permit"):
        Claim(()).check(TODAY)


def test_expired_is_refused_with_name_and_day(permit: Permit) -> None:
    ended = replace(permit, person_name="Bea", expires=date(2026, 5, 31))
    with pytest.raises(ConsentError, match="Bea ended on 2026-05-31"):
        Claim((permit, ended)).check(TODAY)


def test_last_day_still_counts(permit: Permit) -> None:
    Claim((replace(permit, expires=TODAY),)).check(TODAY)


def test_same_purpose_and_statement_are_said_once(permit: Permit) -> None:
    two = Claim((permit, replace(permit, purpose="film", statement="self-declared"), permit))
    assert two.purposes == ("art", "film")
    assert two.statement == "consent of the person not documented; self-declared"
    assert two.version == bonaface.__version__
    assert not two.for_benchmark
    assert Claim((permit, replace(permit, basis="benchmark"))).for_benchmark
