"""One exit code for a call that worked on many files."""

import pytest

from bonaface.apps.exits import batch_code


@pytest.mark.parametrize(
    ("codes", "code", "why"),
    [
        ([], 4, "nothing at all"),
        ([0, 0], 0, "all done"),
        ([0, 4, 5, 6, 3, 1], 1, "an altered file comes first"),
        ([0, 4, 5, 6, 3], 3, "then inconclusive"),
        ([0, 4, 5, 6], 6, "then failed"),
        ([0, 4, 5], 5, "then refused"),
        ([0, 4], 4, "then nothing to work on"),
        ([2, 2], 2, "the call itself was wrong"),
        ([0, 2], 6, "one wrong path among good ones is a failure of that file"),
        ([4, 2], 6, "also beside one with nothing in it"),
        ([1, 2], 1, "but altered still comes first"),
        ([0, 77], 6, "a code that nobody knows is a failure"),
    ],
)
def test_the_code_of_a_batch_follows_the_order(codes: list[int], code: int, why: str) -> None:
    assert batch_code(codes) == code, why
