"""Retrieval: does a swap find its source among strangers?"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from bonaface.bench.judges import Judge, embed_all
from bonaface.terms.arrays import Floats, Rgb8


@dataclass(frozen=True, slots=True)
class Retrieval:
    """``first``: share of frames whose nearest in the gallery is the source; ``target_first``: is the target."""

    first: float
    target_first: float
    strangers: int


def retrieve(embeddings: Floats, source: Floats, target: Floats, strangers: Floats, judge: Judge) -> Retrieval:
    """Return how often each frame's (N, D) nearest among source (D,), target (D,) and strangers (M, D) is who.

    A source that is the target as well counts as the source.
    """
    gallery = [source, target, *strangers]
    likeness = np.stack([judge.compare(embeddings, someone) for someone in gallery], axis=1)
    if judge.measure == "distance":
        likeness = -likeness
    nearest = likeness.argmax(1)
    return Retrieval(float((nearest == 0).mean()), float((nearest == 1).mean()), len(strangers))


def embed_strangers(judge: Judge, folder: Path, most: int) -> Floats:
    """Return the identities (M, D) of one portrait each of at most so many strangers."""
    return embed_all(judge, _portraits(folder, most))[0]


def find_strangers(folders: list[Path]) -> Path | None:
    """Return the first folder with an ``index.csv`` (file, person) and zips of portraits beside it."""
    return next((folder for folder in folders if (folder / "index.csv").is_file()), None)


def _portraits(folder: Path, most: int) -> Iterator[Rgb8]:
    rows = csv.DictReader(io.StringIO((folder / "index.csv").read_text(encoding="utf-8")))
    first: dict[str, str] = {}
    for row in rows:
        first.setdefault(row["person"], row["file"])
    files = list(first.values())
    wanted = set(files[:: max(1, len(files) // most)][:most])
    for path in sorted(folder.glob("*.zip")):
        with zipfile.ZipFile(path) as archive:
            for name in sorted(set(archive.namelist()) & wanted):
                bgr = cv2.imdecode(np.frombuffer(archive.read(name), np.uint8), cv2.IMREAD_COLOR)
                if bgr is not None:
                    yield cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
