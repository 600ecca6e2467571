"""Which files a call is about: those named, those in folders, those of a list."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from bonaface.media.kind import find_media
from bonaface.terms.errors import MissingFileError, MissingPartError, NothingToDoError, UsageError

_ADDRESS = re.compile(r"^(https?|ftp|rtsp)://", re.IGNORECASE)


def files_of(paths: Sequence[Path | str] | Path | str) -> list[Path]:
    """Return the files to check, in order, each once.

    Raises:
        UsageError: a web address. NothingToDoError: nothing was found.
    """
    listed = [paths] if isinstance(paths, (str, Path)) else list(paths)
    for path in listed:
        if _ADDRESS.match(str(path)):
            raise UsageError(
                f"{path} is an address, and bonaface never goes to the network; save the file in your browser (right "
                "button, save as; for a clip, the site's own download) and name the file."
            )
    files: list[Path] = []
    for path in map(Path, listed):
        files += find_media([path]) if path.is_dir() else [path]
    if not files:
        where = f" in {', '.join(map(str, listed))}" if listed else ""
        raise NothingToDoError(f"No image or video was found{where}; name files to check.")
    return list(dict.fromkeys(files))


def read_list(path: Path) -> list[Path]:
    """Return the paths of a list: lines of text, or the column "path" of a Parquet; relative ones lie beside the list.

    Raises:
        MissingFileError: it is not there. UsageError: it is a Parquet without that column. MissingPartError: a Parquet
        without the extra that reads it.
    """
    if not path.is_file():
        raise MissingFileError(f"{path} does not exist; name a list of files (--list).")
    if path.suffix == ".parquet":
        names = _of_parquet(path)
    else:
        names = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [path.parent / name for name in names]


def _of_parquet(path: Path) -> list[str]:
    try:
        from pyarrow import ArrowInvalid, parquet  # noqa: PLC0415  # an optional extra
    except ImportError as error:
        raise MissingPartError(
            f"{path} is a Parquet, which needs the extra ray (pip install 'bonaface[ray]'); name a text."
        ) from error
    try:
        names: list[str] = parquet.read_table(path, columns=["path"])["path"].to_pylist()
    except (ArrowInvalid, KeyError, OSError) as error:
        raise UsageError(f"{path} is no Parquet with a column named path; write one, or name a text.") from error
    return names
