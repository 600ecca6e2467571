"""The walk's judges and its tally: what they say of files whose answer is known, made by other means than ours."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
MEDIA = ROOT / "examples" / "media"
WALK = ROOT / "scripts" / "walk"


@pytest.fixture(scope="module")
def walk() -> dict[str, ModuleType]:
    """The modules of the walk, which import each other by their bare names."""
    sys.path.insert(0, str(WALK))
    try:
        return {
            name: importlib.import_module(name) for name in ("outside", "ground", "film_maker", "programmer", "teacher")
        }
    finally:
        sys.path.remove(str(WALK))


@pytest.fixture(scope="module")
def scene(walk: dict[str, ModuleType], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip with a tone."""
    return walk["outside"].add_sound(MEDIA / "single_face.mp4", tmp_path_factory.mktemp("scene") / "scene.mp4")


def test_the_scene_has_the_pictures_of_the_clip_and_a_tone_as_long(walk, scene) -> None:
    original, film = walk["outside"].look_at_film(MEDIA / "single_face.mp4"), walk["outside"].look_at_film(scene)
    assert not set(film.sound) & set(original.sound)
    assert (film.frames, film.width, film.height, film.steps_s) == (
        72,
        original.width,
        original.height,
        original.steps_s,
    )
    assert 1024 * len(film.sound) / 44100 == pytest.approx(float(film.times_s[-1]), abs=0.1)


def test_packets_that_differ_or_stand_apart_are_no_run(walk) -> None:
    is_run_of, whole = walk["outside"].is_run_of, (b"a", b"b", b"c", b"d")
    assert is_run_of((b"b", b"c"), whole)
    assert is_run_of(whole, whole)
    assert not is_run_of((b"a", b"c"), whole)
    assert not is_run_of((b"b", b"C"), whole)
    assert not is_run_of((*whole, b"e"), whole)


def test_a_file_that_nobody_sealed_has_no_seal(walk, scene, tmp_path) -> None:
    for path in (scene, MEDIA / "joconde.jpg", MEDIA / "astronaut.png"):
        assert not walk["outside"].has_seal_bytes(path)
        assert walk["outside"].read_manifest(path) == {}
    copied = walk["outside"].copy_streams(scene, tmp_path / "copy.mp4")
    assert walk["outside"].look_at_film(copied) == walk["outside"].look_at_film(scene)


def test_a_check_that_does_not_hold_is_counted_and_shown(walk, tmp_path, capsys) -> None:
    ground = walk["ground"].Ground(tmp_path)
    assert ground.check("holds", True)
    assert not ground.check("does not", False, "seen")
    assert (ground.checks, ground.failed) == (2, 1)
    assert "  FAIL does not  [seen]" in capsys.readouterr().out


def test_a_wrong_exit_code_and_an_option_that_help_does_not_know_fail(walk, tmp_path) -> None:
    ground = walk["ground"].Ground(tmp_path)
    ground.bonaface("person", "list")
    assert ground.failed == 0
    ground.bonaface("person", "list", code=5)
    assert ground.failed == 1
    ground.bonaface("verify", "none.mp4", "--frob", code=2)
    assert ground.failed == 2


def test_every_role_says_its_task(walk) -> None:
    for role in ("film_maker", "programmer", "teacher"):
        assert walk[role].TASK
        assert callable(walk[role].walk)


def test_an_unknown_role_leaves_with_1(tmp_path) -> None:
    done = subprocess.run(
        [sys.executable, str(WALK / "walk.py"), "astrologer"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "film_maker, programmer" in done.stderr
