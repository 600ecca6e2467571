"""Telling people apart: by their faces, and by being seen side by side."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from bonaface.people.identity import StrangerError, Track, choose_person, mean_identity, tell_apart
from bonaface.terms.errors import SeveralPeopleError

COUNT = itertools.count()
FILES = [Path(f"media/file{k}.mp4") for k in range(20)]


def face(k: int, like: float = 0.95) -> np.ndarray:
    """An identity near the k-th axis; two of one person have a cosine of about ``like`` squared."""
    vector = np.zeros(128, np.float32)
    vector[k] = like
    vector[64 + next(COUNT) % 64] = np.sqrt(1 - like**2)
    return vector


def track(who: int, source: int = 0, begin: float = 0.0, end: float = 1.0, seen: int = 10, like: float = 0.95) -> Track:
    return Track(source, begin, end, (30, 40), 50, seen, [face(who, like)])


def test_tracks_of_one_person_are_joined_across_files() -> None:
    people = tell_apart([track(0, 0), track(1, 1, seen=50), track(0, 2), track(0, 3), track(1, 4)])
    assert [len(person) for person in people] == [2, 3]
    assert [sum(t.seen for t in person) for person in people] == [60, 30]


def test_two_faces_of_one_moment_are_two_people_however_alike() -> None:
    twins = [track(0, 0, 0, 2), track(0, 0, 1, 3), track(0, 1)]
    assert sorted(len(person) for person in tell_apart(twins)) == [1, 2]
    assert len(tell_apart([track(0, 0, 0, 2), track(0, 0, 2.1, 3)])) == 1


def test_ten_thousand_pictures_are_told_apart_in_seconds() -> None:
    rng = np.random.default_rng(0)
    tracks = []
    for source in range(10_000):
        vector = rng.normal(0, 0.04, 128) + np.eye(128)[source % 3]
        tracks.append(Track(source, 0, 0, (0, 0), 50, 1, [(vector / np.linalg.norm(vector)).astype(np.float32)]))
    people = tell_apart(tracks)
    assert [len(person) for person in people] == [3334, 3333, 3333]


def test_the_only_person_is_taken() -> None:
    people = tell_apart([track(0, k) for k in range(3)])
    assert choose_person(people, None, FILES) == people[0]


def test_several_people_are_asked_about_and_described() -> None:
    people = tell_apart([track(0, 0, seen=10), track(1, 3, begin=2.5, end=4, seen=4)])
    with pytest.raises(SeveralPeopleError, match="--reference") as caught:
        choose_person(people, None, FILES)
    first, second = caught.value.candidates
    assert "10 pictures" in first
    assert "file3.mp4 at 2.5 s" in second
    assert "50 px at (30, 40)" in second


def test_somebody_who_passes_by_is_left_out_unasked() -> None:
    people = tell_apart([track(0, 0, seen=100), track(1, 1, seen=5)])
    assert choose_person(people, None, FILES) == people[0]


def test_a_profile_that_is_hardly_like_anybody_is_left_out_unasked() -> None:
    half = (face(0) * 0.28 + face(5) * 0.96).astype(np.float32)
    profile = Track(1, 0, 1, (0, 0), 50, 4, [half / np.linalg.norm(half)])
    people = tell_apart([track(0, 0, seen=10, like=1.0), profile])
    assert len(people) == 2
    assert choose_person(people, None, FILES) == people[0]


def test_two_who_stand_side_by_side_are_asked_about_however_alike() -> None:
    with pytest.raises(SeveralPeopleError):
        choose_person(tell_apart([track(0, 0), track(0, 0)]), None, FILES)


def test_a_reference_picks_and_a_stranger_is_refused() -> None:
    people = tell_apart([track(0, 0, seen=100), track(1, 1, seen=5)])
    assert choose_person(people, face(1), FILES) == people[1]
    with pytest.raises(StrangerError):
        choose_person(people, face(7), FILES)


def test_the_mean_identity_has_length_one_and_lies_between() -> None:
    mean = mean_identity([track(0, seen=3), track(0, seen=1)])
    assert np.linalg.norm(mean) == pytest.approx(1, abs=1e-5)
    assert mean[0] > 0.9
