"""Exit codes: one answer for a call, also when it worked on many files."""

from __future__ import annotations

from collections.abc import Iterable

DONE, BAD, USAGE, INCONCLUSIVE, NOTHING, REFUSED, FAILED, INTERRUPTED = 0, 1, 2, 3, 4, 5, 6, 130

BATCH_ORDER = (BAD, INCONCLUSIVE, FAILED, REFUSED, NOTHING, DONE)


def batch_code(codes: Iterable[int]) -> int:
    """Return the exit code of a batch: the first of 1, 3, 6, 5, 4, 0 that occurs.

    The code 2 (usage) is about the whole call: when every file has it, it is the answer; when only some have it (one
    missing file among good ones), those files count as failed. No files at all: 4.
    """
    seen = set(codes)
    if not seen:
        return NOTHING
    if seen == {USAGE}:
        return USAGE
    known = {code if code in BATCH_ORDER else FAILED for code in seen}
    return next(code for code in BATCH_ORDER if code in known)
