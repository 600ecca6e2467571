"""People from real media: one identity, refusals, growing, and the way out and in."""

from datetime import date, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from bonaface.marking.read import read_seal
from bonaface.media.image import read_image
from bonaface.media.video import VideoReader
from bonaface.people.coverage_sheet import draw_coverage
from bonaface.people.face_set import load_face_set
from bonaface.people.ledger import Ledger
from bonaface.people.store import load_person
from bonaface.terms.errors import ConsentError, MissingFileError, NothingToDoError, SeveralPeopleError, UsageError
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
    assert not (tmp_path / "people" / "man").exists()
    kinds = [(entry.kind, entry.facts["person_id"]) for entry in Ledger(tmp_path).entries() if entry.kind != "release"]
    assert kinds == [("person", report.id), ("forget", report.id)]
    assert Ledger(tmp_path).first_break() is None


def test_the_coverage_picture_leaves_sealed_and_labelled(tmp_path: Path) -> None:
    report = add_person("woman", [MEDIA / "astronaut.png"], consent=CONSENTS / "single_face.toml", home=tmp_path)
    assert report.sheet is not None
    seal = read_seal(report.sheet, home=tmp_path)
    assert (seal.state, seal.signer) == ("whole", "trusted")
    assert not seal.composite, "it shows what was filmed and nothing else"
    drawn = draw_coverage(load_face_set(load_person("woman", tmp_path)), "woman").rgb
    rows, _ = np.nonzero((read_image(report.sheet).rgb != drawn).any(-1))
    assert rows.size > 0, "the label"
    assert rows.min() > drawn.shape[0] - 70, "below all that is to be read"


def test_one_picture_is_enough_and_says_what_to_expect(tmp_path: Path) -> None:
    report = add_person("woman", [MEDIA / "astronaut.png"], consent=CONSENTS / "single_face.toml", home=tmp_path)
    assert (report.crops, sum(map(sum, report.coverage))) == (1, 1)
    assert set(report.seen) == {"expression", "light", "mouth", "eyes"}
    assert "at least 5" in report.advice[0]


def test_media_with_several_people_add_to_the_one_who_is_known(tmp_path: Path) -> None:
    consent = CONSENTS / "single_face.toml"
    woman = np.asarray(Image.open(MEDIA / "astronaut.png").convert("RGB"))[:300]
    with VideoReader(MEDIA / "single_face.mp4") as reader:
        man = next(iter(reader.frames())).rgb[:300]
    Image.fromarray(np.hstack([man, woman[:, ::-1]])).save(tmp_path / "both.png")
    before = add_person("woman", [MEDIA / "astronaut.png"], consent=consent, home=tmp_path)
    after = add_person("woman", [tmp_path / "both.png"], home=tmp_path)
    assert (after.crops, after.dropped["others"], after.id) == (2, 1, before.id)
    faces = load_face_set(load_person("woman", tmp_path))
    assert faces.source.tolist() == [0, 1]
    assert faces.crop(1).shape[0] > 50


def test_media_that_fail_leave_a_known_person_as_it_was(tmp_path: Path) -> None:
    add_person("woman", [MEDIA / "astronaut.png"], consent=CONSENTS / "single_face.toml", home=tmp_path)
    folder = tmp_path / "people" / "woman"
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    Image.new("RGB", (200, 200)).save(tmp_path / "black.png")
    expired = tmp_path / "old.toml"
    text = (CONSENTS / "single_face.toml").read_text()
    expired.write_text(text.replace("2035-12-31", str(date.today() - timedelta(days=1))))
    (tmp_path / "broken.toml").write_text("who = ")
    for error, paths, options in (
        (NothingToDoError, [tmp_path / "black.png"], {}),
        (MissingFileError, [tmp_path / "none.png"], {}),
        (SeveralPeopleError, [MEDIA / "single_face.mp4"], {}),
        (ConsentError, [], {"consent": expired}),
        (ConsentError, [], {"consent": tmp_path / "broken.toml"}),
    ):
        with pytest.raises(error):
            add_person("woman", paths, home=tmp_path, **options)
        assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
        assert list(folder.parent.iterdir()) == [folder]


def test_a_new_consent_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    add_person("woman", [MEDIA / "astronaut.png"], consent=CONSENTS / "single_face.toml", home=tmp_path)
    other = tmp_path / "other.toml"
    other.write_text('who = "A"\nbasis = "agreement"\npurposes = ["film"]\nuntil = 2099-01-01\n')
    report = add_person("woman", [], consent=other, home=tmp_path)
    assert (report.purposes, report.statement) == (("film",), "self-declared: an agreement with the person")
    assert report.crops == 1


@pytest.mark.parametrize("name", ["a/b", "../a", "a.b", "x" * 300, ""])
def test_names_that_could_leave_the_folder_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError):
        add_person(name, [MEDIA / "astronaut.png"], consent=CONSENTS / "single_face.toml", home=tmp_path / "home")
    assert not (tmp_path / "home").exists()


def test_beginning_anew_replaces_the_person_only_when_it_succeeds(tmp_path: Path) -> None:
    consent = CONSENTS / "single_face.toml"
    first = add_person("woman", [MEDIA / "astronaut.png"], consent=consent, home=tmp_path)
    Image.new("RGB", (200, 200)).save(tmp_path / "black.png")
    with pytest.raises(NothingToDoError):
        add_person("woman", [tmp_path / "black.png"], consent=consent, home=tmp_path, force=True)
    assert show_person("woman", tmp_path).id == first.id
    assert add_person("woman", [MEDIA / "astronaut.png"], consent=consent, home=tmp_path, force=True).id != first.id
    assert [path.name for path in (tmp_path / "people").iterdir()] == ["woman"]


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
