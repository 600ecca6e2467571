"""Learning to paint a person: what is kept, what a break costs, what damage does."""

import numpy as np
import pytest

from bonaface.making import apprentice as module
from bonaface.making.apprentice import Apprentice, Best, paint_blank
from bonaface.making.avatar import fit
from bonaface.making.canvas import calm_fold, cross_fit, draw_canvases, most_moved
from bonaface.making.features import MOUTH
from bonaface.making.gate import Score
from bonaface.making.painter import PARTS, Painter, shapes_of
from bonaface.making.painting import Painting, Verdict, load, save
from bonaface.making.prior import load_prior
from bonaface.making.quality import split
from bonaface.making.rehearsal import rehearse
from bonaface.terms.errors import CorruptPersonError
from bonaface.terms.progress import silent

PRIOR = load_prior()
CODES = {part: shapes_of(part)["encode.0.weight"][1] for part in PARTS}


@pytest.fixture(scope="module")
def learned(unwrapped):
    rows, held_out = split(unwrapped)
    return fit(unwrapped, PRIOR, rows), rows, held_out


@pytest.fixture
def apprentice(drawn, unwrapped, learned, tmp_path):
    avatar, rows, held_out = learned
    return Apprentice(drawn, unwrapped, avatar, rows, held_out, PRIOR, tmp_path / "painting.safetensors", "a" * 64)


def test_no_row_is_shown_by_an_avatar_that_learned_it(drawn, unwrapped, learned):
    _, rows, held_out = learned
    ways = cross_fit(unwrapped, PRIOR, rows, calm_fold(unwrapped, PRIOR, rows))
    for folds in ways:
        for row in np.concatenate([rows, held_out]):
            assert any(fold.others[row] for fold in folds)
    few = draw_canvases(drawn, unwrapped, ways, held_out[:3], PRIOR)
    assert few["mouth"].true.shape == (3, 128, 128, 3)
    assert few["eyes"].shown.shape == (2, 6, 80, 80, 3)
    assert (few["mouth"].weight <= 1).all()


def test_expressions_that_an_avatar_was_kept_from_are_those_that_move_most(unwrapped, learned):
    _, rows, _ = learned
    calm = calm_fold(unwrapped, PRIOR, rows)
    chosen = most_moved(unwrapped, rows, calm, MOUTH)
    moved = np.linalg.norm(unwrapped.displacement[:, MOUTH], axis=2).mean(axis=1)
    assert set(chosen) <= set(rows)
    assert calm.others[chosen].all()
    others = np.setdiff1d(rows[calm.others[rows]], chosen)
    assert len(others) == 0 or moved[chosen].min() >= moved[others].max()


def test_the_network_that_is_better_only_beyond_the_filmed_paints_only_that():
    better, worse = (Score(np.full(40, error) + np.arange(40) % 3 * 0.01, 0.8, 0.3) for error in (3.0, 4.0))
    assert Best(better, worse, (worse, better)).verdict().kept == "both"
    assert Best(better, worse, (better, worse)).verdict().kept == "avatar"
    assert Best(worse, better, (better, worse)).verdict().kept == "network"
    verdict = Best(better, worse, (worse, better)).verdict()
    assert (verdict.avatar_beyond, verdict.network_beyond) == pytest.approx((worse.error, better.error), abs=1e-4)
    painting = Painting({"mouth": verdict}, {}, 1.0, "a" * 64)
    assert [painter.beyond for painter in painting.painters(PRIOR, 120.0)] == [True]


def test_rehearsal_is_of_what_was_never_filmed(unwrapped, learned):
    canvases = rehearse(unwrapped, learned[0], PRIOR)
    assert len(canvases["eyes"].true) == 2 * len(canvases["mouth"].true) or len(canvases["mouth"].true) > 0
    assert canvases["mouth"].weight.max() <= 1


def test_without_torch_the_shipped_painters_go_through_the_gate_and_it_is_said(apprentice, monkeypatch):
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    shown = []
    painting = apprentice.learn(5, resume=False, progress=silent, shown=lambda s, p: shown.append(s))
    assert set(painting.verdicts) == {"mouth", "eyes"}
    assert "pip install torch" in painting.remarks[0]
    assert shown[0] == 0
    assert load(apprentice.path).verdicts == painting.verdicts


