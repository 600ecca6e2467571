"""The demo's parts: what is kept and what is made anew, steps and budgets, figures, the contact sheet, failures."""

from __future__ import annotations

import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from bonaface.apps import demo, pace
from bonaface.apps.kept import Kept, sum_of, sum_of_program
from bonaface.apps.pace import Pace
from bonaface.apps.poster import draw_poster
from bonaface.apps.scorecard import Judgement, Score, Seen, scores_text, short_plans
from bonaface.bench.frames import FramePlan, Run, load_pinned
from bonaface.bench.sheet import TILE_PX
from bonaface.marking.label import Label

MEDIA = Path(__file__).parents[2] / "examples" / "media"


def test_a_result_is_kept_while_it_and_what_it_was_made_from_are_the_same(tmp_path: Path) -> None:
    made, kept = tmp_path / "made.txt", Kept(tmp_path / "kept.json")
    made.write_text("result")
    assert kept.find("swap", ["a", "b"]) is None
    kept.keep("swap", ["a", "b"], [made], {"frames": 3})
    assert Kept(tmp_path / "kept.json").find("swap", ["a", "b"]) == {"frames": 3}
    assert kept.find("swap", ["a", "other"]) is None
    assert kept.find("another", ["a", "b"]) is None
    made.write_text("changed")
    assert kept.find("swap", ["a", "b"]) is None
    made.unlink()
    assert kept.find("swap", ["a", "b"]) is None


def test_a_damaged_memory_means_that_all_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    for content in ("", "[]", "{broken", '{"swap": 3}'):
        path.write_text(content)
        assert Kept(path).find("swap", []) is None


def test_the_sum_of_the_program_is_of_its_content(tmp_path: Path) -> None:
    assert sum_of_program("apps") == sum_of_program("apps")
    assert sum_of_program("apps") != sum_of_program("apps", "bench")
    (tmp_path / "a").write_bytes(b"abc")
    assert sum_of(tmp_path / "a") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_step_says_its_budget_first_and_then_what_it_took(capsys, monkeypatch) -> None:
    clock = iter([0.0, 3.0, 10.0, 75.0, 80.0, 80.1])
    monkeypatch.setattr(pace.time, "monotonic", lambda: next(clock))
    steps = Pace(3)
    with steps.step("learning", 90):
        steps.note("1240 pictures")
    with steps.step("swapping", 20):
        pass
    with steps.step("measuring", 20):
        steps.kept()
    assert capsys.readouterr().out.splitlines() == [
        "[1/3] learning (budget 1 min 30 s)",
        "      1240 pictures",
        "      took 3.0 s",
        "[2/3] swapping (budget 20 s)",
        "      took 65.0 s, 45 s over its budget",
        "[3/3] measuring (budget 20 s)",
        "      kept from an earlier run: nothing that it was made from has changed",
    ]


def test_the_budgets_and_set_up_fit_into_ten_minutes() -> None:
    text = Path(demo.__file__).read_text(encoding="utf-8")
    budgets = [
        int(line.rsplit(", ", 1)[1].split(")")[0])
        for line in text.splitlines()
        if ".step(" in line and "budget_s" not in line
    ]
    assert len(budgets) == 9
    set_up_s = 150
    assert sum(budgets) + sum(target.budget_s for target in demo.TARGETS) + set_up_s <= 600


# Six looks at the person, three real faces; of the target every fourth of its first 24 frames.
FEW = FramePlan(Run(0, 72, 12), Run(0, 72, 36), Run(0, 24), Run(0, 24, 4))


@pytest.fixture(scope="module")
def judgement(tmp_path_factory: pytest.TempPathFactory) -> Judgement:
    """A judge of the man in single_face.mp4."""
    return Judgement(MEDIA / "single_face.mp4", MEDIA / "single_face.mp4", FEW)


def test_a_picture_that_was_not_swapped_is_wholly_the_target(judgement: Judgement) -> None:
    score, seen = judgement.of_still(MEDIA / "joconde.jpg", MEDIA / "joconde.jpg")
    assert score.to_target == pytest.approx(1, abs=1e-3)
    assert score.pose_deg == pytest.approx(0, abs=1e-6)
    assert score.sharpness == pytest.approx(1)
    assert abs(score.to_person) < 0.4 < score.ceiling
    assert np.isnan([score.expression_r, score.mouth_r, score.flicker]).all()
    assert len(seen.target) == len(seen.person) == 1


