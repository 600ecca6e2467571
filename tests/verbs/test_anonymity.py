"""A face lent to a witness: covered in every frame, told by no frame, and nothing of the original in the file."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from c2pa import Reader
from PIL import Image

from bonaface.faces.embed import Embedder
from bonaface.faces.track import FaceTracker
from bonaface.marking.read import read_seal
from bonaface.media.image import read_image
from bonaface.people.ledger import Ledger
from bonaface.terms.errors import ConsentError, RefusedError
from bonaface.terms.face import Face, TrackedFrame
from bonaface.terms.picture import Frame
from bonaface.verbs.anonymity import STRANGERS_MATCH, AnonymousStage, find_gaps
from bonaface.verbs.hide import hide_head
from bonaface.verbs.person import add_person
from bonaface.verbs.stage import Role
from bonaface.verbs.swap import find_targets, swap
from bonaface.verbs.task import Swapped

WITNESS = Path(__file__).parents[2] / "examples" / "media" / "astronaut.png"


class Unchanged:
    """A renderer that fails in its work: the witness's own face stays."""

    def render(self, rgb: np.ndarray, points: np.ndarray, covers: Any = None) -> tuple[np.ndarray, np.ndarray]:
        return rgb, np.zeros(rgb.shape[:2], np.uint8)

    def restart(self) -> None:
        pass


