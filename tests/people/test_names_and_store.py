"""Names that are safe as folders, and people that appear whole or not at all."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bonaface.people.names import check_name
from bonaface.people.store import create_person, forget_person, list_people, load_person
from bonaface.terms.errors import CorruptPersonError, OutputExistsError, UsageError


@pytest.mark.parametrize("name", ["anna", "Anna Maria", "jean-luc", "o'neil", "Łukasz", "x1", "山田"])
def test_ordinary_names_are_taken(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "a/b", "a\\b", ".hidden", "a.b", "x" * 300, "con", "NUL", " anna", "anna ", "a\n", "a\0", "-x"],
)
def test_dangerous_names_are_refused(name: str) -> None:
    with pytest.raises(UsageError):
        check_name(name)


@given(st.text(max_size=80))
def test_whatever_is_taken_stays_one_plain_folder(name: str) -> None:
    try:
        check_name(name)
    except UsageError:
        return
    assert Path("people", name).parent == Path("people")
    assert "." not in name


def test_a_person_whose_making_fails_leaves_nothing(consent: Path, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), create_person("anna", consent, tmp_path):
        raise RuntimeError
    assert list_people(tmp_path) == []
    assert list((tmp_path / "people").iterdir()) == []


def test_a_person_is_not_overwritten_without_force(consent: Path, tmp_path: Path) -> None:
    with create_person("anna", consent, tmp_path):
        pass
    with pytest.raises(OutputExistsError, match="--force"), create_person("anna", consent, tmp_path):
        pass
    before = load_person("anna", tmp_path).id
    with create_person("anna", consent, tmp_path, force=True):
        pass
    assert load_person("anna", tmp_path).id != before


def test_an_unknown_person_is_refused_with_those_who_are_known(consent: Path, tmp_path: Path) -> None:
    with create_person("anna", consent, tmp_path):
        pass
    with pytest.raises(UsageError, match="known: anna"):
        load_person("ana", tmp_path)


def test_a_damaged_person_is_said_to_be_damaged(consent: Path, tmp_path: Path) -> None:
    with create_person("anna", consent, tmp_path):
        pass
    (tmp_path / "people" / "anna" / "person.toml").write_text("id = 3")
    with pytest.raises(CorruptPersonError):
        load_person("anna", tmp_path)
    assert list_people(tmp_path) == []


def test_a_forgotten_person_leaves_no_file(consent: Path, tmp_path: Path) -> None:
    with create_person("anna", consent, tmp_path):
        pass
    forget_person(load_person("anna", tmp_path))
    assert list((tmp_path / "people").iterdir()) == []
