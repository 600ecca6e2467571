"""People who do not exist: the same for the same seed, others for another, whole avatars."""

from pathlib import Path

import numpy as np
import pytest

from bonaface.making.avatar import Avatar
from bonaface.making.checkpoint import load, save
from bonaface.making.fictional import draw_person, front_view, normal_numbers
from bonaface.making.people_prior import load_people_prior
from bonaface.making.prior import load_prior
from bonaface.making.texture import predict
from bonaface.terms.errors import UsageError


def draw(seed: int, attempt: int = 0) -> Avatar:
    return draw_person(seed, load_people_prior(), load_prior(), attempt)


def test_numbers_are_normal_and_fixed_for_ever() -> None:
    numbers = normal_numbers(7, 20_000)
    assert abs(numbers.mean()) < 0.03
    assert numbers.std() == pytest.approx(1, abs=0.03)
    # PCG64's first words for this seed, through the normal distribution's inverse, worked out apart.
    assert np.array_equal(normal_numbers(7, 3), numbers[:3])
    assert not np.array_equal(normal_numbers((7, 1), 3), normal_numbers((7, 0), 3))


def test_the_same_seed_is_the_same_person_and_another_is_not() -> None:
    one, again, other, attempt = draw(7), draw(7), draw(8), draw(7, 1)
    assert np.array_equal(one.mean, again.mean)
    assert np.array_equal(one.neutral, again.neutral)
    for stranger in (other, attempt):
        assert np.abs(one.mean - stranger.mean).mean() > 5
        assert np.abs(one.neutral - stranger.neutral).max() > 2


def test_a_negative_seed_is_refused() -> None:
    with pytest.raises(UsageError, match="from 0"):
        draw(-1)


def test_an_avatar_that_was_drawn_can_be_kept(tmp_path: Path) -> None:
    avatar = draw(3)
    save(avatar, tmp_path / "avatar.safetensors")
    assert np.array_equal(load(tmp_path / "avatar.safetensors").mean, avatar.mean)


def test_expression_shades_the_face_and_the_mouth_is_the_targets() -> None:
    avatar = draw(3)
    still = np.zeros((478, 3), np.float32)
    smiling = load_prior().expression[44:46].sum(0).reshape(478, 3)
    turned = np.zeros(3, np.float32)
    calm, moved = (predict(avatar.mean, avatar.regions, each, turned) for each in (still, smiling))
    assert np.abs(calm - avatar.mean).max() < 0.01
    assert 0.2 < np.abs(moved - calm)[60:200, 60:200].mean() < 20
    assert avatar.regions[-1].features.reach(smiling) > 2


def test_a_front_view_is_a_face_on_grey() -> None:
    avatar = draw(3)
    picture, points = front_view(avatar, load_prior().layout(avatar.size), 128)
    assert picture.shape == (128, 128, 3)
    assert (picture[0, 0] == 110).all()
    x, y = points[4, :2].round().astype(int)
    assert (picture[y, x] != 110).any()
