"""People from real media: one identity, refusals, growing, and the way out and in."""

from datetime import date, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from bonaface.people.face_set import load_face_set
from bonaface.people.store import load_person
from bonaface.terms.errors import ConsentError, NothingToDoError, SeveralPeopleError, UsageError
from bonaface.verbs.person import add_person, export_person, forget_person, import_person, list_people, show_person

MEDIA = Path(__file__).parents[2] / "examples" / "media"
CONSENTS = Path(__file__).parents[2] / "examples" / "consent"


def test_a_clip_becomes_a_person(tmp_path: Path) -> None:
    report = add_person("man", [MEDIA / "single_face.mp4"], consent=CONSENTS / "single_face.toml", home=tmp_path)
    assert 60 <= report.crops <= 72
    assert report.statement == "consent of the person not documented"
    assert report.sheet is not None
    assert report.sheet.is_file()
    faces = load_face_set(load_person("man", tmp_path))
    crop = faces.crop(0)
    assert (faces.points[0, :468, :2].min(0) > 0).all()
    assert (faces.points[0, :468, :2].max(0) < np.array(crop.shape[1::-1])).all()
    assert [person.name for person in list_people(tmp_path)] == ["man"]
    exported = export_person("man", tmp_path / "man.bonaface", home=tmp_path)
    assert import_person(exported, home=tmp_path / "other").crops == report.crops
    forget_person("man", tmp_path)
    with pytest.raises(UsageError):
        show_person("man", tmp_path)


def test_several_people_in_the_media_of_one_are_asked_about(tmp_path: Path) -> None:
    with pytest.raises(SeveralPeopleError, match="--reference") as caught:
        add_person("one", [MEDIA / "multi_face.jpg"], consent=CONSENTS / "single_face.toml", home=tmp_path)
    assert len(caught.value.candidates) == 5
    assert list_people(tmp_path) == []


def test_a_reference_says_who_is_meant(tmp_path: Path) -> None:
    report = add_person(
        "astronaut",
        [MEDIA / "multi_face.jpg", MEDIA / "astronaut.png"],
        consent=CONSENTS / "single_face.toml",
        reference=MEDIA / "astronaut.png",
        home=tmp_path,
    )
    assert report.crops == 1
    assert any("fewer than 5" in line for line in report.advice)


def test_pictures_of_somebody_else_are_not_added(tmp_path: Path) -> None:
    consent = CONSENTS / "single_face.toml"
    add_person("woman", [MEDIA / "astronaut.png"], consent=consent, home=tmp_path)
    with pytest.raises(SeveralPeopleError, match="somebody else"):
        add_person("woman", [MEDIA / "single_face.mp4"], home=tmp_path)
    assert show_person("woman", tmp_path).crops == 1


def test_no_person_without_consent(tmp_path: Path) -> None:
    with pytest.raises(ConsentError, match="--consent"):
        add_person("woman", [MEDIA / "astronaut.png"], home=tmp_path)


def test_no_person_with_an_expired_consent(tmp_path: Path) -> None:
    old = tmp_path / "old.toml"
    text = (CONSENTS / "single_face.toml").read_text()
    old.write_text(text.replace("2035-12-31", str(date.today() - timedelta(days=1))))
    with pytest.raises(ConsentError, match="ended"):
        add_person("woman", [MEDIA / "astronaut.png"], consent=old, home=tmp_path)
    assert list_people(tmp_path) == []


def test_pictures_without_a_face_give_no_person(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "grey.png"), np.full((200, 200, 3), 128, np.uint8))
    with pytest.raises(NothingToDoError):
        add_person("nobody", [tmp_path / "grey.png"], consent=CONSENTS / "single_face.toml", home=tmp_path)


def test_a_face_under_24_pixels_is_too_small(tmp_path: Path) -> None:
    picture = cv2.imread(str(MEDIA / "astronaut.png"))
    cv2.imwrite(str(tmp_path / "small.png"), cv2.resize(picture, None, fx=0.12, fy=0.12, interpolation=cv2.INTER_AREA))
    with pytest.raises(NothingToDoError, match="24"):
        add_person("tiny", [tmp_path / "small.png"], consent=CONSENTS / "single_face.toml", home=tmp_path)


def test_a_poisoned_file_does_not_stop_the_others(tmp_path: Path) -> None:
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "broken.mp4").write_bytes(b"not a clip")
    (tmp_path / "media" / "astronaut.png").write_bytes((MEDIA / "astronaut.png").read_bytes())
    report = add_person("woman", [tmp_path / "media"], consent=CONSENTS / "single_face.toml", home=tmp_path)
    assert report.crops == 1
    assert any("broken.mp4" in remark for remark in report.remarks)
