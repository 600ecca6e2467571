from __future__ import annotations

import itertools
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonaface.marking.label import AS_GIVEN, PRESETS, TEXTS, Label, draw_patch
from bonaface.terms.errors import UsageError
from bonaface.terms.picture import Unmarked

BYTE = np.dtype(np.uint8)


def flat(height: int, width: int, level: int, dtype: str = "uint8", boxes: tuple = ()) -> Unmarked:
    return Unmarked(np.full((height, width, 3), level, dtype), None, boxes)


def contrast(light: float, dark: float) -> float:
    """WCAG 2.2 contrast of two sRGB grey levels 0..1."""

    def luminance(v: float) -> float:
        return v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4

    return (luminance(light) + 0.05) / (luminance(dark) + 0.05)


@pytest.mark.parametrize("level", [0, 60, 128, 200, 255])
@pytest.mark.parametrize("preset", PRESETS)
def test_letters_stand_out_from_their_plate_on_any_background(level: int, preset: str) -> None:
    rgb, (x, y, w, h) = Label(480, 640, BYTE, preset).lay_over(flat(480, 640, level))
    inside = rgb[y : y + h, x : x + w] / 255
    plate = inside[h // 2, w // 40, 0]
    assert contrast(inside.max(), plate) >= 7
    assert (inside > 0.9).mean() > 0.05, "the letters are really there"


@pytest.mark.parametrize(("height", "width"), [(480, 640), (640, 480), (1080, 1920), (300, 400)])
def test_large_letters_reach_a_twentieth_of_the_shortest_side(height: int, width: int) -> None:
    rgb, (x, y, w, h) = Label(height, width, BYTE, "large").lay_over(flat(height, width, 0))
    lit = np.flatnonzero((rgb[y : y + h, x : x + w] > 200).any((1, 2)))
    assert lit[-1] - lit[0] + 1 >= 0.05 * min(height, width)


def test_nothing_outside_the_box_differs_and_the_input_stays(scene) -> None:
    picture = Unmarked(scene(240, 320))
    before = picture.rgb.copy()
    rgb, (x, y, w, h) = Label(240, 320, BYTE).lay_over(picture)
    assert np.array_equal(picture.rgb, before)
    differs = (rgb != before).any(-1)
    differs[y : y + h, x : x + w] = False
    assert not differs.any()


@pytest.mark.parametrize("corner", list(itertools.product((0, 1), (0, 1))))
def test_label_avoids_a_face_in_any_corner(corner: tuple[int, int]) -> None:
    face = (corner[0] * 480, corner[1] * 320, 160, 160)
    _, (x, y, w, h) = Label(480, 640, BYTE).lay_over(flat(480, 640, 99, boxes=(face,)))
    assert x + w <= face[0] or face[0] + 160 <= x or y + h <= face[1] or face[1] + 160 <= y


def test_label_stays_where_it_is_while_the_face_stays_away() -> None:
    label = Label(480, 640, BYTE)
    boxes = {label.lay_over(flat(480, 640, 9, boxes=((t % 400, 50, 90, 90),)), t / 25)[1] for t in range(100)}
    assert len(boxes) == 1


def test_label_moves_once_when_a_face_comes_under_it_and_not_back_and_forth() -> None:
    label = Label(480, 640, BYTE)
    faces = [(0, 300, 200, 180) if t >= 60 else (300, 100, 90, 90) for t in range(300)]
    boxes = [label.lay_over(flat(480, 640, 9, boxes=(face,)), t / 25)[1] for t, face in enumerate(faces)]
    moves = sum(a != b for a, b in itertools.pairwise(boxes))
    assert moves == 1
    assert boxes[-1][0] > 200


def test_label_never_moves_when_all_faces_are_known() -> None:
    faces = [(0, 300, 200, 180)] * 50 + [(440, 300, 200, 180)] * 50
    label = Label(480, 640, BYTE, expected_faces=faces)
    boxes = {label.lay_over(flat(480, 640, 9, boxes=(face,)), t / 25)[1] for t, face in enumerate(faces)}
    assert len(boxes) == 1
    assert next(iter(boxes))[1] < 240, "the upper corners are free all the time"


def test_a_clip_taken_up_again_keeps_the_place() -> None:
    _, first = Label(480, 640, BYTE, expected_faces=[(0, 300, 200, 180)]).lay_over(flat(480, 640, 9))
    _, again = Label(480, 640, BYTE, place=first).lay_over(flat(480, 640, 9))
    assert again == first


def test_sixteen_bits_look_like_eight() -> None:
    eight, box = Label(480, 640, BYTE).lay_over(flat(480, 640, 77))
    sixteen, box16 = Label(480, 640, np.dtype(np.uint16)).lay_over(flat(480, 640, 77 * 257, "uint16"))
    assert box == box16
    assert sixteen.dtype == np.uint16
    assert np.abs(sixteen / 257 - eight).max() < 2, "each of the two terms is cut once"


def test_white_does_not_glare_in_high_dynamic_range() -> None:
    label = Label(480, 640, np.dtype(np.uint16), transfer="smpte2084")
    rgb, _ = label.lay_over(flat(480, 640, 0, "uint16"))
    assert 0.55 < rgb.max() / 65535 < 0.60


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 90), st.integers(1, 90), st.sampled_from(sorted(PRESETS)), st.sampled_from(["uint8", "uint16"]))
def test_every_size_gets_a_label_inside_the_picture(height: int, width: int, preset: str, dtype: str) -> None:
    unmarked = flat(height, width, 0, dtype)
    label = Label(height, width, np.dtype(dtype), preset)
    rgb, (x, y, w, h) = label.lay_over(unmarked)
    assert min(x, y) >= 0 and min(w, h) > 0 and x + w <= width and y + h <= height
    assert rgb.max() > 0, "something of it is seen"
    assert label.text in TEXTS


def test_words_get_shorter_before_letters_get_smaller() -> None:
    assert [Label(100, width, BYTE).text for width in (320, 100, 30)] == list(TEXTS)


def test_unknown_preset_names_the_known_and_none_is_not_among_them() -> None:
    with pytest.raises(UsageError, match="small, large"):
        draw_patch(100, 100, BYTE, "none")


def test_a_frame_costs_little() -> None:
    label, frame = Label(720, 1280, BYTE), flat(720, 1280, 90)
    label.lay_over(frame)
    spent_s = []
    for _ in range(30):
        began_s = time.perf_counter()
        label.lay_over(frame)
        spent_s.append(time.perf_counter() - began_s)
    assert min(spent_s) < 0.001


def test_pictures_as_given_are_not_called_a_swap() -> None:
    assert [Label(100, width, BYTE, texts=AS_GIVEN).text for width in (320, 130, 55)] == list(AS_GIVEN)
    assert not any("AI" in text for text in AS_GIVEN)
