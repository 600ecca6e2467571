"""What damage does: to everything alike, and what it says it does."""

import numpy as np
import pytest

from bonaface.bench.check_damage import DAMAGES


@pytest.fixture
def picture():
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:80, :100]
    plain = np.stack([100 + y, 80 + x, 120 + 0 * x], -1) + rng.normal(0, 12, (80, 100, 3))
    return np.clip(plain, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("kind", DAMAGES)
def test_each_gives_a_picture_the_same_every_time_and_leaves_the_given_one(picture, kind):
    before = picture.copy()
    once, again = DAMAGES[kind](picture), DAMAGES[kind](picture)
    assert once.dtype == np.uint8
    assert once.shape[2] == 3
    assert np.array_equal(once, again)
    assert np.array_equal(picture, before)
    assert once.shape != picture.shape or not np.array_equal(once, picture)


@pytest.mark.parametrize("kind", ["jpeg50", "dark", "beauty", "h264"])
def test_only_half_changes_the_size(picture, kind):
    assert DAMAGES[kind](picture).shape == picture.shape
    assert DAMAGES["half"](picture).shape == (40, 50, 3)


def test_the_colours_stay_where_they_are(picture):
    red = np.zeros((64, 64, 3), np.uint8)
    red[..., 0] = 200
    for kind, damage in DAMAGES.items():
        assert damage(red).mean((0, 1)).argmax() == 0, kind


def test_dark_is_darker_and_beauty_is_smoother(picture):
    def rough(rgb8):
        return np.abs(np.diff(rgb8.astype(float), axis=1)).mean()

    assert DAMAGES["dark"](picture).mean() < 0.6 * picture.mean()
    assert rough(DAMAGES["beauty"](picture)) < 0.8 * rough(picture)


def test_a_picture_of_odd_sides_loses_its_last_row_and_column_to_h264(picture):
    assert DAMAGES["h264"](picture[:79, :99]).shape == (78, 98, 3)


@pytest.mark.parametrize("kind", DAMAGES)
@pytest.mark.parametrize("size_hw", [(1, 1), (1, 30), (7, 3)])
def test_the_smallest_picture_stays_a_picture(picture, kind, size_hw):
    height, width = size_hw
    assert min(DAMAGES[kind](picture[:height, :width]).shape) >= 1
