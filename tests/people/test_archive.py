"""A person as one file: there and back, and every hostile archive refused without a trace."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from bonaface.people.archive import export_person, import_person
from bonaface.people.store import create_person, load_person
from bonaface.terms.errors import ConsentError, CorruptPersonError, MissingFileError, OutputExistsError


@pytest.fixture
def exported(consent: Path, tmp_path: Path) -> Path:
    with create_person("anna", consent, tmp_path / "home") as draft:
        (draft.folder / "crops" / "000000.jpg").write_bytes(b"\xff\xd8 not quite a picture")
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


def test_no_archive_at_all(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError):
        import_person(tmp_path / "none.bonaface", tmp_path)
    text = tmp_path / "text.bonaface"
    text.write_text("hello")
    with pytest.raises(CorruptPersonError):
        import_person(text, tmp_path)
