"""A person as one file: there and back, and every hostile archive refused without a trace."""

import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import save

from bonaface.people.archive import export_person, import_person
from bonaface.people.store import create_person, load_person
from bonaface.terms.errors import ConsentError, CorruptPersonError, MissingFileError, OutputExistsError


@pytest.fixture
def exported(consent: Path, tmp_path: Path) -> Path:
    with create_person("anna", consent, tmp_path / "home") as draft:
        Image.new("RGB", (30, 20)).save(draft.folder / "crops" / "000000.jpg")
    return export_person(load_person("anna", tmp_path / "home"), tmp_path / "anna.bonaface")


def rebuilt(archive: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The archive with its members changed."""
    with zipfile.ZipFile(archive) as old:
        members = {name: old.read(name) for name in old.namelist()}
    change(members)
    out = archive.with_name("changed.bonaface")
    with zipfile.ZipFile(out, "w") as new:
        for name, content in members.items():
            new.writestr(name, content)
    return out


def test_a_person_comes_back_as_it_was(exported: Path, tmp_path: Path) -> None:
    person = import_person(exported, tmp_path / "other")
    original = load_person("anna", tmp_path / "home")
    assert person.id == original.id
    for path in original.folder.rglob("*"):
        if path.is_file():
            assert (person.folder / path.relative_to(original.folder)).read_bytes() == path.read_bytes()


def test_a_person_who_is_there_is_not_replaced(exported: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputExistsError, match="--name"):
        import_person(exported, tmp_path / "home")
    assert import_person(exported, tmp_path / "home", name="anna 2").name == "anna 2"


def listed(members: dict[str, bytes], name: str, content: bytes) -> None:
    """Add a member and name it in the list, as an attacker would."""
    import hashlib

    manifest = json.loads(members["manifest.json"])
    manifest["files"][name] = hashlib.sha256(content).hexdigest()
    members[name] = content
    members["manifest.json"] = json.dumps(manifest).encode()


@pytest.mark.parametrize(
    "name",
    ["../evil.toml", "/etc/passwd", "crops/../../x.jpg", "run.py", "crops/1.jpg", "C:\\x.jpg", "crops/000001.jpg/x"],
)
def test_files_that_no_person_has_are_refused(exported: Path, tmp_path: Path, name: str) -> None:
    hostile = rebuilt(exported, lambda members: listed(members, name, b"x"))
    with pytest.raises(CorruptPersonError):
        import_person(hostile, tmp_path / "other")
    assert not list((tmp_path / "other").rglob("*.*"))


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m.update({"crops/000000.jpg": b"other"}),
        lambda m: m.pop("manifest.json"),
        lambda m: m.update({"manifest.json": b"{"}),
        lambda m: m.update({"manifest.json": b'{"files": {}, "name": "anna"}'}),
        lambda m: m.pop("consent.toml"),
        lambda m: listed(m, "person.toml", b"id = 1"),
    ],
    ids=["changed crop", "no list", "broken list", "empty list", "no consent", "broken person"],
)
def test_changed_archives_are_refused(
    exported: Path, tmp_path: Path, change: Callable[[dict[str, bytes]], None]
) -> None:
    with pytest.raises(CorruptPersonError):
        import_person(rebuilt(exported, change), tmp_path / "other")


def test_a_changed_consent_is_refused_even_where_the_list_agrees(exported: Path, tmp_path: Path) -> None:
    def change(members: dict[str, bytes]) -> None:
        listed(members, "consent.toml", members["consent.toml"].replace(b"film", b"political"))

    with pytest.raises(ConsentError):
        import_person(rebuilt(exported, change), tmp_path / "other")


def test_an_expired_consent_is_refused_by_the_name_of_the_person(exported: Path, tmp_path: Path) -> None:
    def change(members: dict[str, bytes]) -> None:
        import hashlib

        ended = re.sub(rb"until = .*", b"until = 2020-01-01", members["consent.toml"])
        old = hashlib.sha256(members["consent.toml"]).hexdigest().encode()
        listed(members, "consent.toml", ended)
        listed(members, "person.toml", members["person.toml"].replace(old, hashlib.sha256(ended).hexdigest().encode()))

    with pytest.raises(ConsentError, match="consent of anna ended on 2020-01-01"):
        import_person(rebuilt(exported, change), tmp_path / "other")
    assert not list((tmp_path / "other").rglob("*.*"))


def test_a_bomb_is_refused_before_it_is_unpacked(exported: Path, tmp_path: Path) -> None:
    out = tmp_path / "bomb.bonaface"
    with zipfile.ZipFile(exported) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
        for number in range(20):
            info = zipfile.ZipInfo(f"crops/{number + 1:06d}.jpg")
            new.writestr(info, b"")
            new.filelist[-1].file_size = 1 << 31
    with pytest.raises(CorruptPersonError):
        import_person(out, tmp_path / "other")


def test_a_crop_that_claims_to_be_huge_is_refused(exported: Path, tmp_path: Path) -> None:
    import io

    out = io.BytesIO()
    Image.new("L", (8, 8)).save(out, "JPEG")
    content = bytearray(out.getvalue())
    size = content.index(b"\xff\xc0") + 5  # height and width in the frame's header
    content[size : size + 4] = (30_000).to_bytes(2) * 2
    hostile = rebuilt(exported, lambda members: listed(members, "crops/000001.jpg", bytes(content)))
    with pytest.raises(CorruptPersonError, match="claims more"):
        import_person(hostile, tmp_path / "other")
    assert not list((tmp_path / "other").rglob("*.*"))


def test_a_crop_that_is_no_picture_is_refused(exported: Path, tmp_path: Path) -> None:
    hostile = rebuilt(exported, lambda members: listed(members, "crops/000001.jpg", b"#!/bin/sh"))
    with pytest.raises(CorruptPersonError, match="no picture"):
        import_person(hostile, tmp_path / "other")


@pytest.mark.parametrize("shape", [(3, 400, 3), (4, 478, 3), (3, 478, 3)])
def test_a_face_set_that_does_not_fit_is_refused(exported: Path, tmp_path: Path, shape: tuple[int, ...]) -> None:
    arrays = {name: np.zeros(3, np.float32) for name in ("presence", "times_s", "sharpness", "brightness")}
    arrays |= {"number": np.arange(3), "source": np.zeros(3, np.int64), "embedding": np.zeros(128, np.float32)}
    arrays |= {"blendshapes": np.zeros((3, 52), np.float32), "points": np.full(shape, np.nan, np.float32)}
    hostile = rebuilt(exported, lambda members: listed(members, "face_set.safetensors", save(arrays)))
    with pytest.raises(CorruptPersonError, match="face_set"):
        import_person(hostile, tmp_path / "other")


def test_a_link_is_refused(exported: Path, tmp_path: Path) -> None:
    out = tmp_path / "link.bonaface"
    with zipfile.ZipFile(exported) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            info = zipfile.ZipInfo(name)
            if name == "crops/000000.jpg":
                info.external_attr = 0o120777 << 16
            new.writestr(info, old.read(name))
    with pytest.raises(CorruptPersonError, match="link"):
        import_person(out, tmp_path / "other")


def test_more_files_than_anybody_has_are_refused(exported: Path, tmp_path: Path) -> None:
    out = tmp_path / "many.bonaface"
    with zipfile.ZipFile(exported) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
        for number in range(50_001):
            new.writestr(zipfile.ZipInfo(f"crops/{number + 1:06d}.jpg"), b"")
    with pytest.raises(CorruptPersonError, match="too many"):
        import_person(out, tmp_path / "other")


def test_a_file_that_unpacks_to_more_than_it_claims_is_refused(exported: Path, tmp_path: Path) -> None:
    hostile = tmp_path / "more.bonaface"
    with zipfile.ZipFile(exported) as old, zipfile.ZipFile(hostile, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
        size = len(old.read("person.toml"))
        new.getinfo("person.toml").file_size = size - 5
    with pytest.raises(CorruptPersonError):
        import_person(hostile, tmp_path / "other")


def test_a_truncated_archive_is_refused(exported: Path, tmp_path: Path) -> None:
    content = exported.read_bytes()
    for part in (0, 10, len(content) // 2, len(content) - 5):
        (tmp_path / "cut.bonaface").write_bytes(content[:part])
        with pytest.raises(CorruptPersonError):
            import_person(tmp_path / "cut.bonaface", tmp_path / "other")


def test_no_archive_at_all(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError):
        import_person(tmp_path / "none.bonaface", tmp_path)
    text = tmp_path / "text.bonaface"
    text.write_text("hello")
    with pytest.raises(CorruptPersonError):
        import_person(text, tmp_path)
