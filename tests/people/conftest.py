"""A consent file and a small person for the tests of people."""

from datetime import date, timedelta
from pathlib import Path

import pytest

CONSENT = """
who = "Anna Example"
basis = "own-likeness"
purposes = ["film", "education"]
until = {until}
"""


@pytest.fixture
def consent(tmp_path: Path) -> Path:
    path = tmp_path / "consent.toml"
    path.write_text(CONSENT.format(until=date.today() + timedelta(days=30)))
    return path
