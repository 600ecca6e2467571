"""Hair and hands against stills that were marked by eye; those of the repository, the others are for measure_faces."""

import importlib
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import pytest

from bonaface.faces.hair import HairFinder

SCRIPTS = Path(__file__).parents[2] / "scripts"
LAST_FRAME = 160  # later ones of the clips are left to measure_faces


@pytest.fixture(scope="module")
def marked() -> ModuleType:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(SCRIPTS))
        return importlib.import_module("marked_masks")


@pytest.fixture(scope="module")
def stills(marked: ModuleType) -> list:
    near = [m for m in marked.load_marks() if (marked.MEDIA / m.file).is_file() and (m.frame or 0) <= LAST_FRAME]
    return marked.look(near, [marked.MEDIA])


def test_marks_lie_in_their_pictures_and_take_away_only_what_they_gave(marked: ModuleType) -> None:
    marks = marked.load_marks()
    assert len(marks) == 40
    assert len({mark.name for mark in marks}) == 40
    for mark in marks:
        for polygon in (*mark.hair, *mark.hand):
            low, high = polygon.min(0), polygon.max(0)
            assert (high > 0).all() and (low < mark.size_wh_px).all(), mark.name
            assert len(polygon) >= 4, mark.name
        hair, hand = mark.masks()
        given = cv2.fillPoly(np.zeros(hair.shape, np.uint8), list(mark.hair), 1) if mark.hair else hair
        for minus in mark.hair_minus:
            assert given[minus[:, 1], minus[:, 0]].all(), mark.name
        assert not hand.any() or (hair & hand).sum() < 0.02 * hand.sum(), mark.name


def test_overlap_counts_only_where_it_is_asked(marked: ModuleType) -> None:
    truth, found, where = (np.zeros((4, 4), bool) for _ in range(3))
    truth[:2], found[1:3], where[:, :2] = True, True, True
    assert marked.overlap(truth, found, where) == pytest.approx(1 / 3)
    assert marked.overlap(truth & ~truth, found & ~found, where) == 1.0


def test_hair_is_found_where_it_was_marked(marked: ModuleType, stills: list) -> None:
    finder = HairFinder()
    by_name = {
        seen.mark.name: marked.overlap(seen.mark.masks()[0], finder.mask(seen.rgb8, seen.points) > 127, seen.square())
        for seen in stills
    }
    assert len(by_name) == 8
    assert np.mean(list(by_name.values())) > 0.83, by_name
    assert min(by_name.values()) > 0.60, by_name


def test_hands_are_found_where_they_were_marked_and_nowhere_else(marked: ModuleType, stills: list) -> None:
    whole, seen_of = [], []
    for seen in stills:
        hand = seen.mark.masks()[1]
        if not hand.any():
            assert not seen.hands.any(), seen.mark.name
            continue
        found = seen.hands > 127
        whole.append(marked.overlap(hand, found, seen.square()))
        seen_of.append(found[hand].mean())
    assert len(whole) == 4
    assert np.mean(whole) > 0.82, whole
    assert np.mean(seen_of) > 0.94, "fingers that are missed would be painted over"
