"""The clips that the costs are measured on, and what is said of a process."""

import importlib
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import av
import numpy as np
import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"


@pytest.fixture(scope="module")
def cost() -> ModuleType:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(SCRIPTS))
        return importlib.import_module("measure_cost")


def times_of(path: Path) -> list[float]:
    with av.open(str(path)) as container:
        return [float(frame.time) for frame in container.decode(video=0)]


def test_a_repeated_clip_has_the_length_asked_for_and_even_times(cost: ModuleType, tmp_path: Path) -> None:
    once = cost.make_clip(tmp_path / "once.mp4", (64, 48), 10)
    times = times_of(cost.repeat_clip(once, tmp_path / "again.mp4", 1.5))
    assert len(times) == round(1.5 * 24000 / 1001)
    np.testing.assert_allclose(np.diff(times), 1001 / 24000, atol=1e-3)


@pytest.mark.parametrize("size_wh", [(40, 30), (64, 36), (200, 100)])
def test_a_picture_is_cut_to_a_shape_and_not_stretched(cost: ModuleType, size_wh: tuple[int, int]) -> None:
    picture = np.zeros((90, 160, 3), np.uint8)
    picture[:, 120:] = 255
    if size_wh[0] / size_wh[1] > 16 / 9:
        picture = picture[:80]
    cut = cost.cut_to(picture, size_wh)
    assert cut.shape == (*size_wh[::-1], 3)
    shown_px = min(160, picture.shape[0] * size_wh[0] / size_wh[1])
    assert (cut > 127)[0, :, 0].mean() == pytest.approx(40 / shown_px, abs=0.02)


def test_memory_of_a_process_is_its_own_peak(cost: ModuleType, tmp_path: Path) -> None:
    words = "held = bytearray(b'x') * 300_000_000; print(len(held))"
    # From a small process, as the script is one: a child's peak begins at that of its parent.
    measure = (
        "import json, pathlib, sys; from dataclasses import asdict; sys.path.insert(0, sys.argv[1]); "
        "from measure_cost import _run; "
        "print(json.dumps(asdict(_run(pathlib.Path(sys.argv[2]), [sys.executable, '-c', sys.argv[3]]))))"
    )
    call = [sys.executable, "-c", measure, str(SCRIPTS), str(tmp_path), words]
    ran = json.loads(subprocess.run(call, capture_output=True, text=True, check=True).stdout)
    assert ran["said"] == 300_000_000
    assert 300 < ran["peak_mb"] < 700
    assert 0 < ran["cpu_s"] < ran["wall_s"] + 1


def test_a_command_that_fails_ends_the_measurement_with_its_sentence(cost: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="nobody"):
        cost.run(tmp_path, "train", "nobody")
