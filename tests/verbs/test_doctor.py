"""The doctor: finds what is there, changes nothing, names the cure."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import pytest

from bonaface import models
from bonaface.marking.identity import signing_identity
from bonaface.terms.errors import UsageError
from bonaface.terms.version import __version__
from bonaface.verbs.doctor import Health, Part, doctor, model_sums


def part(health: Health, name: str) -> Part:
    return next(each for each in health.parts if each.name == name)


def test_all_that_is_needed_works_and_nothing_is_made(tmp_path: Path) -> None:
    health = doctor(tmp_path / "home")
    assert health.well, [each for each in health.parts if each.needed and not each.works]
    assert health.version == __version__
    assert not (tmp_path / "home").exists()
    assert part(health, "signing identity").found.startswith("not made yet")
    assert {setting.name for setting in health.settings} >= {"home", "out", "label", "codec"}


def test_every_part_that_does_not_work_names_its_cure(tmp_path: Path) -> None:
    for each in doctor(tmp_path).parts:
        assert each.works or each.cure or "optional" in each.found


def test_the_sums_are_those_of_the_files_that_ship() -> None:
    sums = model_sums()
    assert {"face_landmarker.task", "prior.safetensors"} <= set(sums)
    for name in ("face_landmarker.task", "prior.safetensors"):
        assert hashlib.sha256((Path(models.__file__).parent / name).read_bytes()).hexdigest() == sums[name]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
def test_a_key_that_others_can_read_is_reported(tmp_path: Path) -> None:
    signing_identity(tmp_path)
    assert part(doctor(tmp_path), "signing identity").works
    (tmp_path / "identity").chmod(0o755)
    found = part(doctor(tmp_path), "signing identity")
    assert not found.works and "chmod" in found.cure
    assert not doctor(tmp_path).well


def test_settings_come_with_their_origin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BONAFACE_LABEL", "large")
    settings = {each.name: each for each in doctor(tmp_path).settings}
    assert (settings["label"].value, settings["label"].origin) == ("large", "BONAFACE_LABEL")


def test_a_broken_config_is_said(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("nonsense")
    with pytest.raises(UsageError, match=r"config\.toml"):
        doctor(tmp_path)
