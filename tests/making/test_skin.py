"""Where a face ends, on a drawn texture: skin, a fringe, an ear's background."""

import cv2
import numpy as np
import pytest
from scipy import ndimage

from bonaface.making.prior import load_prior
from bonaface.making.skin import fill_beyond, skin_likeness, skin_region, smoothed

LAYOUT = load_prior().layout(256)
SKIN, HAIR, WALL = (np.float32(colour) for colour in ((200, 150, 125), (60, 40, 30), (40, 90, 180)))
NO_HAIR = np.zeros((256, 256), np.float32)


@pytest.fixture
def texture() -> np.ndarray:
    noise = np.random.default_rng(0).normal(0, 3, (256, 256, 3)).astype(np.float32)
    return SKIN + noise


def forehead() -> np.ndarray:
    """The upper sixth of what the layout holds."""
    rows = np.flatnonzero(LAYOUT.inside.any(1))
    band = np.zeros((256, 256), bool)
    band[: rows[0] + len(rows) // 6] = True
    return band & LAYOUT.inside


def centre() -> np.ndarray:
    return cv2.erode(LAYOUT.face, np.ones((61, 61), np.uint8)) > 0


def test_bare_skin_is_all_the_persons_own(texture):
    own = skin_region(texture, NO_HAIR, LAYOUT) > 0
    assert own[LAYOUT.inside].mean() > 0.85
    assert not own[~LAYOUT.inside].any()


def test_eyes_and_mouth_belong_to_the_face_whatever_their_colour(texture):
    texture[LAYOUT.eyes > 0] = (240, 240, 245)
    texture[LAYOUT.lips > 0] = (150, 50, 60)
    texture[LAYOUT.mouth > 0] = (20, 5, 5)
    own = skin_region(texture, NO_HAIR, LAYOUT) > 0
    assert own[(LAYOUT.eyes > 0) | (LAYOUT.lips > 0)].all()


def test_a_fringe_and_a_wall_that_touch_the_rim_are_left_out(texture):
    texture[forehead()] = HAIR
    side = np.zeros_like(LAYOUT.inside)
    side[:, : np.flatnonzero(LAYOUT.inside.any(0))[0] + 12] = True
    texture[side] = WALL
    own = skin_region(texture, NO_HAIR, LAYOUT) > 0
    assert own[forehead() | side].sum() < 5  # where the wall narrows to nothing
    assert own[centre()].all()


def test_a_dark_spot_in_the_middle_of_the_face_is_a_spot(texture):
    spot = cv2.circle(np.zeros((256, 256), np.uint8), (128, 150), 9, 1, -1) > 0
    assert centre()[spot].all()
    texture[spot] = HAIR
    assert (skin_region(texture, NO_HAIR, LAYOUT) > 0)[spot].all()


def test_hair_of_the_colour_of_skin_is_left_out_where_the_network_sees_it(texture):
    share = np.where(forehead(), 0.9, 0).astype(np.float32)
    own = skin_region(texture, share, LAYOUT) > 0
    assert not own[forehead()].any()
    assert own[centre()].all()


def test_likeness_is_high_on_skin_and_low_on_hair_and_wall(texture):
    texture[forehead()] = HAIR
    likeness = skin_likeness(texture, LAYOUT)
    assert likeness[centre()].mean() > 0.8
    assert likeness[forehead()].mean() < 0.1


def test_skin_stands_in_for_what_is_not_the_persons_own(texture):
    texture[forehead()] = HAIR
    own = skin_region(texture, NO_HAIR, LAYOUT)
    full = fill_beyond(texture, own, LAYOUT)
    assert np.abs(full[LAYOUT.inside].mean(0) - SKIN).max() < 3
    assert np.abs(full[forehead()] - SKIN).mean() < 6
    deep = ndimage.binary_erosion(own > 0, iterations=14)
    np.testing.assert_allclose(full[deep], texture[deep], atol=0.6)


def test_narrow_gaps_are_filled_and_narrow_strips_cut_off():
    own = np.zeros((256, 256), np.uint8)
    own[60:200, 60:200] = 255
    own[60:200, 128:134] = 0  # a lock of hair
    own[120:128, 200:240] = 255  # an ear's colour
    smooth = smoothed(own, LAYOUT) > 0
    assert smooth[70:190, 70:190].all()
    assert not smooth[:, 208:].any()


def test_nothing_beyond_the_layout_is_skin():
    assert not smoothed(np.full((256, 256), 255, np.uint8), LAYOUT)[~LAYOUT.inside].any()
