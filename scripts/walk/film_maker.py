"""The film maker: has clips of an actor and a consent, wants him in a scene with sound; knows the command line."""

from __future__ import annotations

import shutil
from pathlib import Path

from ground import EXAMPLES, MEDIA, Ground
from outside import (
    active,
    add_sound,
    broken,
    copy_streams,
    has_seal_bytes,
    is_run_of,
    look_at_film,
    look_at_picture,
    probe,
    read_manifest,
    sum_of,
)

TASK = "puts an actor into a scene with sound, looks at a preview first, and delivers a part that says what it is"
CLAIMED = "compositeWithTrainedAlgorithmicMedia"
SAID_OF_CONSENT = "consent of the person not documented"


def walk(ground: Ground) -> None:
    """Do the task."""
    material, scene = ground.folder / "material", ground.folder / "scene.mp4"
    material.mkdir()
    shutil.copy(MEDIA / "cap13_edit2.mp4", material / "take-1.mp4")
    add_sound(MEDIA / "single_face.mp4", scene)
    before = sum_of(scene), sum_of(material / "take-1.mp4")
    told = ground.bonaface("--help")
    verbs = ("person", "train", "swap", "verify")
    ground.check("--help names the way: person, train, swap, verify", all(f"  {verb} " in told.out for verb in verbs))
    _person(ground, material)
    _preview(ground, scene)
    _scene(ground, scene)
    _part(ground, scene)
    _seal(ground)
    ground.check("scene and material are as they were", (sum_of(scene), sum_of(material / "take-1.mp4")) == before)


def _person(ground: Ground, material: Path) -> None:
    refused = ground.bonaface("person", "add", "actor", material, code=5)
    ground.check("without a consent file: one sentence that names --consent", "--consent" in refused.err)
    ground.check("and nobody was learned", not (ground.folder / "home" / "people" / "actor").exists())
    consent = ground.folder / "actor.toml"
    shutil.copy(EXAMPLES / "consent" / "cap12.toml", consent)
    said = ground.bonaface("person", "add", "actor", material, "--consent", consent)
    ground.check("what the consent is worth is said", SAID_OF_CONSENT in said.out)
    ground.check("what to do next is said", "bonaface train actor" in said.out)
    ground.bonaface("train", "actor", "--minutes", "1")


def _preview(ground: Ground, scene: Path) -> None:
    ground.bonaface("swap", "actor", scene, "--preview", "--out", "rushes")
    sheet = ground.folder / "rushes" / "scene.actor.preview.png"
    kind, (width, height) = look_at_picture(sheet) if sheet.is_file() else ("missing", (0, 0))
    ground.check(
        "the preview is a PNG of nine frames", kind == "PNG" and width > 1000 and height > 500, f"{width}x{height}"
    )
    ground.check(
        "the preview is sealed", sheet.is_file() and has_seal_bytes(sheet) and not broken(read_manifest(sheet))
    )


def _scene(ground: Ground, scene: Path) -> None:
    ground.bonaface("swap", "actor", scene, "--out", "cut", "--purpose", "art")
    made = ground.folder / "cut" / "scene.actor.mp4"
    target, result = look_at_film(scene), look_at_film(made)
    ground.check("as many frames", result.frames == target.frames, f"{result.frames} of {target.frames}")
    ground.check("the same size", (result.width, result.height) == (target.width, target.height))
    ground.check("every frame stays as long as it was", result.steps_s == target.steps_s)
    ground.check(
        "the sound is the same, packet for packet", result.sound == target.sound, f"{len(target.sound)} packets"
    )
    if probed := probe(made):
        ground.check("ffprobe counts the same", probed.strip().endswith(str(target.frames)), probed.strip())
    again = sum_of(made)
    said = ground.bonaface("swap", "actor", scene, "--out", "cut", code=2)
    ground.check("the same once more: nothing replaced, --force named", sum_of(made) == again and "--force" in said.err)
    refused = ground.bonaface("swap", "actor", scene, "--out", "spot", "--purpose", "political", code=5)
    ground.check("for politics: refused, with what was agreed to", "education" in refused.err)
    ground.check("and nothing was made", not any((ground.folder / "spot").glob("*")))


def _part(ground: Ground, scene: Path) -> None:
    ground.bonaface("swap", "actor", scene, "--from", "0.5", "--to", "1.5", "--out", "part")
    target, result = look_at_film(scene), look_at_film(ground.folder / "part" / "scene.actor.mp4")
    wanted = sum(0.5 <= time < 1.5 for time in target.times_s)
    ground.check("the part has the frames between its ends", result.frames == wanted, f"{result.frames} of {wanted}")
    length_s = float(result.times_s[-1] - result.times_s[0])
    ground.check("and lasts as long", abs(length_s - 1) < 0.1, f"{length_s:.2f} s")
    ground.check(
        "its sound is a run of the scene's packets", bool(result.sound) and is_run_of(result.sound, target.sound)
    )


def _seal(ground: Ground) -> None:
    made = ground.folder / "cut" / "scene.actor.mp4"
    said = ground.bonaface("verify", made)
    ground.check("verify says what the consent is worth", SAID_OF_CONSENT in said.out)
    ground.check("the raw file holds a C2PA box", has_seal_bytes(made))
    manifest = read_manifest(made)
    ground.check("c2pa's own reader finds nothing broken", bool(manifest) and not broken(manifest), broken(manifest))
    whole = str(active(manifest))
    ground.check("it declares a composite with trained media", CLAIMED in whole)
    ground.check("it names tool, purpose and consent", all(w in whole for w in ("bonaface", "'art'", SAID_OF_CONSENT)))
    parents = [one for one in active(manifest).get("ingredients", []) if one.get("relationship") == "parentOf"]
    ground.check("the scene is its parent", len(parents) == 1)
    content = bytearray(made.read_bytes())
    content[len(content) // 2] ^= 0xFF
    altered = ground.folder / "altered.mp4"
    altered.write_bytes(content)
    ground.bonaface("verify", altered, code=1)
    ground.check("c2pa's own reader sees the change too", bool(broken(read_manifest(altered))))
    stripped = copy_streams(made, ground.folder / "stripped.mp4")
    ground.bonaface("verify", stripped, code=4)
    ground.bonaface("verify", made, altered, stripped, code=1)
