"""Finished pieces of a clip that is not finished: labelled before they touch the disk, in a private folder."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from bonaface.marking.label import Box

_FORGOTTEN_AFTER_S = 14 * 24 * 3600
_READ = 1 << 20


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece that is whole on disk: its file, sum, frames, first and last timestamp, and where the label stood."""

    name: str
    sha256: str
    frames: int
    first_pts: int
    last_pts: int
    label_box: Box


class SegmentStore:
    """The pieces of one clip with one setting, in ``home/unfinished/<key>`` (mode 0700)."""

    def __init__(self, home: Path, key: str) -> None:
        """Open the store; what was interrupted while it was written, and stores left for a fortnight, are deleted."""
        self.folder = home / "unfinished" / key
        _forget_old(home / "unfinished", keep=self.folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.parent.chmod(0o700)
        self.folder.chmod(0o700)
        self.segments = _read_journal(self.folder)
        kept = {segment.name for segment in self.segments} | {_json(segment.name) for segment in self.segments}
        for path in self.folder.iterdir():
            if path.name not in kept:
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    @property
    def paths(self) -> list[Path]:
        """The pieces in order."""
        return [self.folder / segment.name for segment in self.segments]

    def draft(self) -> Path:
        """Return the path that the next piece is written to."""
        return self.folder / f"draft{len(self.segments):05d}.mp4"

    def keep(self, draft: Path, frames: int, first_pts: int, last_pts: int, label_box: Box) -> None:
        """Take a finished piece into the store."""
        name = f"{len(self.segments):05d}.mp4"
        segment = Segment(name, sha256_of(draft), frames, first_pts, last_pts, label_box)
        draft.replace(self.folder / name)
        # The journal entry comes last and by rename: a piece without one does not count.
        entry = self.folder / f"{name}.part"
        entry.write_text(json.dumps(asdict(segment)), encoding="utf-8")
        entry.replace(self.folder / _json(name))
        self.segments.append(segment)

    def forget(self) -> None:
        """Delete the store."""
        shutil.rmtree(self.folder, ignore_errors=True)


def sha256_of(path: Path) -> str:
    """Return the hex SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_READ):
            digest.update(chunk)
    return digest.hexdigest()


def _read_journal(folder: Path) -> list[Segment]:
    """Return the pieces up to the first that is missing or damaged."""
    segments: list[Segment] = []
    while True:
        name = f"{len(segments):05d}.mp4"
        try:
            entry = json.loads((folder / _json(name)).read_text(encoding="utf-8"))
            segment = Segment(**entry | {"label_box": tuple(entry["label_box"])})
            if segment.name != name or segment.sha256 != sha256_of(folder / name):
                return segments
        except (OSError, ValueError, TypeError, KeyError):
            return segments
        segments.append(segment)


def _json(name: str) -> str:
    return f"{name}.json"


def _forget_old(folder: Path, keep: Path) -> None:
    if not folder.is_dir():
        return
    for store in folder.iterdir():
        if store != keep and store.is_dir() and time.time() - store.stat().st_mtime > _FORGOTTEN_AFTER_S:
            shutil.rmtree(store, ignore_errors=True)
