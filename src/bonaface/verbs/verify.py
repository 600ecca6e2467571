"""Verify: read the seal of files and say whether it is whole, by whom, and with which consent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bonaface.marking.read import Seal, read_anchors, read_seal
from bonaface.media.kind import find_media
from bonaface.terms.errors import BonafaceError, NothingToDoError

_EXIT_CODES = {"whole": 0, "altered": 1, "missing": 4}


@dataclass(frozen=True, slots=True)
class Verified:
    """What was read of one file: its seal, or the error that kept it from being read."""

    path: Path
    seal: Seal | None
    error: BonafaceError | None = None

    @property
    def exit_code(self) -> int:
        """0 whole, 1 altered, 4 no seal, or the error's code."""
        if self.seal is not None:
            return _EXIT_CODES[self.seal.state]
        return 0 if self.error is None else self.error.exit_code

    def sentences(self) -> list[str]:
        """Return what a person needs to know, in plain words."""
        return self.seal.sentences() if self.seal is not None else [str(self.error)]

    def as_dict(self) -> dict[str, Any]:
        """Return the same for programs, ready for JSON."""
        if self.seal is None:
            return {"path": str(self.path), "state": None, "error": str(self.error), "exit_code": self.exit_code}
        seal = self.seal
        return {
            "path": str(self.path),
            "state": seal.state,
            "signer": seal.signer,
            "signer_name": seal.signer_name,
            "expired": seal.expired,
            "tool": seal.tool,
            "time": seal.time,
            "actions": list(seal.actions),
            "source_types": list(seal.source_types),
            "purpose": seal.purpose,
            "consent": {"statement": seal.statement, "sha256": list(seal.consent_sha256)},
            "target_sha256": seal.target_sha256,
            "parent_sealed": seal.parent_sealed,
            "failures": list(seal.failures),
            "sentences": seal.sentences(),
            "exit_code": self.exit_code,
        }


def verify(
    paths: Sequence[Path | str] | Path | str, trust: Path | None = None, *, home: Path | None = None
) -> list[Verified]:
    """Return what was read of each file, in order; folders give their images and videos. A bad file stops no other.

    Trusted are the roots of this home and those in the PEM file ``trust``.

    Raises:
        MissingFileError, UsageError: ``trust`` does not exist or holds no certificate. NothingToDoError: a folder has
        no image and no video, and nothing else was named.
    """
    listed = [Path(paths)] if isinstance(paths, (str, Path)) else [Path(path) for path in paths]
    files: list[Path] = []
    for path in listed:
        files += find_media([path]) if path.is_dir() else [path]
    if not files:
        raise NothingToDoError(f"No image or video was found in {', '.join(map(str, listed))}; name files to verify.")
    if trust is not None:
        read_anchors(trust)  # a wrong trust file is an error of the call, not of each file
    return [_read(path, trust, home) for path in dict.fromkeys(files)]


def _read(path: Path, trust: Path | None, home: Path | None) -> Verified:
    try:
        return Verified(path, read_seal(path, trust, home=home))
    except BonafaceError as error:
        return Verified(path, None, error)
