"""Mouths of held-back frames: as filmed, and as the linear avatar shows them, of a person learned from the others."""

import numpy as np
import pytest

from bonaface.bench.pairs import Part, Someone
from bonaface.bench.perform import bench_home, gather_crops
from bonaface.bench.unseen_ways import filmed_mouths, ways_to_paint
from bonaface.faces.hair import HairFinder
from bonaface.making.patch import mouth_patch
from bonaface.making.prior import load_prior
from bonaface.making.unwrapped import unwrap_material
from bonaface.marking.passing import PassingFolder
from bonaface.models import model_path
from bonaface.people.face_set import load_face_set
from bonaface.people.store import load_person
from bonaface.terms.errors import MissingPartError


@pytest.fixture(scope="module")
def material(cut_from_example, tmp_path_factory):
    clip = cut_from_example("single_face.mp4", tmp_path_factory.mktemp("unseen") / "x.mp4", 0, 1.4)
    with PassingFolder() as passing:
        gather_crops(Someone("x", *(Part(clip.name),) * 3), clip, passing)
        yield load_face_set(load_person("x", bench_home(passing)))


def test_the_mouth_of_a_frame_is_the_same_whoever_else_was_learned_from(material):
    """A frame's own mouth depends on its mesh alone, but for the rings, which lie far from it."""
    prior, rows = load_prior(), np.arange(20)
    hair = HairFinder().mask
    few, many = (unwrap_material(material.chosen(some), prior, hair) for some in (rows[:8], rows))
    (one, *_), (pose, *_) = filmed_mouths(material, rows[12:14], few, prior)
    (other, *_), _ = filmed_mouths(material, rows[12:14], many, prior)
    assert one.shape == (mouth_patch(prior).side,) * 2 + (3,)
    assert np.abs(one - other).max() < 1
    assert np.allclose(pose.shape - pose.displacement, few.neutral, atol=1e-4)


def test_ways_are_told_apart_and_each_paints_every_tested_frame(material):
    try:
        model_path("painter_mouth.onnx")
    except MissingPartError:
        pytest.skip("no painter ships")
    filmed, ways = ways_to_paint(material, np.arange(14), np.arange(30, 33), load_prior(), 0.0)
    assert [way.name for way in ways] == ["calm mean", "linear avatar", "painter as it ships"]
    for way in ways:
        assert len(way.patches) == len(filmed) == 3
        assert all(np.isfinite(patch).all() and patch.max() <= 256 for patch in way.patches)
    linear, painted = ways[1].patches[0], ways[2].patches[0]
    assert (linear != painted).any()
