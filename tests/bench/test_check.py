"""The whole command on a few small pictures, beside a made-up detector."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from bonaface.apps.terminal import plain
from bonaface.bench.check import run_check
from bonaface.media.image import read_image
from bonaface.terms.errors import MissingFileError, NothingToDoError, OutputExistsError, UsageError

ASTRONAUT = Path(__file__).parents[2] / "examples" / "media" / "astronaut.png"
THEIRS = """
from pathlib import Path
def predict(path):
    size = Path(path).stat().st_size
    if COUNT.append(size) or len(COUNT) == 3:
        raise RuntimeError("out of memory")
    return -size  # smooth faces make small files
COUNT = []
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Four pictures of one face, and four of it smoothed in the middle."""
    folder = tmp_path_factory.mktemp("labelled")
    face = np.ascontiguousarray(read_image(ASTRONAUT).rgb[10:210, 124:324])
    smooth = face.copy()
    smooth[50:150, 50:150] = cv2.GaussianBlur(face, (0, 0), 2)[50:150, 50:150]
    lines = ["file,label,original,group,glasses"]
    for label, picture in (("real", face), ("fake", smooth)):
        (folder / label).mkdir()
        for k in range(4):
            name = f"{label}/{k}.png"
            Image.fromarray((picture * (1 - 0.1 * k)).astype(np.uint8)).save(folder / name)
            lines.append(f"{name},{label},real/{k}.png,{k},{'yes' if k % 2 else 'no'}")
    (folder / "table.csv").write_text("\n".join(lines), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def measured(folder, tmp_path_factory):
    """What the command says of them."""
    out = tmp_path_factory.mktemp("out")
    (out / "theirs.py").write_text(THEIRS, encoding="utf-8")
    steps = []
    report = run_check(
        folder / "table.csv",
        detectors=[str(out / "theirs.py")],
        untouched=folder / "real",
        out=out,
        progress=steps.append,
    )
    return report, out, steps


def test_all_detectors_stand_beside_each_other(measured):
    report, _, steps = measured
    assert [one.name for one in report.marks] == ["bonaface", "theirs", "compression only"]
    ours, theirs, _ = report.marks
    assert (ours.reals, ours.fakes, ours.paired.of) == (4, 4, 4)
    assert (theirs.reals, theirs.fakes) == (3, 4)  # it failed on the third
    assert (theirs.paired.count, theirs.paired.of) == (3, 3)
    assert any("real/2.png: theirs.py failed: RuntimeError: out of memory" in line for line in report.remarks)
    assert [step.done for step in steps] == list(range(1, 13))
    assert steps[0].total == 12


def test_text_figures_and_plots_are_written(measured):
    report, out, _ = measured
    assert sorted(path.name for path in report.written) == [
        "check.json", "check.txt", "check_calibration.png", "check_coverage.png", "check_roc.png",
    ]  # fmt: skip
    assert (out / "check.txt").read_text(encoding="utf-8") == report.text
    assert "glasses" in report.text
    held = json.loads((out / "check.json").read_text(encoding="utf-8"))
    assert len(held["files"]) == 12  # 8 labelled, and 4 untouched besides
    assert held["files"][2]["others"] == {"theirs": None}
    assert held["detectors"][0]["auc"] == report.marks[0].auc
    assert held["untouched"]["alarms"]["of"] == 4
    assert held["error_rate"] == 0.05
    for name in ("roc", "calibration", "coverage"):
        assert read_image(out / f"check_{name}.png").rgb.shape[1] > 400
    assert not [path for path in out.iterdir() if path.name.startswith(".")]


def test_the_report_can_be_printed_for_programs(measured):
    held = json.loads(json.dumps(plain(measured[0]), allow_nan=False))
    assert [one["name"] for one in held["marks"]] == ["bonaface", "theirs", "compression only"]
    assert len(held["marks"][0]["reliability"]["promised"]) == 8
    assert [one["how"] for one in held["marks"][0]["verdicts"]] == ["its own calibration", "recalibrated here"]


def test_what_is_there_is_kept_without_force_and_nothing_is_looked_at(measured, folder):
    _, out, _ = measured
    steps = []
    with pytest.raises(OutputExistsError, match="--force"):
        run_check(folder, out=out, progress=steps.append)
    assert not steps


@pytest.mark.parametrize(
    ("options", "kind", "part"),
    [
        ({"damage": "jpeg5"}, UsageError, "jpeg50, half, dark, beauty, h264"),
        ({"error_rate": 0.0}, UsageError, r"from 0\.001 to 0\.5"),
        ({"detectors": ["none.py"]}, MissingFileError, "none.py does not exist"),
        ({"detectors": ["a {path}", "a {path}"]}, UsageError, "Two detectors are called a"),
        ({"untouched": Path("nowhere")}, MissingFileError, "nowhere"),
    ],
)
def test_what_cannot_be_is_refused_before_any_work(folder, tmp_path, options, kind, part):
    steps = []
    with pytest.raises(kind, match=part):
        run_check(folder, out=tmp_path / "out", progress=steps.append, **options)
    assert not steps
    assert not (tmp_path / "out").exists()


def test_a_detector_that_never_prints_a_number_ends_it_with_the_cure(folder, tmp_path):
    with pytest.raises(UsageError, match=r"(?s)printed no number.*by hand first"):
        run_check(folder, detectors=["echo fake #{path}"], out=tmp_path / "out")


def test_without_any_face_there_is_nothing_to_measure(tmp_path):
    for label in ("real", "fake"):
        (tmp_path / label).mkdir()
        Image.fromarray(np.full((64, 64, 3), 120, np.uint8)).save(tmp_path / label / "a.png")
    with pytest.raises(NothingToDoError, match="No face was found"):
        run_check(tmp_path, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()
