"""The teacher: wants to show an interview without the person in it being known; has no actor and no other consent."""

from __future__ import annotations

import hashlib
import shutil

from ground import MEDIA, Ground
from outside import active, broken, copy_streams, has_seal_bytes, look_at_film, read_manifest

TASK = "lends a face that nobody has to the person in an interview, and shows the class what the seal says"


def walk(ground: Ground) -> None:
    """Do the task."""
    interview = ground.folder / "anna.mp4"
    shutil.copy(MEDIA / "single_face.mp4", interview)
    said = ground.bonaface("person", "add", "nobody", "--fictional", "7")
    ground.check("it is said that nobody is shown", "nobody is shown" in said.out)
    said = ground.bonaface("train", "nobody", code=4)
    ground.check("and that nothing is to be learned", "nothing is to be learned" in said.err)
    part = ("--to", "0.5", "--out", "lesson", "--mute")
    said = ground.bonaface("swap", "nobody", interview, "--purpose", "anonymise", *part)
    ground.check("what still shows is said", all(word in said.out for word in ("hair", "place", "voice")))
    made = ground.folder / "lesson" / "anonymous-1.mp4"
    if not ground.check("the result does not bear the interview's name", made.is_file()):
        return
    ground.check("it is silent, as asked", not look_at_film(made).sound)
    content, digest = made.read_bytes(), hashlib.sha256(interview.read_bytes()).hexdigest()
    ground.check("nothing in it names the interview", b"anna" not in content and digest.encode() not in content)
    manifest = read_manifest(made)
    ground.check("the seal is whole", has_seal_bytes(made) and not broken(manifest), broken(manifest))
    whole = active(manifest)
    parents = [one for one in whole.get("ingredients", []) if one.get("relationship") == "parentOf"]
    ground.check("it has no parent", not parents)
    ground.check("it says that the original is not named", "deliberately not named" in str(whole))
    said = ground.bonaface("verify", made)
    ground.check("verify tells the class so", "not named" in said.out and "does not exist" in said.out)
    stripped = copy_streams(made, ground.folder / "stripped.mp4")
    ground.bonaface("verify", stripped, code=4)