def test_a_clip_of_the_person_reaches_more_than_the_ceiling_and_follows_itself(judgement: Judgement) -> None:
    clip = MEDIA / "single_face.mp4"
    score, seen = judgement.of_clip(clip, clip, FEW)
    assert 0.85 < score.to_person <= 1
    assert score.to_person == pytest.approx(score.to_target, abs=0.02)
    assert score.pose_deg == 0
    assert score.mouth_r == pytest.approx(1)
    assert score.flicker == score.target_flicker > 0
    assert score.frames == len(seen.target) == len(seen.points) == len(seen.person_points) == 6


def test_the_table_has_a_column_for_each_swap_and_a_dash_where_nothing_is_known() -> None:
    nan = float("nan")
    still = Score(1, 0.5, 0.1, 1.0, 1.25, nan, nan, nan, 0.9, nan, nan)
    clip = Score(18, 0.6, 0.2, 0.8, 0.5, 0.9, 0.99, 0.98, 1.0, 2.0, 2.5)
    lines = scores_text({"a.jpg": still, "b.mp4": clip}, {"a.jpg": 4.0, "b.mp4": 30.0}).splitlines()
    row = {line[:30].strip(): line[30:].split() for line in lines}
    assert lines[0].split() == ["a.jpg", "b.mp4", "good", "is"]
    assert row["reached of the ceiling"][:4] == ["50", "%", "75", "%"]
    assert row["mouth follows, r"][:2] == ["-", "0.99"]
    assert row["flicker (target's own)"][:3] == ["-", "2.00", "(2.50)"]
    assert row["frames a second, all in all"][:2] == ["4.00", "30.00"]


def test_the_label_lies_in_the_foot_of_the_sheet_off_all_tiles() -> None:
    frames = [np.full((120, 160, 3), k, np.uint8) for k in (10, 120, 240)]
    points = np.random.default_rng(0).uniform(40, 80, (3, 478, 3)).astype(np.float32)
    seen = Seen(frames, frames, points, frames, points)
    sheet = draw_poster(
        {"a.mp4": seen, "b.jpg": Seen(*(part[:1] for part in (frames, frames, points, frames, points)))},
        {"a.mp4": 2, "b.jpg": 4},
        "no consent",
    )
    height, width = sheet.rgb.shape[:2]
    assert width > 3 * TILE_PX
    assert height > 3 * TILE_PX
    _, (_, y, _, h) = Label(height, width, sheet.rgb.dtype).lay_over(sheet)
    assert y >= sheet.face_boxes_xywh_px[0][3]
    assert y + h <= height
    top = 44
    assert (sheet.rgb[top + 5, 125] == frames[0][0, 0]).all()
    assert (sheet.rgb[top + 5, 125 + TILE_PX] == frames[2][0, 0]).all()


def test_the_demo_measures_where_the_benchmark_does() -> None:
    plans, pinned = short_plans(), load_pinned().plans
    assert plans["single_face"].measured == pinned["single_face"].measured
    assert len(plans["actress"].measured) == pytest.approx(len(pinned["actress"].measured) / 4, abs=1)
    assert all(plan.target == pinned[name].target for name, plan in plans.items())


def test_the_examples_are_all_there() -> None:
    folder = demo.examples_folder()
    for target in demo.TARGETS:
        if target.pinned is not None:
            with av.open(str(folder / "media" / target.file)) as container:
                assert Fraction(container.streams.video[0].average_rate) > 0


def test_a_folder_that_cannot_be_written_is_a_sentence_that_names_the_step(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    done = subprocess.run(
        [sys.executable, "-m", "bonaface.apps.demo"],
        env={**os.environ, "BONAFACE_DEMO_OUT": str(tmp_path / "file" / "out")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 6
    assert "Traceback" not in done.stderr
    assert "The demo stopped at 'looking at this machine'" in done.stderr
