"""The fact checker: has a reader's photograph, and a clip that was sent round; must show the desk what was found."""

from __future__ import annotations

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

from ground import MEDIA, Ground
from outside import copy_streams
from PIL import Image

TASK = "checks a reader's photograph, a clip and a folder, and hands a report to the desk"
ANSWERS = {0: "no sign of manipulation", 1: "likely manipulated", 3: "inconclusive"}


def walk(ground: Ground) -> None:
    """Do the task."""
    photograph = ground.folder / "reader.jpg"
    with Image.open(MEDIA / "astronaut.png") as picture:
        picture.convert("RGB").save(photograph, quality=88)
    said = ground.bonaface("check", photograph, "--report", "desk.html", code=_code(ground, photograph))
    answer = ANSWERS[said.code]
    ground.check("the answer is one of three", answer in said.out.lower(), answer)
    ground.check(
        "it never says authentic or a probability", not re.search(r"authentic|probab", said.out, re.IGNORECASE)
    )
    page = ground.folder / "desk.html"
    if not ground.check("the report is there", page.is_file(), page.stat().st_size if page.is_file() else ""):
        return
    _read_report(ground, page, answer)
    _check_a_swap(ground)
    _check_a_folder(ground, photograph)
    said = ground.bonaface("check", "https://example.org/photo.jpg", code=2)
    ground.check("an address gets a sentence on how to save the file", "save the file" in said.err)


def _code(ground: Ground, path: Path) -> int:
    """The code that the file gets: whichever of the three answers it is, both runs must give the same."""
    told = json.loads(ground.run([*ground.program(), "check", str(path), "--jsonl"]).out)
    return int(told["exit_code"])


def _read_report(ground: Ground, page: Path, answer: str) -> None:
    text = page.read_text(encoding="utf-8")
    outside = re.findall(r"""(?:src|href)\s*=\s*["'](https?:[^"']+)""", text)
    ground.check("the report asks nothing of any network", not outside, outside[:2])
    ground.check("it says the verdict", answer in text.lower())
    ground.check("it says what the error rate means", "untouched faces" in text)
    ground.check("it names the sum of the file", re.search(r"\b[0-9a-f]{64}\b", text) is not None)
    frames = list((page.parent / "desk-frames").glob("*.png"))
    ground.check("frames for a reverse image search lie beside it", len(frames) > 0, len(frames))
    parser = _Balanced()
    parser.feed(text)
    ground.check(
        "its pictures have words for those who cannot see them", not parser.without_words, parser.without_words
    )


class _Balanced(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.without_words = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.without_words += tag == "img" and "alt" not in dict(attrs)


def _check_a_swap(ground: Ground) -> None:
    """A sealed swap is known by its seal; without the seal it is examined like any other clip."""
    ground.bonaface("person", "add", "nobody", "--fictional", "3")
    ground.bonaface("swap", "nobody", MEDIA / "single_face.mp4", "--to", "1", "--out", "round")
    sent = next((ground.folder / "round").glob("*.mp4"))
    said = ground.bonaface("check", sent, code=1)
    ground.check("a sealed swap is known by what it declares", "trained algorithm" in said.out)
    stripped = copy_streams(sent, ground.folder / "stripped.mp4")
    told = json.loads(ground.run([*ground.program(), "check", str(stripped), "--jsonl"]).out)
    ground.check("without the seal its faces are examined", bool(told["faces"]), told["verdict"])
    ground.check("and nobody takes the missing seal for evidence", "no evidence" in json.dumps(told["origin"]))


def _check_a_folder(ground: Ground, photograph: Path) -> None:
    folder = ground.folder / "inbox"
    folder.mkdir()
    for number in range(3):
        shutil.copy(photograph, folder / f"{number}.jpg")
    (folder / "broken.jpg").write_bytes(photograph.read_bytes()[:300])
    (folder / "notes.txt").write_text("call the reader back")
    told = ground.run([*ground.program(), "check", str(folder), "--jsonl"])
    lines = [json.loads(line) for line in told.out.splitlines()]
    ground.check("a folder gives a line a file, the broken one too", len(lines) == 4, len(lines))
    broken = [line for line in lines if "error" in line]
    ground.check(
        "which has a reason and stops no other", len(broken) == 1 and "damaged" in broken[0]["error"]["sentence"]
    )
    same = {line["score"] for line in lines if "error" not in line}
    ground.check("the same file gets the same score", len(same) == 1, same)
