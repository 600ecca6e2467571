"""A drawn person on a drawn target: what must be the person's, and what must stay the target's."""

from itertools import pairwise

import cv2
import numpy as np
import pytest

from bonaface.making.avatar import fit
from bonaface.making.prior import load_prior
from bonaface.making.render import Renderer
from bonaface.making.shape import OVAL
from bonaface.making.target import study

PRIOR = load_prior()


def no_hair(rgb8: np.ndarray, points: np.ndarray) -> np.ndarray:
    return np.zeros(rgb8.shape[:2], np.uint8)


@pytest.fixture(scope="module")
def avatar(unwrapped):
    return fit(unwrapped, PRIOR)


@pytest.fixture(scope="module")
def target(drawn):
    looks = [(drawn.crop(k), drawn.points[k]) for k in range(0, 40, 4)]
    return study(looks, drawn.points, drawn.blendshapes, PRIOR, no_hair)


def oval(points: np.ndarray, hw: tuple[int, int], shrunk_px: int = 0) -> np.ndarray:
    mask = cv2.fillPoly(np.zeros(hw, np.uint8), [np.round(points[OVAL, :2]).astype(np.int32)], 255)
    return cv2.erode(mask, np.ones((2 * shrunk_px + 1,) * 2, np.uint8)) > 0


def textured(frame: np.ndarray) -> np.ndarray:
    """The frame with noise in it, so that a pixel that was touched shows."""
    noise = np.random.default_rng(1).integers(-3, 4, frame.shape)
    return np.clip(frame.astype(int) + noise, 0, 255).astype(np.uint8)


def test_the_person_on_himself_is_himself(avatar, target, drawn):
    renderer = Renderer(avatar, target, PRIOR)
    errors = []
    for k in range(60, 90):
        out, mask = renderer.render(drawn.crop(k), drawn.points[k])
        inside = oval(drawn.points[k], mask.shape, 3)
        assert mask[inside].mean() > 0.95 * 255
        errors.append(((out.astype(float) - drawn.crop(k))[inside] ** 2).mean())
    assert 10 * np.log10(255**2 / np.mean(errors)) > 28


def test_outside_the_mask_every_pixel_stays_and_the_frame_given_is_not_written_into(avatar, target, drawn):
    frame = textured(drawn.crop(5))
    before = frame.copy()
    out, mask = Renderer(avatar, target, PRIOR).render(frame, drawn.points[5])
    np.testing.assert_array_equal(frame, before)
    np.testing.assert_array_equal(out[mask == 0], frame[mask == 0])
    assert (out[mask > 0] != frame[mask > 0]).any()
    low, high = drawn.points[5, :468, :2].min(0), drawn.points[5, :468, :2].max(0)
    rows, columns = np.nonzero(mask)
    reach = 0.4 * (high - low).max()
    assert columns.min() > low[0] - reach
    assert columns.max() < high[0] + reach
    assert rows.min() > low[1] - reach
    assert rows.max() < high[1] + reach


def test_what_covers_the_face_stays_in_front_of_it(avatar, target, drawn):
    frame, points = drawn.crop(8).copy(), drawn.points[8]
    x, y = np.round(points[1, :2]).astype(int)
    covers = cv2.circle(np.zeros(frame.shape[:2], np.uint8), (int(x), int(y)), 18, 255, -1)
    frame[covers > 0] = (20, 200, 40)
    out, _ = Renderer(avatar, target, PRIOR).render(frame, points, covers)
    hand = cv2.erode(covers, np.ones((7, 7), np.uint8)) > 0
    assert np.abs(out[hand].astype(int) - (20, 200, 40)).max() <= 2


def test_sixteen_bits_are_kept_outside_and_inside_agree_with_eight(avatar, target, drawn):
    frame = drawn.crop(9)
    deep = frame.astype(np.uint16) * 257
    deep[::2] += np.uint16(37)  # finer than 8 bits can say
    out8, mask8 = Renderer(avatar, target, PRIOR).render(frame, drawn.points[9])
    out16, mask16 = Renderer(avatar, target, PRIOR).render(deep, drawn.points[9])
    assert out16.dtype == np.uint16
    np.testing.assert_array_equal(out16[mask16 == 0], deep[mask16 == 0])
    both = (mask8 > 0) & (mask16 > 0)
    assert np.abs(out16[both] / 257 - out8[both]).mean() < 1.5


@pytest.mark.parametrize("shade", [0.55, 1.2])
def test_the_face_takes_the_targets_light(avatar, target, drawn, shade):
    frame = np.clip(drawn.crop(3) * shade, 0, 255).astype(np.uint8)
    out, mask = Renderer(avatar, target, PRIOR).render(frame, drawn.points[3])
    inside = oval(drawn.points[3], mask.shape, 8)
    assert out[inside].mean() == pytest.approx(frame[inside].mean(), rel=0.08)


def test_black_and_white_stays_so(avatar, target, drawn):
    grey = cv2.cvtColor(cv2.cvtColor(drawn.crop(3), cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    out, _ = Renderer(avatar, target, PRIOR).render(grey, drawn.points[3])
    assert (out.max(-1).astype(int) - out.min(-1)).mean() < 1.5


@pytest.mark.parametrize("shift", [(5000, 0), (0, -5000), (-150, -150), (120, 60)])
def test_a_face_partly_or_wholly_off_the_picture_is_no_error(avatar, target, drawn, shift):
    frame = drawn.crop(3)
    out, mask = Renderer(avatar, target, PRIOR).render(frame, drawn.points[3] + np.float32((*shift, 0)))
    assert out.shape == frame.shape
    np.testing.assert_array_equal(out[mask == 0], frame[mask == 0])
    if abs(sum(shift)) > 1000:
        assert not mask.any()


def test_a_still_frame_settles_and_does_not_flicker(avatar, target, drawn):
    renderer = Renderer(avatar, target, PRIOR)
    frames = [renderer.render(drawn.crop(11), drawn.points[11])[0].astype(int) for _ in range(25)]
    changes = [np.abs(a - b).mean() for a, b in pairwise(frames)]
    assert changes[-1] < 0.05
    assert changes[-1] <= changes[0]


def test_a_cut_is_lit_anew(avatar, target, drawn):
    dark = (drawn.crop(3) * 0.5).astype(np.uint8)
    renderer, fresh = Renderer(avatar, target, PRIOR), Renderer(avatar, target, PRIOR)
    renderer.render(drawn.crop(3), drawn.points[3])
    renderer.restart()
    after, mask = renderer.render(dark, drawn.points[3])
    alone, _ = fresh.render(dark, drawn.points[3])
    assert np.abs(after[mask > 0].astype(int) - alone[mask > 0]).mean() < 1.5
