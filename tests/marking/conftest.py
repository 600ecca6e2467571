"""A home, a permit and small media for the tests of marking."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from bonaface.marking.claim import Claim
from bonaface.terms.permit import Permit


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def permit() -> Permit:
    return Permit(
        person_id="3f0c6f0e",
        person_name="Ann",
        basis="media-licence",
        purpose="art",
        expires=date(2999, 1, 1),
        consent_sha256="ab" * 32,
        statement="consent of the person not documented",
    )


@pytest.fixture
def claim(permit: Permit) -> Claim:
    return Claim((permit,))


@pytest.fixture
def scene() -> Callable[..., np.ndarray]:
    """Make a picture with smooth colours and some noise, as pictures have."""

    def make(height: int = 120, width: int = 160, dtype: str = "uint8") -> np.ndarray:
        rows, columns = np.mgrid[0:height, 0:width]
        waves = [np.sin(rows / 17 + k) * np.cos(columns / (11 + 5 * k)) for k in range(3)]
        noise = np.random.default_rng(7).normal(0, 0.02, (height, width, 3))
        unit = np.clip(0.5 + 0.4 * np.stack(waves, -1) + noise, 0, 1)
        return (unit * np.iinfo(dtype).max).astype(dtype)

    return make
