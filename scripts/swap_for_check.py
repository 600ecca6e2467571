"""Swap people onto the real faces of the deepfake detection data, for training and testing the checker on our own work.

    python scripts/swap_for_check.py --shared FOLDER --work FOLDER --out FOLDER --home FOLDER --part train --count 800
        --people fictional-1 fictional-2 A

People are those of ``--home``; ``fictional-N`` is drawn where it is not there. Each target is the crop within a wide
border, so that the visible label lies outside the crop, which is cut out again: the fake then differs from its original
by the face alone. They go through the one door like every swap, lossless (PNG). What is there already is kept.
Never publish or commit a picture of them.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import cv2
import numpy as np
from check_material import PARTS, as_png, decode, read_faces

import bonaface

BORDER_PX = 72
_AT_ONCE = 40


def main() -> None:
    """Read the command line and swap."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for folder in ("shared", "work", "out", "home"):
        parser.add_argument(f"--{folder}", required=True, type=Path)
    parser.add_argument("--part", choices=PARTS, required=True)
    parser.add_argument("--count", type=int, default=800)
    parser.add_argument("--people", nargs="+", required=True)
    settings = parser.parse_args()
    known = {report.name for report in bonaface.list_people(home=settings.home)}
    for name in settings.people:
        if name not in known and name.startswith("fictional-"):
            bonaface.add_person(name, [], fictional=int(name.removeprefix("fictional-")), home=settings.home)
    faces = read_faces(settings.shared, settings.work)
    wanted = [source.real for source in faces.of(settings.part) if source.real]
    rng = np.random.default_rng(5)
    wanted = [wanted[k] for k in rng.permutation(len(wanted))[: settings.count]]
    for number, person in enumerate(settings.people):
        mine = [real for real in wanted[number :: len(settings.people)] if not (settings.out / real).is_dir()]
        for start in range(0, len(mine), _AT_ONCE):
            _swap(person, {real: faces.files[real] for real in mine[start : start + _AT_ONCE]}, settings)
            print(f"{person}: {min(start + _AT_ONCE, len(mine))} of {len(mine)}", flush=True)


def _swap(person: str, pictures: dict[str, bytes], settings: argparse.Namespace) -> None:
    rendered = settings.work / "rendered"
    shutil.rmtree(rendered, ignore_errors=True)
    targets = []
    for real, file in pictures.items():
        wide = cv2.copyMakeBorder(decode(file), *(BORDER_PX,) * 4, cv2.BORDER_REFLECT_101)
        targets.append(rendered / "targets" / f"{real.removesuffix('.jpg')}.png")
        targets[-1].parent.mkdir(parents=True, exist_ok=True)
        targets[-1].write_bytes(as_png(wide))
    outcomes = bonaface.swap(person, targets, out=rendered / "out", face="largest", home=settings.home, force=True)
    for target, outcome in zip(targets, outcomes, strict=True):
        if outcome.swapped is None:
            continue
        seen = decode(outcome.swapped.output.read_bytes())
        folder = settings.out / f"{target.stem}.jpg"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{person}.png").write_bytes(as_png(seen[BORDER_PX:-BORDER_PX, BORDER_PX:-BORDER_PX]))
    shutil.rmtree(rendered, ignore_errors=True)


if __name__ == "__main__":
    main()
