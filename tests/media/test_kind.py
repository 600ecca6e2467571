"""What a file is, by its content; what is taken from folders."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image

from bonaface.media.kind import find_media, kind_of
from bonaface.terms.errors import MissingFileError


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "BMP"])
def test_pictures_are_known_whatever_their_name(tmp_path: Path, kind: str) -> None:
    Image.new("RGB", (20, 20)).save(tmp_path / "clip.mp4", kind)
    assert kind_of(tmp_path / "clip.mp4") == "image"


def test_clips_are_known_whatever_their_name(clips: SimpleNamespace, tmp_path: Path) -> None:
    clips.make(tmp_path / "a.mkv", [0, 40, 80]).rename(tmp_path / "picture.jpg")
    assert kind_of(tmp_path / "picture.jpg") == "video"


def test_folders_are_searched_and_named_files_always_taken(tmp_path: Path) -> None:
    for name in ("b.JPG", "a.png", "deep/er/c.mkv", "notes.txt", "._a.png", ".hidden.mp4"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "folder.mp4").mkdir()
    found = find_media([tmp_path, tmp_path / "notes.txt"])
    assert [path.relative_to(tmp_path).as_posix() for path in found] == ["a.png", "b.JPG", "deep/er/c.mkv", "notes.txt"]


def test_a_path_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="none"):
        find_media([tmp_path / "none"])
