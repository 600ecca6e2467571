"""The programmer: reads docs/api.md, writes a small typed script for a batch of pictures, and expects no surprises."""

from __future__ import annotations

import json
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

from ground import EXAMPLES, MEDIA, Ground
from outside import active, broken, has_seal_bytes, look_at_picture, read_manifest, sum_of

TASK = "swaps a person into a batch of pictures from Python, one of them broken, and handles what comes"
SCRIPT = Path(__file__).with_name("programmer_script.txt")


def walk(ground: Ground) -> None:
    """Do the task."""
    batch = ground.folder / "batch"
    batch.mkdir()
    for name in ("joconde.jpg", "astronaut.png"):
        shutil.copy(MEDIA / name, batch / name)
    (batch / "broken.jpg").write_bytes((MEDIA / "joconde.jpg").read_bytes()[:2000])
    shutil.copy(MEDIA / "single_face.mp4", ground.folder / "person.mp4")
    shutil.copy(EXAMPLES / "consent" / "single_face.toml", ground.folder / "consent.toml")
    before = {path.name: sum_of(path) for path in batch.iterdir()}
    script = ground.folder / "batch.py"
    shutil.copy(SCRIPT, script)
    if find_spec("mypy") is not None:
        typed = ground.run([sys.executable, "-m", "mypy", "--strict", "--cache-dir=/dev/null", str(script)])
        ground.check("mypy --strict finds no fault in the script", typed.code == 0, typed.out.strip().splitlines()[-1])
    said = ground.python(script)
    ground.check("the script runs, warnings being errors", said.code == 0, said.err[-300:] if said.code else "")
    told = json.loads(said.out.splitlines()[-1])
    _light(ground)
    _judge(ground, told, before)


def _light(ground: Ground) -> None:
    heavy = "import sys, bonaface; print(sorted({'torch', 'cv2', 'onnxruntime', 'av'} & set(sys.modules)))"
    loaded = ground.run([sys.executable, "-c", heavy]).out.strip()
    ground.check("import bonaface loads nothing heavy", loaded == "[]", loaded)


def _judge(ground: Ground, told: dict[str, object], before: dict[str, str]) -> None:
    batch, made = ground.folder / "batch", ground.folder / "made"
    outcomes = told["outcomes"]
    wanted = {"joconde.jpg": None, "astronaut.png": None, "broken.jpg": "UnreadableMediaError"}
    ground.check("the broken file failed by its name, the others went on", outcomes == wanted, outcomes)
    for name, result in (("joconde.jpg", "joconde.person.jpg"), ("astronaut.png", "astronaut.person.png")):
        ground.check(
            f"{result}: type and size of the original", look_at_picture(made / result) == look_at_picture(batch / name)
        )
        manifest = read_manifest(made / result)
        ground.check(
            f"{result}: sealed, nothing broken",
            has_seal_bytes(made / result) and bool(manifest) and not broken(manifest),
        )
        ground.check(f"{result}: names the purpose", "'education'" in str(active(manifest)))
    ground.check(
        "no trace of the broken one",
        sorted(p.name for p in made.iterdir()) == ["astronaut.person.png", "joconde.person.jpg"],
    )
    ground.check("verify agrees from Python", told["states"] == ["whole", "whole"], told["states"])
    ground.check(
        "a purpose that was not agreed to raises ConsentError, a PermissionError", told["refused"] == "ConsentError"
    )
    ground.check("the ledger knows what was done and is whole", told["ledger"] == [True, None], told["ledger"])
    ground.check("progress was told", bool(told["steps"]))
    ground.check("the batch is as it was", {path.name: sum_of(path) for path in batch.iterdir()} == before)
