"""The measure of the neutral, on people whose own shape is known."""

import importlib
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from bonaface.making.prior import load_prior

SCRIPTS = Path(__file__).parents[2] / "scripts"
PRIOR = load_prior()


@pytest.fixture(scope="module")
def neutral() -> ModuleType:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(SCRIPTS))
        return importlib.import_module("measure_neutral")


def made_up(calm_frames: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A person's own shape, and 100 frames of which the last ones are calm; the prior explains them wholly."""
    noise = np.random.default_rng(3)
    own = PRIOR.reference + noise.normal(0, 0.5, (478, 3)).astype(np.float32)
    readings = PRIOR.calm + np.abs(noise.normal(0, 0.3, (100, 52))).astype(np.float32)
    readings[100 - calm_frames :] = PRIOR.calm
    return own, own + ((readings - PRIOR.calm) @ PRIOR.expression).reshape(-1, 478, 3), readings


def test_calm_frames_are_found_and_their_median_is_the_truth(neutral: ModuleType) -> None:
    own, meshes, readings = made_up(calm_frames=20)
    calm = neutral.calmest(readings, PRIOR)
    assert len(calm) == neutral.FEWEST
    assert calm.min() >= 80
    assert neutral.distance(np.median(meshes[calm], axis=0), own) < 1e-3
    assert not neutral.beyond(readings[calm], PRIOR).any()


def test_taking_away_all_expression_undoes_what_the_prior_explains(neutral: ModuleType) -> None:
    own, meshes, readings = made_up(calm_frames=0)
    assert neutral.distance(np.median(meshes, axis=0), own) > 0.3
    assert neutral.distance(neutral.less_expression(meshes, readings, PRIOR), own) < 1e-3


def test_errors_are_told_for_every_way_beside_the_average_face(
    neutral: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    own, meshes, readings = made_up(calm_frames=20)
    errors = neutral.measure("somebody", neutral.Seen((meshes * 2 + 300).astype(np.float32), readings))
    assert set(errors) == set(neutral.WAYS)
    assert errors["less expression"] < errors["plain median"]
    assert errors["average face"] == pytest.approx(neutral.distance(PRIOR.reference, own), rel=0.3)
    assert "somebody" in capsys.readouterr().out


def test_a_shift_of_one_is_an_error_of_one_hundredth_of_the_width(neutral: ModuleType) -> None:
    assert neutral.distance(PRIOR.reference + np.float32((0, 1, 0)), PRIOR.reference) == pytest.approx(1, abs=1e-3)


def test_people_are_found_by_their_clips_and_who_is_missing_is_said(
    neutral: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "single_face.mp4").touch()
    (tmp_path / "grid").mkdir()
    (tmp_path / "grid" / "bbaf2n.mpg").touch()
    found = neutral.clips_of_people([tmp_path])
    assert found == {"single_face": [tmp_path / "single_face.mp4"], "bbaf2n": [tmp_path / "grid" / "bbaf2n.mpg"]}
    assert "franck.mp4" in capsys.readouterr().out
