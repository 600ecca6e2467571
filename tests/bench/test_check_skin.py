"""The angle of a colour that is known, and its class."""

import cv2
import numpy as np
import pytest

from bonaface.bench.check_skin import TONES, UNKNOWN, skin_ita_deg, tone_of


def painted(lightness, yellow):
    lab = np.full((192, 192, 3), (lightness, 8, yellow), np.float32)
    return np.round(255 * cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)).astype(np.uint8)


@pytest.mark.parametrize(("lightness", "yellow"), [(70, 15), (60, 18), (50, 20), (40, 18), (30, 12)])
def test_the_angle_is_that_of_the_formula(lightness, yellow):
    expected = np.degrees(np.arctan((lightness - 50) / yellow))
    assert skin_ita_deg(painted(lightness, yellow)) == pytest.approx(expected, abs=1.5)


def test_only_the_cheeks_count_and_their_median():
    crop = painted(60, 18)
    given = skin_ita_deg(crop)
    crop[:70], crop[140:], crop[:, 70:120] = 0, 0, 255  # hair, beard, nose
    crop[96, 36:50] = 255  # a glint
    assert skin_ita_deg(crop) == pytest.approx(given, abs=0.5)


def test_in_blue_light_there_is_no_tone():
    assert np.isnan(skin_ita_deg(painted(60, -10)))
    assert tone_of(float("nan")) == UNKNOWN


def test_each_class_by_its_borders():
    assert [tone_of(angle) for angle in (60, 41.1, 41, 28.1, 28, 10.1, 10, -29, -30, -60)] == [
        *["light"] * 2, *["intermediate"] * 2, *["tan"] * 2, *["brown"] * 2, *["dark"] * 2,
    ]  # fmt: skip
    assert len(TONES) == 5