def test_minutes_make_it_no_worse_and_a_second_run_goes_on(apprentice):
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)
    first = apprentice.learn(0.05, resume=False, progress=silent, shown=lambda s, p: None)
    assert first.minutes >= 0.05
    more = apprentice.learn(0.08, resume=True, progress=silent, shown=lambda s, p: None)
    assert more.minutes >= 0.08
    for part, verdict in more.verdicts.items():
        assert verdict.network_error <= first.verdicts[part].network_error


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("silenced", ["out", "down", "up"])
def test_a_persons_own_weights_take_the_place_of_the_shipped_ones(part, silenced):
    shipped = Painter(part, PRIOR, 120.0)
    rng = np.random.default_rng(3)
    side, count = shipped.patches[0].side, len(shipped.patches)
    base = rng.uniform(40, 210, (count, side, side, 3)).astype(np.float32)
    geometry, code = np.zeros((count, 6, side // 2, side // 2), np.float32), np.zeros((count, CODES[part]), np.float32)
    own = {
        name: np.zeros_like(value) if name.startswith(silenced) and value.ndim == 4 else value
        for name, value in module_weights(part).items()
    }
    before, after = (
        painter.run(base, geometry, code) - base for painter in (shipped, Painter(part, PRIOR, 120.0, own))
    )
    assert np.abs(after - before).max() > 1
    if silenced == "out":  # nothing but the bias is left, one number for each place of a block of two by two
        np.testing.assert_allclose(after, np.tile(after[:, :2, :2], (1, side // 2, side // 2, 1)), atol=1e-2)


@pytest.mark.parametrize("harm", [b"", b"no pickle", None])
def test_a_damaged_state_is_as_none(apprentice, harm):
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)
    apprentice.learn(0.02, resume=False, progress=silent, shown=lambda s, p: None)
    state = apprentice.path.with_suffix(".state")
    state.write_bytes(state.read_bytes()[:-2000] if harm is None else harm)
    assert apprentice.learn(0.04, resume=True, progress=silent, shown=lambda s, p: None).minutes >= 0.02


def test_who_was_hardly_filmed_is_painted_from_what_is_known_of_others(tmp_path):
    painting = paint_blank(tmp_path / "p.safetensors", "b" * 64)
    assert load(tmp_path / "p.safetensors").blank
    painters = painting.painters(PRIOR, 120.0)
    assert [(painter.part, painter.blank) for painter in painters] == [("mouth", True)]


def test_a_painting_comes_back_as_it_was_kept(tmp_path):
    mouth, eyes = Verdict("network", 6.0, 5.0, 0.8, 0.9, 0.4), Verdict("avatar", 4.0, 5.0, 0.9, 0.8, 0.1)
    verdicts, held = {"mouth": mouth, "eyes": eyes}, {"mouth": module_weights("mouth")}
    save(Painting(verdicts, held, 1.5, "c" * 64, remarks=("so",)), tmp_path / "p.safetensors")
    back = load(tmp_path / "p.safetensors")
    assert (back.verdicts, back.minutes, back.remarks, back.blank) == (verdicts, 1.5, ("so",), False)
    np.testing.assert_allclose(back.weights["mouth"]["out.bias"], held["mouth"]["out.bias"], atol=1e-3)
    assert [painter.part for painter in back.painters(PRIOR, 120.0)] == ["mouth"]


@pytest.mark.parametrize("harm", ["short", "shape", "part", "version"])
def test_a_damaged_painting_is_refused_with_the_cure(tmp_path, harm):
    weights = dict(module_weights("mouth"))
    path = tmp_path / "p.safetensors"
    verdicts = {"mouth": Verdict("network", 6.0, 5.0, 0.8, 0.9, 0.4)}
    if harm == "shape":
        weights["out.bias"] = np.zeros(3, np.float32)
    save(Painting(verdicts, {"nose" if harm == "part" else "mouth": weights}, 1.5, "c" * 64), path)
    if harm == "short":
        path.write_bytes(path.read_bytes()[:-100])
    if harm == "version":
        path.write_bytes(path.read_bytes().replace(b'version\\": 2', b'version\\": 9'))
    with pytest.raises(CorruptPersonError, match="train"):
        load(path)


def module_weights(part):
    from safetensors.numpy import load_file

    from bonaface.models import model_path

    return load_file(model_path(f"painter_{part}.safetensors"))
