"""Persons drawn from a seed: their consent, what is said of them, what they may not."""

from datetime import date
from pathlib import Path

import pytest

from bonaface.faces.embed import Embedder
from bonaface.making.fictional import front_view
from bonaface.making.people_prior import load_people_prior
from bonaface.making.prior import load_prior
from bonaface.people.ledger import Ledger
from bonaface.terms.errors import ConsentError, NothingToDoError, OutputExistsError, UsageError
from bonaface.verbs.nobody import LIKE_MATERIAL, draw_nobody
from bonaface.verbs.person import add_person, export_person, import_person, list_people, show_person
from bonaface.verbs.swap import swap
from bonaface.verbs.train import train

MEDIA = Path(__file__).parents[2] / "examples" / "media"


def test_a_person_from_a_seed_needs_no_media_and_no_consent(tmp_path: Path) -> None:
    report = add_person("nobody", [], fictional=7, home=tmp_path)
    assert (report.fictional, report.trained, report.crops) == (True, True, 0)
    assert (report.basis, report.statement) == ("synthetic", "self-declared: the person does not exist")
    assert "anonymise" in report.purposes
    assert "political" not in report.purposes
    assert report.until.year == date.today().year + 10
    assert show_person("nobody", tmp_path) == report
    assert [person.name for person in list_people(tmp_path)] == ["nobody"]
    assert [entry.kind for entry in Ledger(tmp_path).entries()] == ["person"]


def test_nothing_is_to_be_learned_of_nobody(tmp_path: Path) -> None:
    add_person("nobody", [], fictional=7, home=tmp_path)
    with pytest.raises(NothingToDoError, match="nothing is to be learned"):
        train("nobody", home=tmp_path)
    with pytest.raises(UsageError, match="nobody's media"):
        add_person("nobody", [MEDIA / "astronaut.png"], home=tmp_path)


def test_a_seed_and_media_exclude_each_other(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="seed"):
        add_person("nobody", [MEDIA / "astronaut.png"], fictional=7, home=tmp_path)
    with pytest.raises(UsageError, match="from 0"):
        add_person("nobody", [], fictional=-1, home=tmp_path)
    assert list_people(tmp_path) == []


def test_a_person_from_a_seed_is_replaced_only_by_force(tmp_path: Path) -> None:
    first = add_person("nobody", [], fictional=7, home=tmp_path)
    with pytest.raises(OutputExistsError, match="--force"):
        add_person("nobody", [], fictional=8, home=tmp_path)
    assert add_person("nobody", [], fictional=8, home=tmp_path, force=True).id != first.id


def test_a_person_from_a_seed_goes_out_and_in(tmp_path: Path) -> None:
    add_person("nobody", [], fictional=7, home=tmp_path)
    file = export_person("nobody", tmp_path / "nobody.bonaface", home=tmp_path)
    assert import_person(file, home=tmp_path / "other").fictional


def test_no_politics_with_nobodys_face(tmp_path: Path) -> None:
    add_person("nobody", [], fictional=7, home=tmp_path)
    with pytest.raises(ConsentError, match="political"):
        swap("nobody", [MEDIA / "astronaut.png"], purpose="political", home=tmp_path)


def test_a_draw_is_like_none_of_the_material() -> None:
    avatar = draw_nobody(2)
    face = Embedder().embed(*front_view(avatar, load_prior().layout(avatar.size)))
    assert (load_people_prior().material @ face).max() < LIKE_MATERIAL
