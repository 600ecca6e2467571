"""What is known of people's looks: its planes, and a texture completed from a part of it."""

import cv2
import numpy as np
import pytest

from bonaface.making.fictional import normal_numbers
from bonaface.making.people_prior import PeoplePrior, complete, load_people_prior, to_planes, to_texture
from bonaface.making.prior import Prior, load_prior


@pytest.fixture(scope="module")
def people() -> PeoplePrior:
    return load_people_prior()


@pytest.fixture(scope="module")
def prior() -> Prior:
    return load_prior()


def somebody(people: PeoplePrior) -> np.ndarray:
    return to_texture(people.plane_of(0.7 * normal_numbers(3, people.parts)))


def test_planes_and_texture_are_each_others_inverse() -> None:
    texture = np.random.default_rng(0).uniform(20, 235, (16, 16, 3)).astype(np.float32)
    assert np.abs(to_texture(to_planes(texture)) - texture).max() < 0.5


def test_no_coefficients_are_the_mean_and_directions_are_symmetric(people: PeoplePrior) -> None:
    assert np.array_equal(people.plane_of(np.zeros(people.parts, np.float32)), people.plane)
    planes = people.plane_of(normal_numbers(5, people.parts))
    assert np.abs(planes - planes[:, ::-1]).max() < 1e-4


def test_the_material_is_kept_as_identities_of_length_one(people: PeoplePrior) -> None:
    assert len(people.material) > 900
    assert np.abs(np.linalg.norm(people.material, axis=1) - 1).max() < 0.02
    assert people.middle @ people.middle == pytest.approx(1, abs=1e-4)


def test_a_half_that_was_not_seen_is_the_other_one(people: PeoplePrior, prior: Prior) -> None:
    layout, whole = prior.layout(256), somebody(people)
    seen = np.where(layout.inside, 255, 0).astype(np.uint8)
    seen[:, 128:] = 0
    broken = whole * (seen > 0)[..., None]
    made = complete(broken, seen, people, layout)
    core = cv2.erode(layout.face, np.ones((41, 41), np.uint8)) > 0
    assert np.abs(made - whole)[core].mean() < 6


def test_what_nobody_saw_is_nearer_than_the_average_face(people: PeoplePrior, prior: Prior) -> None:
    layout, whole = prior.layout(256), somebody(people)
    seen = np.where(layout.inside, 255, 0).astype(np.uint8)
    seen[:110] = 0  # from the brows up and the eyes
    made = complete(whole * (seen > 0)[..., None], seen, people, layout)
    hole = (cv2.erode(layout.face, np.ones((41, 41), np.uint8)) > 0) & (seen == 0)
    average = np.abs(to_texture(people.plane) - whole)[hole].mean()
    assert np.abs(made - whole)[hole].mean() < 0.7 * average
    kept = cv2.erode(seen, np.ones((25, 25), np.uint8)) > 0
    assert np.abs(made - whole)[kept].mean() < 1


def test_the_light_of_what_was_seen_goes_on_beyond_it(people: PeoplePrior, prior: Prior) -> None:
    layout, whole = prior.layout(256), somebody(people) * 0.5
    seen = np.where(layout.inside, 255, 0).astype(np.uint8)
    seen[:110] = 0
    made = complete(whole * (seen > 0)[..., None], seen, people, layout)
    hole = (cv2.erode(layout.face, np.ones((41, 41), np.uint8)) > 0) & (seen == 0)
    assert made[hole].mean() == pytest.approx(whole[hole].mean(), rel=0.2)
