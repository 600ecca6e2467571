"""An avatar survives the disk, and what is no avatar is refused before any of it is used."""

import json
from dataclasses import fields

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from bonaface.making.avatar import Avatar, fit
from bonaface.making.checkpoint import load, save
from bonaface.making.prior import load_prior
from bonaface.making.texture import Region, predict
from bonaface.terms.errors import CorruptPersonError


@pytest.fixture(scope="module")
def avatar(unwrapped) -> Avatar:
    return fit(unwrapped, load_prior(), np.arange(12))


@pytest.fixture
def path(avatar, tmp_path):
    save(avatar, tmp_path / "avatar.safetensors")
    return tmp_path / "avatar.safetensors"


def assert_same(a, b) -> None:
    if isinstance(a, tuple):
        assert len(a) == len(b)
        for one, other in zip(a, b, strict=True):
            assert_same(one, other)
    elif hasattr(a, "__dataclass_fields__"):
        for field in fields(a):
            assert_same(getattr(a, field.name), getattr(b, field.name))
    elif isinstance(a, np.ndarray):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)
    else:
        assert a == b


def changed(path, change) -> None:
    """Write the file anew with its tensors and facts changed by ``change``."""
    with safe_open(path, "numpy") as file:
        facts = json.loads(file.metadata()["avatar"])
    tensors = load_file(path)
    change(tensors, facts)
    save_file(tensors, path, {"avatar": json.dumps(facts)})


def test_an_avatar_comes_back_bit_by_bit_and_predicts_the_same(avatar, path, unwrapped):
    again = load(path)
    assert_same(avatar, again)
    assert isinstance(again.regions[0], Region)
    moved = unwrapped.displacement[3], unwrapped.angles_deg[3]
    ours, theirs = (predict(one.mean, one.regions, *moved) for one in (avatar, again))
    np.testing.assert_array_equal(ours, theirs)


def test_saving_again_replaces_the_file_and_leaves_nothing_beside_it(avatar, path):
    save(avatar, path)
    assert [one.name for one in path.parent.iterdir()] == ["avatar.safetensors"]


@pytest.mark.parametrize("keep", [0, 5, 500, 0.5, 0.999])
def test_a_cut_off_file_is_damaged(path, keep):
    content = path.read_bytes()
    path.write_bytes(content[: keep if isinstance(keep, int) else int(len(content) * keep)])
    with pytest.raises(CorruptPersonError, match=r"damaged.*train this person again"):
        load(path)


def test_another_kind_of_file_is_damaged(path):
    path.write_bytes(b"{}" * 5000)
    with pytest.raises(CorruptPersonError, match="damaged"):
        load(path)
    save_file({"x": np.zeros(3)}, path)
    with pytest.raises(CorruptPersonError, match="damaged"):
        load(path)


@pytest.mark.parametrize("version", [1, 99])
def test_another_format_asks_to_train_again(path, version):
    changed(path, lambda tensors, facts: facts.update(version=version))
    with pytest.raises(CorruptPersonError, match=rf"another version.*format is {version}\b.*train this person again"):
        load(path)


def test_a_missing_array_is_damaged(path):
    changed(path, lambda tensors, facts: tensors.pop("region0.weights"))
    with pytest.raises(CorruptPersonError, match="damaged"):
        load(path)


HOSTILE = {
    "texels beyond the texture": lambda t: t["region0.texels"].__setitem__(0, 2**30),
    "negative texels": lambda t: t["region0.texels"].__setitem__(0, -7),
    "vertices beyond the mesh": lambda t: t["region0.features.vertices"].__setitem__(0, 5000),
    "fewer shares than texels": lambda t: t.update({"region0.share": t["region0.share"][:-1].copy()}),
    "weights of another length": lambda t: t.update({"region0.weights": t["region0.weights"][:, :-3].copy()}),
    "weights of another type": lambda t: t.update({"region0.weights": t["region0.weights"].astype(np.float32)}),
    "a feature too few": lambda t: t.update({"region0.weights": t["region0.weights"][1:].copy()}),
    "a texture that is not square": lambda t: t.update({"mean": t["mean"][:-1].copy()}),
    "a mesh of another size": lambda t: t.update({"neutral": t["neutral"][:-1].copy()}),
    "a mesh that is no number": lambda t: t["neutral"].__setitem__((0, 0), np.nan),
}


@pytest.mark.parametrize("attack", list(HOSTILE))
def test_arrays_that_do_not_fit_together_are_refused(path, attack):
    changed(path, lambda tensors, facts: HOSTILE[attack](tensors))
    with pytest.raises(CorruptPersonError, match="damaged"):
        load(path)


@pytest.mark.parametrize("facts", [{"regions": 0}, {"regions": "two"}, {"face_px": -1}, {"face_px": "wide"}])
def test_facts_that_make_no_sense_are_refused(path, facts):
    changed(path, lambda _, held: held.update(facts))
    with pytest.raises(CorruptPersonError, match="damaged"):
        load(path)
