"""Files that appear whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from bonaface.media.scratch import atomic_path, check_output
from bonaface.terms.errors import NoSpaceError, OutputExistsError


def test_a_file_appears_whole(tmp_path: Path) -> None:
    with atomic_path(tmp_path / "new" / "a.txt") as draft:
        draft.write_text("whole")
        assert not (tmp_path / "new" / "a.txt").exists()
    assert (tmp_path / "new" / "a.txt").read_text() == "whole"
    assert len(list((tmp_path / "new").iterdir())) == 1


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_what_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path, error: type[BaseException]) -> None:
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(error), atomic_path(tmp_path / "a.txt") as draft:
        draft.write_text("half")
        raise error
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a.txt", "old")]


@pytest.mark.parametrize("name", ["x" * 250 + ".mp4", "\N{GRINNING FACE}" * 60 + ".mp4"])
def test_the_longest_names_work(tmp_path: Path, name: str) -> None:
    with atomic_path(tmp_path / name) as draft:
        draft.write_text("whole")
        assert draft.suffix == ".mp4"
    assert (tmp_path / name).is_file()


def test_a_folder_that_is_a_file_or_closed_is_said(tmp_path: Path) -> None:
    closed = OSError(30, "Read-only file system")
    with pytest.raises(NoSpaceError, match="make room or go elsewhere"), atomic_path(tmp_path / "a.txt"):
        raise closed


def test_the_input_is_never_the_output_not_even_by_another_path(tmp_path: Path) -> None:
    source = tmp_path / "a.mp4"
    source.write_text("precious")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link.mp4").symlink_to(source)
    for output in (source, tmp_path / "folder" / ".." / "a.mp4", tmp_path / "link.mp4"):
        with pytest.raises(OutputExistsError, match="the input itself"):
            check_output(output, [source], force=True)


def test_an_existing_output_needs_force(tmp_path: Path) -> None:
    (tmp_path / "out.mp4").write_text("precious")
    with pytest.raises(OutputExistsError, match="--force"):
        check_output(tmp_path / "out.mp4", [], force=False)
    check_output(tmp_path / "out.mp4", [], force=True)
    check_output(tmp_path / "new.mp4", [], force=False)
