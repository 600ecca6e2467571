"""The command's own choices: who, which directions, what is said when nothing can be measured."""

import shutil
from fractions import Fraction

import numpy as np
import pytest

from bonaface.bench.pairs import PUBLIC_PAIRS, Pair, public_people
from bonaface.bench.swap import choose_pairs, people_of, run
from bonaface.terms.errors import MissingFileError, NothingToDoError, OutputExistsError, UsageError


def grey(count: int) -> list[np.ndarray]:
    return [np.full((48, 64, 3), 90, np.uint8)] * count


def test_without_a_choice_all_public_directions_or_each_on_the_next():
    assert choose_pairs([], public_people(), public=True) == list(PUBLIC_PAIRS)
    crowd = dict.fromkeys(("x", "y", "z"))
    assert [str(pair) for pair in choose_pairs([], crowd, public=False)] == ["x>y", "y>z", "z>x"]


def test_directions_are_chosen_in_the_order_given():
    assert choose_pairs(["B>A", " A > A "], public_people(), public=True) == [Pair("B", "A"), Pair("A", "A")]


@pytest.mark.parametrize("text", ["A", "A>", ">B", "A-B"])
def test_what_is_no_direction_is_refused_with_the_names(text):
    with pytest.raises(UsageError, match=r"A>B.*Known people: A, B"):
        choose_pairs([text], public_people(), public=True)


def test_somebody_unknown_is_refused_with_the_names():
    with pytest.raises(UsageError, match=r"A>Zoe names somebody unknown; known people: A, B"):
        choose_pairs(["A>Zoe"], public_people(), public=True)


def test_each_clip_of_a_folder_is_a_person_three_quarters_learned(tmp_path, clip_of):
    clip_of(tmp_path / "bo.mp4", grey(8))
    clip_of(tmp_path / "al.mp4", grey(20), Fraction(10))
    (tmp_path / "notes.txt").write_text("not a clip")
    (tmp_path / "more").mkdir()
    shutil.copy(tmp_path / "al.mp4", tmp_path / "more" / "cy.mp4")
    people = people_of(tmp_path)
    assert sorted(people) == ["al", "bo"]
    assert people["al"].learn.end_s == people["al"].held_out.start_s == Fraction(3, 2)
    assert people["bo"].learn.end_s == Fraction(6, 25)
    assert people["al"].target.start_s is people["al"].target.end_s is None


@pytest.mark.parametrize("names", [[], ["one.mp4"]])
def test_fewer_than_two_clips_are_refused(tmp_path, clip_of, names):
    for name in names:
        clip_of(tmp_path / name, grey(4))
    with pytest.raises(UsageError, match=f"holds {len(names)} clips; put at least two"):
        people_of(tmp_path)


def test_two_clips_of_one_name_are_refused(tmp_path, clip_of):
    for name in ("al.mp4", "al.mov"):
        clip_of(tmp_path / name, grey(4))
    with pytest.raises(UsageError, match="two clips called al"):
        people_of(tmp_path)


def test_a_folder_that_is_not_there_is_said(tmp_path):
    with pytest.raises(MissingFileError):
        people_of(tmp_path / "nobody")


def test_another_tools_clip_needs_its_direction(tmp_path):
    with pytest.raises(UsageError, match="--only"):
        run(peer=tmp_path / "theirs.mp4", out=tmp_path)
    with pytest.raises(UsageError, match="--only"):
        run(peer=tmp_path / "theirs.mp4", only=["A>B", "B>A"], out=tmp_path)


def test_where_nothing_could_be_measured_the_first_reason_is_raised_and_nothing_is_written(tmp_path, clip_of):
    (tmp_path / "people").mkdir()
    for name in ("al.mp4", "bo.mp4"):
        clip_of(tmp_path / "people" / name, grey(8))
    with pytest.raises(NothingToDoError, match=r"found no face in .*al\.mp4"):
        run(people=tmp_path / "people", quick=True, out=tmp_path / "out")
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize("there", ["swap.json", "swap.txt", "al_on_bo.png"])
def test_what_is_there_is_kept_and_nothing_is_computed(tmp_path, clip_of, there):
    (tmp_path / "people").mkdir()
    for name in ("al.mp4", "bo.mp4"):
        clip_of(tmp_path / "people" / name, grey(8))
    (tmp_path / there).write_text("an hour's work")
    steps = []
    options = {"people": tmp_path / "people", "quick": True, "keep_local": True, "out": tmp_path}
    with pytest.raises(OutputExistsError, match=f"{there} .*--force"):
        run(**options, progress=steps.append)
    assert not steps
    with pytest.raises(NothingToDoError, match="found no face"):
        run(**options, force=True)
    assert (tmp_path / there).read_text() == "an hour's work", "nothing was measured, so nothing is replaced"


def test_a_sheet_that_will_not_be_written_is_no_hindrance(tmp_path, clip_of):
    (tmp_path / "people").mkdir()
    for name in ("al.mp4", "bo.mp4"):
        clip_of(tmp_path / "people" / name, grey(8))
    (tmp_path / "al_on_bo.png").touch()
    with pytest.raises(NothingToDoError, match="found no face"):
        run(people=tmp_path / "people", quick=True, out=tmp_path)
