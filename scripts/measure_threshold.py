"""The likeness that one in a thousand pairs of strangers reaches: by SFace, and by dlib if it is at hand.

    python scripts/measure_threshold.py [--lfw FOLDER] [--rate 0.001]

FOLDER holds `lfw-00.zip` and its `index.csv` (columns file, person): 2,000 press photographs of 1,400 people out of
Labeled Faces in the Wild (Huang and others, 2007). Printed are, for each judge, the threshold at which that share of
all pairs of strangers would be taken for one person, and the share of true pairs that it then misses. That of SFace
stands in `verbs.anonymity`. The photographs are measured only; nothing is learned from them.
"""

from __future__ import annotations

import argparse
import csv
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from bonaface.bench.judges import DlibJudge
from bonaface.faces.detect import FaceDetector
from bonaface.faces.embed import Embedder
from bonaface.terms.arrays import Floats, Rgb8
from bonaface.terms.errors import MissingPartError

ROOT = Path(__file__).parents[1]
SHARED = Path(os.environ.get("BONAFACE_SHARED") or ROOT.parent / "shared")


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lfw", type=Path, default=SHARED / "data" / "lfw")
    parser.add_argument("--rate", type=float, default=1e-3, help="share of strangers taken for one person")
    settings = parser.parse_args()
    people = read_people(settings.lfw / "index.csv")
    for name, embed, likeness in judges():
        kept, faces = embed_archive(settings.lfw / "lfw-00.zip", people, embed)
        threshold, missed, strangers = threshold_at(settings.rate, likeness(faces), kept)
        print(
            f"{name}: {len(kept)} of {len(people)} pictures with a face, {strangers} pairs of strangers; at one false "
            f"match in {1 / settings.rate:.0f} the threshold is {abs(threshold):.3f}, and {100 * missed:.1f} % of true "
            "pairs are missed",
            flush=True,
        )


def judges() -> list[tuple[str, Callable[[Rgb8], Floats | None], Callable[[Floats], Floats]]]:
    """Return name, what embeds the largest face of a picture, and the likeness of all pairs, for each judge at hand."""
    detector, embedder = FaceDetector(), Embedder()

    def sface(rgb8: Rgb8) -> Floats | None:
        found = detector.find_quickly(rgb8)
        return embedder.embed(rgb8, found[0].points_xy_px) if found else None

    at_hand: list[tuple[str, Callable[[Rgb8], Floats | None], Callable[[Floats], Floats]]] = [
        ("SFace (cosine)", sface, lambda faces: faces @ faces.T)
    ]
    try:
        at_hand.append(("dlib (distance)", DlibJudge().embed, closeness))
    except MissingPartError as error:
        print(error)
    return at_hand


def closeness(faces: Floats) -> Floats:
    """Return (N, N): distances with their sign turned, so that more is liker."""
    square = (faces**2).sum(axis=1)
    return np.asarray(-np.sqrt(np.maximum(square[:, None] + square[None] - 2 * faces @ faces.T, 0)))


def read_people(index: Path) -> dict[str, str]:
    """Return the person of each file."""
    with index.open(newline="", encoding="utf-8") as stream:
        return {row["file"]: row["person"] for row in csv.DictReader(stream)}


def embed_archive(
    archive: Path, people: dict[str, str], embed: Callable[[Rgb8], Floats | None]
) -> tuple[list[str], Floats]:
    """Return person and identity of each picture in which a face was found."""
    kept, faces = [], []
    with zipfile.ZipFile(archive) as opened:
        for name in sorted(people):
            bgr = cv2.imdecode(np.frombuffer(opened.read(name), np.uint8), cv2.IMREAD_COLOR)
            face = embed(np.ascontiguousarray(bgr[..., ::-1]))
            if face is not None:
                kept.append(people[name])
                faces.append(face)
    return kept, np.stack(faces)


def threshold_at(rate: float, likeness: Floats, people: list[str]) -> tuple[float, float, int]:
    """Return the threshold that this share of pairs of strangers reaches, the share of true pairs below, and the pairs.

    ``likeness`` (N, N), more is liker; ``people`` of the N pictures.
    """
    names = np.array(people)
    upper = np.triu(np.ones(likeness.shape, bool), 1)
    same = names[:, None] == names[None]
    strangers, true = likeness[upper & ~same], likeness[upper & same]
    threshold = float(np.quantile(strangers, 1 - rate))
    missed = float((true < threshold).mean()) if len(true) else 0.0
    return threshold, missed, len(strangers)


if __name__ == "__main__":
    main()