@pytest.fixture(scope="module")
def lender(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lender")
    add_person("nobody", [], fictional=7, home=folder)
    return folder


@pytest.fixture(scope="module")
def witness() -> tuple[np.ndarray, Face]:
    rgb = read_image(WITNESS).rgb[:320]
    return rgb, FaceTracker(smooth=False).step(Frame(0, 0, Fraction(0), rgb)).faces[0]


def lend(home: Path, target: Path, out: Path, **options: Any) -> Swapped:
    (outcome,) = swap("nobody", [target], out=out, purpose="anonymise", home=home, **options)
    if outcome.error is not None:
        raise outcome.error
    assert outcome.swapped is not None
    return outcome.swapped


def manifest_of(path: Path, kind: str) -> str:
    with path.open("rb") as file, Reader(kind, file) as reader:
        return json.dumps(json.loads(reader.json()))


def stage_of(face: Face, embedding: np.ndarray, **options: Any) -> AnonymousStage:
    roles = {face.track: Role(Unchanged())}  # type: ignore[arg-type]
    return AnonymousStage(roles, Fraction(0), witnesses=embedding[None], **options)


def test_a_picture_names_nothing_of_its_original(lender: Path, tmp_path: Path) -> None:
    target = tmp_path / "anna-schmidt.jpg"
    exif = Image.Exif()
    exif[0x010F], exif[0x0132] = "Maker of the camera", "2020:01:02 03:04:05"
    Image.open(WITNESS).convert("RGB").crop((0, 0, 512, 320)).save(target, exif=exif, quality=95)
    made = lend(lender, target, tmp_path)
    assert made.output == tmp_path / "anonymous-1.jpg"
    assert any("hair" in remark and "place" in remark for remark in made.remarks)
    content, digest = made.output.read_bytes(), hashlib.sha256(target.read_bytes()).hexdigest()
    for trace in (b"anna", b"Maker of", b"2020:01", b"astronaut", digest.encode()):
        assert trace not in content
    with Image.open(made.output) as image:
        assert not image.getexif()
    manifest = manifest_of(made.output, "image/jpeg")
    assert "parentOf" not in manifest
    assert digest not in manifest
    seal = read_seal(made.output, home=lender)
    assert (seal.state, seal.purpose, seal.target_sha256) == ("whole", "anonymise", "")
    assert any("deliberately not named" in sentence for sentence in seal.sentences())
    assert digest not in json.dumps([entry.facts for entry in Ledger(lender).entries()])
    assert lend(lender, target, tmp_path).output == tmp_path / "anonymous-2.jpg"
    assert find_targets([tmp_path], "nobody") == [target]


def test_the_witness_is_not_told_from_the_picture(
    lender: Path, tmp_path: Path, witness: tuple[np.ndarray, Face]
) -> None:
    rgb, face = witness
    made = read_image(lend(lender, WITNESS, tmp_path).output).rgb[:320]
    embedder = Embedder()
    assert embedder.embed(made, face.points) @ embedder.embed(rgb, face.points) < STRANGERS_MATCH


def test_a_clip_keeps_its_sound_or_not_and_no_name(
    lender: Path, tmp_path: Path, read_frames: Callable[..., Any], media: Path
) -> None:
    frames = [frame[:224, 90:430] for frame in read_frames(media / "single_face.mp4", 0, 5)]
    target = tmp_path / "anna.mp4"
    with av.open(str(target), "w") as container:
        container.metadata["title"], container.metadata["location"] = "Anna at home", "+48.1+11.5/"
        picture, sound = container.add_stream("libx264", rate=Fraction(30)), container.add_stream("mp2", rate=44100)
        picture.height, picture.width, picture.pix_fmt = *frames[0].shape[:2], "yuv420p"
        for rgb in frames:
            shown = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
            container.mux(picture.encode(shown))
        container.mux(picture.encode(None))
        tone = av.AudioFrame.from_ndarray(np.zeros((1, 2 * 6912), np.int16), format="s16", layout="stereo")
        tone.sample_rate = 44100
        container.mux([*sound.encode(tone), *sound.encode(None)])
    made = lend(lender, target, tmp_path / "out")
    with av.open(str(made.output)) as container:
        assert [stream.codec_context.name for stream in container.streams.audio] == ["aac"]
    content = made.output.read_bytes()
    assert made.output.name == "anonymous-1.mp4"
    for trace in (b"Anna at", b"+48.1", b"anna", hashlib.sha256(target.read_bytes()).hexdigest().encode()):
        assert trace not in content
    assert "parentOf" not in manifest_of(made.output, "video/mp4")
    assert (made.frames, made.swapped) == (5, 5)
    muted = lend(lender, target, tmp_path / "out", mute=True)
    with av.open(str(muted.output)) as container:
        assert not container.streams.audio
    assert not any((lender / "unfinished").iterdir())


def test_only_who_does_not_exist_is_lent(home: Path, tmp_path: Path) -> None:
    with pytest.raises(ConsentError, match=r"anonymise|--fictional"):
        swap("woman", [WITNESS], out=tmp_path, purpose="anonymise", home=home)
    assert not list(tmp_path.iterdir())


def test_a_face_that_is_still_told_is_hidden(witness: tuple[np.ndarray, Face]) -> None:
    rgb, face = witness
    embedder = Embedder()
    own = embedder.embed(rgb, face.points)
    stage = stage_of(face, own)
    played = stage.play(rgb, TrackedFrame(0, (face,)), Fraction(0))
    assert embedder.embed(played.rgb, face.points) @ own < STRANGERS_MATCH
    assert stage.tally.hidden == 1


def test_a_face_that_the_mesh_missed_is_hidden(witness: tuple[np.ndarray, Face]) -> None:
    rgb, face = witness
    own = Embedder().embed(rgb, face.points)
    stage = stage_of(face, own)
    played = stage.play(rgb, TrackedFrame(3, ()), Fraction(0))
    x, y = face.points[4, :2].round().astype(int)
    assert played.changed is not None
    assert played.changed[y, x] == 255
    assert Embedder().embed(played.rgb, face.points) @ own < STRANGERS_MATCH
    assert stage.tally.hidden == 1


def test_somebody_elses_face_is_left_alone(witness: tuple[np.ndarray, Face]) -> None:
    rgb, face = witness
    stage = stage_of(face, Embedder().embed(rgb, face.points))
    other = replace(face, track=face.track + 1)
    assert np.array_equal(stage.play(rgb, TrackedFrame(0, (other,)), Fraction(0)).rgb, rgb)


def test_a_face_that_no_cover_hides_is_refused_by_its_frame(
    witness: tuple[np.ndarray, Face], monkeypatch: pytest.MonkeyPatch
) -> None:
    rgb, face = witness
    monkeypatch.setattr("bonaface.verbs.anonymity.STRANGERS_MATCH", -1.0)  # so strict that a grey disc is somebody
    stage = stage_of(face, Embedder().embed(rgb, face.points))
    with pytest.raises(RefusedError, match=r"Frame 12 at 0\.40 s"):
        stage.play(rgb, TrackedFrame(12, (face,)), Fraction(2, 5))


def test_gaps_between_two_sightings_of_a_shot_are_known(witness: tuple[np.ndarray, Face]) -> None:
    _, face = witness
    moved = replace(face, points=face.points + 10)
    frames = [TrackedFrame(0, (face,)), TrackedFrame(1, ()), TrackedFrame(2, (moved,)), TrackedFrame(3, ())]
    frames += [TrackedFrame(4, (), cut=True), TrackedFrame(5, (face,))]
    gaps = find_gaps(frames, [face.track])
    assert list(gaps) == [1]
    assert np.allclose(gaps[1][0], face.points + 5, atol=1e-3)


def test_a_head_is_hidden_beyond_its_face() -> None:
    rgb = np.random.default_rng(0).integers(0, 65535, (120, 120, 3), np.uint16)
    box = np.array([40, 40, 40, 40], np.float32)
    out, mask = hide_head(rgb, box, 1)
    assert out.dtype == np.uint16
    assert mask[60, 60] == mask[30, 60] == 255
    assert mask[5, 5] == 0
    assert len(np.unique(out[mask > 0], axis=0)) == 1
    assert np.array_equal(out[mask == 0], rgb[mask == 0])
