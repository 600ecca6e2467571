"""Who plays which face: unit vectors stand for identities, so that the right answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from bonaface.terms.arrays import Floats, Rgb8
from bonaface.terms.errors import NothingToDoError
from bonaface.terms.face import Face, TrackedFrame
from bonaface.verbs.scene import Part, Playing, Survey, give_parts

ANNA, BEA, CLEO = np.eye(128, dtype=np.float32)[:3]
PICTURE = np.zeros((200, 300, 3), np.uint8)


def mesh(left: float, width: float) -> Floats:
    points = np.random.default_rng(1).uniform(0, 1, (478, 3)).astype(np.float32)
    points[0, :2], points[1, :2] = (0, 0), (1, 1)
    return points * np.float32(width) + np.array([left, 20, 0], np.float32)


def frame(index: int, *faces: tuple[int, float], cut: bool = False) -> TrackedFrame:
    """A frame with faces of these tracks and widths."""
    seen = tuple(
        Face(mesh(10 + 60 * k, width), np.zeros(52, np.float32), 1.0, track) for k, (track, width) in enumerate(faces)
    )
    return TrackedFrame(index, seen, cut)


def surveyed(*frames: TrackedFrame) -> Survey:
    survey = Survey()
    for tracked in frames:
        survey.add(PICTURE, tracked)
    return survey


def identities(survey: Survey, **of: Floats):  # type: ignore[no-untyped-def]
    """An embedder that knows each look by its object."""
    known = {id(look.crop): of.get(f"t{track}") for track, actor in survey.actors.items() for look in actor.sightings}

    def embed(crop: Rgb8, points: Floats) -> Floats:
        return known[id(crop)]

    return embed


def towards(wanted: Floats, cosine: float) -> Floats:
    return (cosine * wanted + np.sqrt(1 - cosine**2) * CLEO).astype(np.float32)


def test_all_plays_everybody_in_every_shot() -> None:
    survey = surveyed(frame(0, (1, 50), (2, 40), cut=True), frame(1, (3, 30), cut=True))
    playing = give_parts(list(survey.actors.values()), [Part("a", "all")], identities(survey))
    assert playing == dict.fromkeys((1, 2, 3), Playing(0))


def test_largest_is_asked_anew_in_each_shot_and_played_there_alone() -> None:
    survey = surveyed(frame(0, (1, 50), (2, 40), cut=True), frame(1, (2, 60), (1, 30), cut=True))
    playing = give_parts(list(survey.actors.values()), [Part("a", "largest")], identities(survey))
    assert playing == {1: Playing(0, frozenset({1})), 2: Playing(0, frozenset({2}))}


def test_a_picture_chooses_the_same_person_in_several_tracks() -> None:
    survey = surveyed(frame(0, (1, 50), (2, 40), cut=True), frame(1, (3, 50), cut=True))
    embed = identities(survey, t1=towards(ANNA, 0.8), t2=towards(ANNA, 0.1), t3=towards(ANNA, 0.5))
    assert set(give_parts(list(survey.actors.values()), [Part("a", ANNA)], embed)) == {1, 3}


def test_nobody_is_twice_in_one_frame_unless_both_are_alike() -> None:
    survey = surveyed(frame(0, (1, 50), (2, 40), (3, 30), cut=True))
    embed = identities(survey, t1=towards(ANNA, 0.9), t2=towards(ANNA, 0.42), t3=towards(ANNA, 0.8))
    assert set(give_parts(list(survey.actors.values()), [Part("a", ANNA)], embed)) == {1, 3}, "3 may be a mirror"


def test_a_cast_chooses_before_the_one_who_takes_all() -> None:
    survey = surveyed(frame(0, (1, 50), (2, 40), (3, 30), cut=True))
    embed = identities(survey, t1=towards(ANNA, 0.9), t2=towards(BEA, 0.9), t3=CLEO)
    parts = [Part("rest", "all"), Part("anna", ANNA), Part("bea", BEA)]
    playing = give_parts(list(survey.actors.values()), parts, embed)
    assert playing == {1: Playing(1), 2: Playing(2), 3: Playing(0)}


@pytest.mark.parametrize(
    ("count", "rule", "said"),
    [(0, "all", "at least 24 pixels"), (1, ANNA, "like the picture"), (0, ANNA, "at least 24 pixels")],
)
def test_nothing_to_do_says_why(count: int, rule: object, said: str) -> None:
    survey = surveyed(frame(0, *[(1, 50)] * count, cut=True))
    with pytest.raises(NothingToDoError, match=said):
        give_parts(list(survey.actors.values()), [Part("a", rule)], identities(survey, t1=BEA))  # type: ignore[arg-type]


def test_what_is_kept_of_a_face_does_not_grow_with_the_clip() -> None:
    survey = Survey()
    for index in range(5000):
        survey.add(PICTURE, frame(index, (1, 50), cut=index == 0))
    actor = survey.actors[1]
    assert 750 <= len(actor.points) == len(actor.blendshapes) <= 1500
    assert 24 <= len(actor.sightings) <= 48
    assert len(actor.looks()) == 24


def test_looks_are_spread_over_all_of_the_clip() -> None:
    survey = Survey()
    for index in range(1000):
        survey.add(np.full((200, 300, 3), index % 251, np.uint8), frame(index, (1, 50), cut=index == 0))
    values = [int(look.crop[0, 0, 0]) for look in survey.actors[1].looks()]
    assert np.ptp(np.diff(np.unwrap(values, period=251))) <= 65, "about every fortieth frame"


def test_many_faces_are_remembered_by_fewer_looks_each() -> None:
    survey = Survey()
    for index in range(60):
        survey.add(PICTURE, frame(index, *[(track, 30) for track in range(80)], cut=index == 0))
    assert sum(len(actor.sightings) for actor in survey.actors.values()) <= 80 * 12


def test_a_look_at_a_close_up_is_small() -> None:
    survey = Survey()
    big = TrackedFrame(0, (Face(mesh(100, 900), np.zeros(52, np.float32), 1.0, 1),), True)
    survey.add(np.zeros((1080, 1920, 3), np.uint8), big)
    (look,) = survey.actors[1].sightings
    assert max(look.crop.shape) <= 512
    assert 200 < np.ptp(look.points[:468, 0]) < 512
