"""Consent binds: what is refused, and in which words."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from bonaface.people.consent import permit_swap, permit_training, read_consent
from bonaface.people.store import Person, create_person, load_person
from bonaface.terms.errors import ConsentError

TODAY = date.today()


@pytest.fixture
def anna(consent: Path, tmp_path: Path) -> Person:
    with create_person("anna", consent, tmp_path / "home"):
        pass
    return load_person("anna", tmp_path / "home")


def test_first_purpose_is_the_default(anna: Person) -> None:
    permit = permit_swap(anna, None, TODAY)
    assert permit.purpose == "film"
    assert permit.statement.startswith("self-declared")
    assert permit.consent_sha256 == anna.consent_sha256


def test_another_purpose_is_refused_and_the_agreed_ones_are_named(anna: Person) -> None:
    with pytest.raises(ConsentError, match="film, education"):
        permit_swap(anna, "entertainment", TODAY)


def test_political_use_needs_to_be_named(anna: Person) -> None:
    with pytest.raises(ConsentError, match="political"):
        permit_swap(anna, "political", TODAY)


def test_unknown_purpose_is_refused(anna: Person) -> None:
    with pytest.raises(ConsentError, match="no purpose"):
        permit_swap(anna, "fun", TODAY)


def test_expired_consent_is_refused_for_training_and_swap(anna: Person) -> None:
    later = TODAY + timedelta(days=31)
    for ask in (lambda: permit_training(anna, later), lambda: permit_swap(anna, None, later)):
        with pytest.raises(ConsentError, match="ended on"):
            ask()


def test_a_consent_changed_afterwards_is_refused(anna: Person) -> None:
    anna.consent_path.write_text(anna.consent_path.read_text().replace("film", "political"))
    with pytest.raises(ConsentError, match="was changed"):
        permit_training(anna, TODAY)


def test_a_lost_consent_is_refused(anna: Person) -> None:
    anna.consent_path.unlink()
    with pytest.raises(ConsentError, match="no consent on file"):
        permit_training(anna, TODAY)


@pytest.mark.parametrize(
    ("line", "replaced", "says"),
    [
        ('purposes = ["film", "education"]', 'purpose = ["film"]', "did you mean 'purposes'"),
        ('purposes = ["film", "education"]', "purposes = []", "purposes"),
        ('purposes = ["film", "education"]', 'purposes = ["war"]', "purposes"),
        ('basis = "own-likeness"', 'basis = "found it"', "basis"),
        ('basis = "own-likeness"', "", "'basis' is missing"),
        ('who = "Anna Example"', 'who = ""', "who"),
        ("until = ", "until = 'soon' #", "without quotes"),
        ('who = "Anna Example"', "who = [", "not valid TOML"),
    ],
)
def test_a_consent_of_another_form_is_refused(consent: Path, line: str, replaced: str, says: str) -> None:
    consent.write_text(consent.read_text().replace(line, replaced))
    with pytest.raises(ConsentError, match=says):
        read_consent(consent)


def test_a_missing_consent_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConsentError, match="--consent"):
        read_consent(tmp_path / "none.toml")


@pytest.mark.parametrize("name", ["cap12", "single_face", "actress"])
def test_example_media_say_that_consent_is_not_documented(name: str) -> None:
    path = Path(__file__).parents[2] / "examples" / "consent" / f"{name}.toml"
    assert read_consent(path).statement == "consent of the person not documented"
