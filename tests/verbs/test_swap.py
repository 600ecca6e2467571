"""One call of swap: many targets, what is refused, what is kept, where results go."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bonaface.marking.read import read_seal
from bonaface.people.store import load_person, replace_consent
from bonaface.terms.errors import (
    ConsentError,
    MissingFileError,
    NothingToDoError,
    OutputExistsError,
    UnreadableMediaError,
    UsageError,
)
from bonaface.verbs.swap import find_targets, swap


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def portrait(tmp_path: Path, media: Path) -> Path:
    """The astronaut, small."""
    path = tmp_path / "portrait.png"
    Image.open(media / "astronaut.png").resize((256, 256)).save(path)
    return path


# ---- many targets ----


def test_one_bad_target_never_stops_the_others(portrait: Path, tmp_path: Path, home: Path, out: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "hostile.mp4").write_bytes(b"\x00\x00\x00\x18ftypmp42" + b"\xff" * 3000)
    Image.new("RGB", (300, 300), "grey").save(tmp_path / "grey.png")
    told = []
    targets = [tmp_path / name for name in ("empty.mp4", "gone.mp4", "hostile.mp4", "grey.png")]
    outcomes = swap("man", [*targets, portrait], home=home, out=out, told=told.append)
    kinds = [type(outcome.error) for outcome in outcomes]
    assert kinds == [UnreadableMediaError, MissingFileError, UnreadableMediaError, NothingToDoError, type(None)]
    assert told == outcomes
    for outcome in outcomes[:-1]:
        assert str(outcome.error).count(";") >= 1, "what to do is said"
        assert outcome.target.name in str(outcome.error) or "face" in str(outcome.error)
    assert names(out) == ["portrait.man.png"]


def test_a_folder_gives_its_media_but_not_earlier_results(portrait: Path, tmp_path: Path, home: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "inner").mkdir(parents=True)
    shutil.copy(portrait, folder / "a.png")
    shutil.copy(portrait, folder / "inner" / "b.png")
    (folder / "notes.txt").write_text("no medium")
    first = swap("man", folder, home=home)
    assert [outcome.target.name for outcome in first] == ["a.png", "b.png"]
    assert (folder / "a.man.png").is_file()
    assert (folder / "inner" / "b.man.png").is_file()
    again = swap("man", folder, home=home)
    assert [type(outcome.error) for outcome in again] == [OutputExistsError, OutputExistsError]
    assert [path.name for path in find_targets([folder], "man")] == ["a.png", "b.png"]


def test_two_targets_of_one_name_do_not_replace_each_other(
    portrait: Path, tmp_path: Path, home: Path, out: Path
) -> None:
    (tmp_path / "other").mkdir()
    shutil.copy(portrait, tmp_path / "other" / "portrait.png")
    outcomes = swap("man", [portrait, tmp_path / "other" / "portrait.png"], home=home, out=out, force=True)
    assert [type(outcome.error) for outcome in outcomes] == [type(None), OutputExistsError]


def test_a_target_named_twice_is_done_once(portrait: Path, home: Path, out: Path) -> None:
    assert len(swap("man", [portrait, portrait], home=home, out=out)) == 1


# ---- outputs ----


def test_an_output_is_replaced_only_by_force(portrait: Path, out: Path, swap_one: Callable) -> None:
    made = swap_one("man", portrait).output
    before = made.read_bytes()
    with pytest.raises(OutputExistsError, match="--force"):
        swap_one("man", portrait)
    assert made.read_bytes() == before
    assert swap_one("man", portrait, force=True).output == made
    assert read_seal(made).state == "whole"


def test_a_refused_output_costs_no_time(portrait: Path, out: Path, home: Path) -> None:
    (out / "portrait.man.png").write_text("precious")
    (outcome,) = swap("man", portrait, home=home, out=out)
    assert isinstance(outcome.error, OutputExistsError)
    assert outcome.seconds < 0.1
    assert (out / "portrait.man.png").read_text() == "precious"


def test_an_output_that_links_to_the_input_is_refused(portrait: Path, out: Path, swap_one: Callable) -> None:
    before = portrait.read_bytes()
    (out / "portrait.man.png").symlink_to(portrait)
    with pytest.raises(OutputExistsError, match="input itself"):
        swap_one("man", portrait, force=True)
    assert portrait.read_bytes() == before


def test_without_a_folder_results_lie_beside_the_target(portrait: Path, home: Path) -> None:
    (outcome,) = swap("man", portrait, home=home)
    assert outcome.swapped is not None
    assert outcome.swapped.output == portrait.with_name("portrait.man.png")


# ---- consent and purpose ----


def test_the_purpose_is_the_consents_first_unless_said(portrait: Path, home: Path, swap_one: Callable) -> None:
    first = swap_one("man", portrait)
    seal = read_seal(first.output, home=home)
    assert first.purpose == seal.purpose == "education"
    assert first.statement == seal.statement == "consent of the person not documented"
    said = swap_one("man", portrait, purpose="research", force=True)
    assert said.purpose == read_seal(said.output, home=home).purpose == "research"


@pytest.mark.parametrize("purpose", ["political", "fun"])
def test_another_purpose_is_refused(purpose: str, portrait: Path, out: Path, swap_one: Callable) -> None:
    with pytest.raises(ConsentError, match="choose one of"):
        swap_one("man", portrait, purpose=purpose)
    assert names(out) == []


def another_consent(home: Path, folder: Path, until: date) -> Path:
    """Copy the home and write another end into the consent of its man, which no command would take."""
    copy = folder / "home"
    shutil.copytree(home / "people", copy / "people")
    text = load_person("man", copy).consent_path.read_text()
    new = folder / "new.toml"
    new.write_text("\n".join(f"until = {until}" if line.startswith("until") else line for line in text.splitlines()))
    replace_consent(load_person("man", copy), new)
    return copy


def test_a_consent_in_the_past_is_refused(portrait: Path, home: Path, tmp_path: Path, out: Path) -> None:
    expired = another_consent(home, tmp_path, date.today() - timedelta(days=1))
    with pytest.raises(ConsentError, match="ended"):
        swap("man", portrait, home=expired, out=out)
    assert names(out) == []


def test_a_consent_that_was_changed_by_hand_is_refused(portrait: Path, home: Path, tmp_path: Path, out: Path) -> None:
    shutil.copytree(home / "people", tmp_path / "home" / "people")
    path = load_person("man", tmp_path / "home").consent_path
    path.write_text(path.read_text().replace("[", '["political", ', 1))
    with pytest.raises(ConsentError, match="changed"):
        swap("man", portrait, home=tmp_path / "home", out=out, purpose="political")
    assert names(out) == []


def test_everybody_of_the_cast_must_agree_to_the_purpose(media: Path, home: Path, tmp_path: Path, out: Path) -> None:
    expired = another_consent(home, tmp_path, date.today() - timedelta(days=1))
    with pytest.raises(ConsentError, match="man ended"):
        swap("woman", media / "joconde.jpg", cast={"man": media / "joconde.jpg"}, home=expired, out=out)


# ---- wrong calls ----


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"start_s": Fraction(2), "end_s": Fraction(1)}, "empty"),
        ({"start_s": 0.3, "end_s": 0.1 + 0.2}, "empty"),
        ({"start_s": -1}, "start_s is -1"),
        ({"label": "tiny"}, "small, large"),
        ({"codec": "mpeg1"}, "h264"),
        ({"cast": {"man": "portrait.png"}}, "two parts"),
    ],
)
def test_a_wrong_call_fails_before_any_work(options: dict, said: str, portrait: Path, home: Path, out: Path) -> None:
    with pytest.raises(UsageError, match=said):
        swap("man", portrait, home=home, out=out, **options)


def test_an_unknown_person_is_said_with_those_known(portrait: Path, home: Path) -> None:
    with pytest.raises(UsageError, match="man, woman"):
        swap("nobody", portrait, home=home)


def test_a_person_without_an_avatar_is_told_to_train(portrait: Path, home: Path, tmp_path: Path) -> None:
    shutil.copytree(home / "people", tmp_path / "home" / "people")
    load_person("man", tmp_path / "home").avatar_path.unlink()
    with pytest.raises(NothingToDoError, match="bonaface train man"):
        swap("man", portrait, home=tmp_path / "home")


def test_a_picture_of_nobody_cannot_choose_a_face(portrait: Path, home: Path, tmp_path: Path) -> None:
    Image.fromarray(np.full((200, 200, 3), 90, np.uint8)).save(tmp_path / "blank.png")
    with pytest.raises(NothingToDoError, match="shows no face"):
        swap("man", portrait, face=str(tmp_path / "blank.png"), home=home)


def test_a_failed_call_leaves_nothing_unfinished(tmp_path: Path, home: Path, out: Path) -> None:
    Image.new("RGB", (300, 300), "grey").save(tmp_path / "grey.png")
    before = names(home / "unfinished") if (home / "unfinished").is_dir() else []
    swap("man", tmp_path / "grey.png", home=home, out=out)
    assert names(out) == []
    assert (names(home / "unfinished") if (home / "unfinished").is_dir() else []) == before
