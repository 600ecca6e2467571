"""Covers and glasses against stills that were marked by eye, and nothing where there is neither."""

import importlib
import os
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import pytest

from bonaface.faces.detect import FaceDetector
from bonaface.faces.hair import HairFinder
from bonaface.faces.mask import MaskFollower
from bonaface.faces.mesh import FaceMesh

ROOT = Path(__file__).parents[2]
FICTIONAL = Path(os.environ.get("BONAFACE_SHARED", ROOT.parent / "shared")) / "media" / "fictional"
CLEAR, DARK = ("f020.jpg", "f087.jpg", "f093.jpg", "f096.jpg"), ("f042.jpg", "f061.jpg")
IRISES = (468, 473)


@pytest.fixture(scope="module")
def marked() -> ModuleType:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "scripts"))
        return importlib.import_module("marked_covers")


def test_marks_lie_in_their_pictures(marked: ModuleType) -> None:
    marks = marked.load_marks()
    assert len({mark.name for mark in marks}) == len(marks) == 54
    for mark in marks:
        for line in (*mark.cover, *mark.unsure, *(np.array(part["line"]) for part in mark.glasses)):
            assert (line >= 0).all() and (line < mark.size_wh_px).all(), mark.name
        cover, glasses, unsure = mark.masks()
        assert cover.any() == bool(mark.cover) and unsure.any() == bool(mark.unsure), mark.name
        assert glasses.any() == (mark.frame is None), mark.name


@pytest.fixture(scope="module")
def wearers(marked: ModuleType) -> list:
    if not FICTIONAL.is_dir():
        pytest.skip("the marked faces of people who do not exist are not at hand")
    return marked.look([mark for mark in marked.load_marks() if mark.file in CLEAR + DARK], [FICTIONAL])


def test_rims_and_dark_lenses_are_found(marked: ModuleType, wearers: list) -> None:
    finder = HairFinder()
    found = {}
    for seen in wearers:
        _, rims, unsure = seen.mark.masks()
        found[seen.mark.name] = (finder.masks(seen.rgb8, seen.points)[2] > 127)[rims & ~unsure].mean()
    assert len(found) == len(CLEAR + DARK)
    assert np.mean(list(found.values())) > 0.7, found


def test_eyes_are_face_behind_clear_lenses_and_hidden_by_dark_ones(wearers: list) -> None:
    finder = HairFinder()
    for seen in wearers:
        x, y = np.round(seen.points[list(IRISES), :2]).astype(int).T
        hidden = finder.masks(seen.rgb8, seen.points)[2][y, x]
        assert (hidden < 40).all() if seen.mark.file in CLEAR else (hidden > 127).all(), (seen.mark.name, hidden)


def test_glasses_stay_in_front_where_some_are_worn(marked: ModuleType, wearers: list) -> None:
    finder = HairFinder()
    for seen in wearers:
        assert finder.wears([(seen.rgb8, seen.points)]), seen.mark.name
        _, rims, unsure = seen.mark.masks()
        kept, dropped = (
            MaskFollower(finder, whether_glasses=whether).step(seen.rgb8, seen.points)[1] for whether in (True, False)
        )
        assert (kept[rims & ~unsure] > 127).mean() > 0.5, seen.mark.name
        assert (dropped[rims & ~unsure] > 127).mean() < 0.1, seen.mark.name


def test_a_bare_face_wears_nothing_and_has_nothing_before_it(picture, detector: FaceDetector, mesh: FaceMesh) -> None:
    finder = HairFinder()
    for name in ("astronaut.png", "joconde.jpg"):
        rgb8 = picture(name)
        points = mesh.face(rgb8, detector.find(rgb8)[0]).points
        _, cover, _ = finder.masks(rgb8, points)
        hull = cv2.convexHull(np.round(points[:, :2]).astype(np.int32))
        face = cv2.fillPoly(np.zeros(rgb8.shape[:2], np.uint8), [hull], 1) > 0
        assert (cover[face] > 127).mean() < 0.005, name
        assert not finder.wears([(rgb8, points)]), name
