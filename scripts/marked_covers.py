"""Covers and glasses against the stills in ``tests/faces/marks/covers.json``, which were marked by eye.

    python scripts/marked_covers.py [--shared FOLDER]

Each still has its file, the number of its frame (clips), its size and the file's sha256, as in `marked_masks`;
``cover``, polygons in pixels of the picture; ``glasses``, lines and outlines ``line``, each ``closed`` or not, so many
pixels wide, or ``filled``; and ``unsure``, polygons that do not count: lenses through which the eye is half seen,
reflections. Rims and what cannot be seen through are glasses. Fingers count as cover before the face and near it.
"""

from __future__ import annotations

import argparse
import json
import os
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from marked_masks import MEDIA, Seen, Still, look, overlap

from bonaface.faces.detect import FaceDetector
from bonaface.faces.hair import HairFinder
from bonaface.faces.mesh import FaceMesh

MARKS = Path(__file__).parents[1] / "tests" / "faces" / "marks" / "covers.json"
_FINE = 8  # lines are drawn between pixels
_LEAST_PX = 20  # of a cover that a still must show to count
_NEAR = 0.02  # of the face's side: found so near to what was marked is not false


@dataclass(frozen=True, slots=True, eq=False)
class Mark(Still):
    """Covers and glasses on a still, by polygons and lines."""

    cover: tuple[np.ndarray, ...]
    glasses: tuple[dict, ...]
    unsure: tuple[np.ndarray, ...]

    def masks(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return cover, glasses, and where glasses are unsure, (H, W) bool each."""
        cover, glasses, unsure = (np.zeros(self.size_wh_px[::-1], np.uint8) for _ in range(3))
        for mask, polygons in ((cover, self.cover), (unsure, self.unsure)):
            for polygon in polygons:
                cv2.fillPoly(mask, [_fine(polygon)], 1, cv2.LINE_8, 3)
        for part in self.glasses:
            line = _fine(np.array(part["line"]))
            if part["filled"]:
                cv2.fillPoly(glasses, [line], 1, cv2.LINE_8, 3)
            else:
                cv2.polylines(glasses, [line], part["closed"], 1, max(1, round(part["width_px"])), cv2.LINE_8, 3)
        return cover > 0, glasses > 0, unsure > 0


def main() -> None:
    """Read the command line and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    shared = Path(os.environ.get("BONAFACE_SHARED", Path(__file__).parents[2] / "shared"))
    parser.add_argument("--shared", type=Path, default=shared)
    settings = parser.parse_args()
    measure([MEDIA, settings.shared / "media" / "bench", settings.shared / "media" / "fictional"])
    measure_bare(sorted((settings.shared / "media" / "fictional").glob("*.jpg")))


def load_marks(path: Path = MARKS) -> list[Mark]:
    """Return all marks."""
    return [
        Mark(
            row["file"],
            row["frame"],
            tuple(row["size_wh_px"]),
            row["sha256"],
            tuple(np.array(polygon) for polygon in row["cover"]),
            tuple(row["glasses"]),
            tuple(np.array(polygon) for polygon in row["unsure"]),
        )
        for row in json.loads(path.read_text(encoding="utf-8"))
    ]


def measure(folders: list[Path]) -> None:
    """Print how well covers and glasses are found on the face and its rings."""
    report(look(load_marks(), folders), HairFinder())


def report(stills: list[Seen], finder: HairFinder) -> None:
    """Print the same of stills that were looked at already."""
    covers, glasses = [], []
    false_cover, false_glasses = [], []
    worn = {True: [0, 0], False: [0, 0]}
    for seen in stills:
        cover, rims, unsure = seen.mark.masks()
        hair, found_cover, found_glasses = (mask > 127 for mask in finder.masks(seen.rgb8, seen.points))
        hands, area, before = seen.hands > 127, seen.area(), found_cover | found_glasses
        # What the hand model misses is left to the network: the object, the wrist.
        left = cover & area & ~hands
        if left.sum() > _LEAST_PX:
            wrong = (before & ~cover)[area].mean()
            both = overlap(cover, before | hands, area)
            covers.append((overlap(cover, hands, area), both, before[left].mean(), (before | hair)[left].mean(), wrong))
        elif not (cover & area).any():
            false_cover.append(found_cover[area].mean())
        if rims.any():
            near = _grown(rims, seen) | unsure
            sure = area & ~unsure
            right = 1 - (found_glasses & ~near)[area].sum() / max((found_glasses & area).sum(), 1)
            glasses.append((overlap(rims, found_glasses, sure), found_glasses[rims & sure].mean(), right))
        else:
            false_glasses.append(found_glasses[area].mean())
        worn[bool(rims.any())][finder.wears([(seen.rgb8, seen.points)])] += 1
    if covers:
        by_hand, both, found, kept, wrong = np.mean(covers, 0)
        print(f"  cover, {len(covers)} stills: IoU of the hand model {by_hand:.3f}, of both {both:.3f};")
        print(f"    of what the hand model misses {found:.1%} are found, {kept:.1%} with what is taken for hair;")
        print(f"    {wrong:.2%} of the area are taken for a cover and are none;")
    if false_cover:
        print(
            f"    on {len(false_cover)} stills without any {np.mean(false_cover):.2%}, at most {max(false_cover):.2%}"
        )
    if glasses:
        iou, found, right = np.mean(glasses, 0)
        print(f"  glasses, {len(glasses)} stills: IoU {iou:.3f}, found {found:.1%}, right {right:.1%}; said to be worn")
        print(
            f"    by {worn[True][1]} of {sum(worn[True])} who wear some, {worn[False][1]} of {sum(worn[False])} others;"
        )
    if false_glasses:
        print(f"    without any {np.mean(false_glasses):.2%} of the area, at most {max(false_glasses):.2%}")


def measure_bare(pictures: list[Path]) -> None:
    """Print how much of faces with nothing before them is taken for a cover, and who is said to wear glasses."""
    detector, mesh, finder = FaceDetector(), FaceMesh(num_threads=1), HairFinder()
    covers, wearers = {}, []
    marked = {mark.file for mark in load_marks()}
    for path in pictures:
        rgb8 = np.ascontiguousarray(cv2.imread(str(path), cv2.IMREAD_COLOR)[..., ::-1])
        points = next((f.points for f in (mesh.face(rgb8, d) for d in detector.find(rgb8)) if f is not None), None)
        if points is None:
            continue
        hull = cv2.convexHull(np.round(points[:, :2]).astype(np.int32))
        face = cv2.fillPoly(np.zeros(rgb8.shape[:2], np.uint8), [hull], 1) > 0
        covers[path.stem] = (finder.masks(rgb8, points)[1][face] > 127).mean()
        if path.name not in marked and finder.wears([(rgb8, points)]):
            wearers.append(path.stem)
    if covers:
        worst, mean = max(covers, key=covers.__getitem__), np.mean(list(covers.values()))
        print(f"  cover on {len(covers)} faces: {mean:.2%}, at most {covers[worst]:.2%} ({worst});")
        print(f"    not marked, yet said to wear glasses: {' '.join(wearers)}")


def _grown(mask: np.ndarray, seen: Seen) -> np.ndarray:
    reach = 2 * max(1, round(_NEAR * float(np.ptp(seen.points[:, :2], axis=0).max()))) + 1
    return cv2.dilate(mask.astype(np.uint8), np.ones((reach, reach), np.uint8)) > 0


def _fine(points: np.ndarray) -> np.ndarray:
    return np.round(points * _FINE).astype(np.int32)


if __name__ == "__main__":
    main()
