"""Every error that bonaface raises on purpose: one sentence that says what to do, and an exit code."""

from __future__ import annotations


class BonafaceError(Exception):
    """Base of all. ``str(error)`` is one sentence: what was expected, what came, what to do."""

    exit_code = 6


class UsageError(BonafaceError, ValueError):
    """The call itself is wrong: an unknown name, two options that exclude each other, a bad setting."""

    exit_code = 2


class UnreadableMediaError(BonafaceError, ValueError):
    """A file that is empty, truncated, hostile, of an unknown type or codec, or larger than the limits."""


class MissingFileError(UsageError, FileNotFoundError):
    """A path that does not exist, or a folder where a file belongs."""


class OutputExistsError(UsageError, FileExistsError):
    """The output is there already (or is the input), and ``--force`` was not given."""


class NoSpaceError(BonafaceError, OSError):
    """The disk is full or the folder cannot be written."""


class MissingPartError(BonafaceError, ImportError):
    """An optional package or a model file is missing; the sentence says how to get it."""


GET_TORCH = "get it with: python -m pip install torch (on Linux its CPU build is enough)."
"""The end of a sentence that misses it."""


class NothingToDoError(BonafaceError, LookupError):
    """There is nothing to work on: no face, no wanted face, no seal."""

    exit_code = 4


class RefusedError(BonafaceError, PermissionError):
    """A rule of the house says no. The sentence names the rule."""

    exit_code = 5


class ConsentError(RefusedError):
    """No consent, an expired one, or one for another purpose."""


class SeveralPeopleError(UsageError):
    """Media of one person show several; ``candidates`` holds a picture path or a number for each."""

    def __init__(self, sentence: str, candidates: tuple[str, ...] = ()) -> None:
        super().__init__(sentence)
        self.candidates = candidates


class CorruptPersonError(BonafaceError, ValueError):
    """A person folder or ``.bonaface`` file that is damaged or hostile."""


class SealError(BonafaceError, RuntimeError):
    """The seal could not be written or did not read back; the file was not released."""


class LedgerError(BonafaceError, RuntimeError):
    """The ledger is no ledger any more: damaged, changed beyond reading, or another file in its place."""

    exit_code = 1
