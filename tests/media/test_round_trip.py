"""Clips through reader, encoder and remuxer: timestamps, rotation, sound and depth stay."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from bonaface.media.video import probe


@pytest.mark.parametrize(
    ("name", "pts", "options"),
    [
        ("constant.mp4", list(range(0, 1200, 40)), {}),
        ("varying.mp4", [0, 33, 70, 100, 180, 190, 400, 433, 500, 1000], {}),
        ("late.mp4", list(range(400, 1200, 40)), {}),
        ("odd.mp4", list(range(0, 800, 40)), {"size": (63, 47), "pix_fmt": "yuv444p"}),
        ("ten.mp4", list(range(0, 400, 40)), {"codec": "libx265", "pix_fmt": "yuv420p10le"}),
        ("reordered.mkv", list(range(0, 1200, 40)), {}),
        ("web.webm", list(range(0, 400, 40)), {"codec": "libvpx-vp9"}),
    ],
)
def test_times_and_pictures_stay(clips, tmp_path: Path, name: str, pts: list[int], options: dict[str, object]) -> None:
    source = clips.make(tmp_path / name, pts, **options)  # type: ignore[arg-type]
    clips.through(source, tmp_path / "out.mp4", pieces=3)
    before, pictures = clips.read(source)
    after, results = clips.read(tmp_path / "out.mp4")
    assert after == before
    assert len(before) == len(pts)
    for old, new in zip(pictures, results, strict=True):
        assert new.shape == old.shape
        assert new.dtype == old.dtype
        scale = 257 if old.dtype == np.uint16 else 1
        assert np.abs(old.astype(float) - new).mean() < 5 * scale


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_rotation_stays_and_frames_come_upright(clips, tmp_path: Path, rotation: int) -> None:
    source = clips.make(tmp_path / "turned.mp4", list(range(0, 400, 40)), rotation=rotation)
    clips.through(source, tmp_path / "out.mp4")
    before, after = probe(source), probe(tmp_path / "out.mp4")
    assert before.rotation_deg == after.rotation_deg == rotation
    assert (after.width_px, after.height_px) == ((48, 64) if rotation != 180 else (64, 48))
    np.testing.assert_allclose(clips.read(source)[1][3].astype(float), clips.read(tmp_path / "out.mp4")[1][3], atol=24)


@pytest.mark.parametrize("codec", ["aac", "libopus", "mp2"])
def test_sound_is_copied_byte_for_byte_and_may_outlast_the_pictures(clips, tmp_path: Path, codec: str) -> None:
    source = clips.make(tmp_path / "talk.mkv", list(range(0, 1000, 40)), sound=codec)
    assert clips.through(source, tmp_path / "out.mp4", pieces=2) == []
    assert clips.sound(tmp_path / "out.mp4") == clips.sound(source)


def test_sound_that_mp4_cannot_hold_is_encoded_and_said(clips, tmp_path: Path) -> None:
    source = clips.make(tmp_path / "talk.mkv", list(range(0, 1000, 40)), sound="pcm_s16le")
    (remark,) = clips.through(source, tmp_path / "out.mp4")
    assert "AAC" in remark
    assert clips.sound(tmp_path / "out.mp4")


def test_a_part_begins_at_zero_and_takes_its_sound_along(clips, tmp_path: Path) -> None:
    source = clips.make(tmp_path / "talk.mkv", list(range(0, 2000, 40)), sound="aac")
    clips.through(source, tmp_path / "out.mp4", start_s=Fraction(1, 2), end_s=Fraction(1))
    times, _ = clips.read(tmp_path / "out.mp4")
    assert times[0] < Fraction(1, 20)
    assert len(times) == 12
    assert 20 < len(clips.sound(tmp_path / "out.mp4")) < 30
