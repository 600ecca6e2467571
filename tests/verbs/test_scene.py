"""Who plays which face: unit vectors stand for identities, so that the right answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from bonaface.faces.pose import load_canonical_face
from bonaface.terms.arrays import Floats, Rgb8
from bonaface.terms.errors import NothingToDoError
from bonaface.terms.face import Face, TrackedFrame
from bonaface.verbs.scene import Part, Playing, Survey, drawn_among, give_parts

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


def canonical(track: int, eyes: float, width: float = 100) -> Face:
    """The canonical face with its irises so many times as large."""
    points = load_canonical_face().points.copy()
    for centre in (468, 473):
        points[centre : centre + 5] = points[centre] + eyes * (points[centre : centre + 5] - points[centre])
    at = np.array([60 + 110 * track, 100, 0])
    return Face((points * width / 100 + at).astype(np.float32), np.zeros(52, np.float32), 1.0, track)


def test_a_drawn_face_is_left_alone_unless_a_picture_names_it() -> None:
    survey = surveyed(TrackedFrame(0, (canonical(0, 1.0), canonical(1, 1.6)), True))
    actors, reference = list(survey.actors.values()), load_canonical_face().points
    drawn = drawn_among(actors, reference)
    assert drawn == {1}
    embed = identities(survey, t0=BEA, t1=towards(ANNA, 0.9))
    assert set(give_parts(actors, [Part("a", "all")], embed, drawn)) == {0}
    assert set(give_parts(actors, [Part("a", "largest")], embed, drawn)) == {0}
    assert set(give_parts(actors, [Part("a", ANNA)], embed, drawn)) == {1}
    assert give_parts(actors, [Part("a", "all"), Part("b", ANNA)], embed, drawn) == {0: Playing(0), 1: Playing(1)}


def test_where_only_drawn_faces_are_the_way_out_is_said() -> None:
    survey = surveyed(TrackedFrame(0, (canonical(1, 1.6),), True))
    actors = list(survey.actors.values())
    drawn = drawn_among(actors, load_canonical_face().points)
    with pytest.raises(NothingToDoError, match=r"small child.*--face IMAGE"):
        give_parts(actors, [Part("a", "all")], identities(survey, t1=BEA), drawn)


def test_faces_that_are_too_small_to_tell_count_as_people() -> None:
    survey = surveyed(TrackedFrame(0, (canonical(1, 1.6, width=36),), True))
    assert not drawn_among(list(survey.actors.values()), load_canonical_face().points)


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
