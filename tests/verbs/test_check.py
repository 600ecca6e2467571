"""Check as a verb: an answer for every file, whatever it is, and none that stops the others."""

import json
import os
import subprocess
import sys
import zlib
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from PIL import Image

from bonaface.checking.calibration import shipped_calibration
from bonaface.checking.output import finding_as_dict
from bonaface.terms.errors import MissingFileError, NothingToDoError, UsageError
from bonaface.terms.finding import Verdict
from bonaface.verbs.check import ask, check, check_each
from bonaface.verbs.file_list import files_of, read_list


@pytest.fixture
def portrait(media, tmp_path):
    with Image.open(media / "astronaut.png") as picture:
        small = picture.convert("RGB").resize((320, 320))
    small.save(tmp_path / "portrait.png")
    return tmp_path / "portrait.png"


def by_name(findings):
    return {finding.path.name: finding for finding in findings}


def test_a_picture_gets_evidence_of_each_examiner_and_its_error_rate(portrait, home):
    (finding,) = check(portrait, home=home)
    assert finding.verdict in set(Verdict)
    (face,) = finding.faces
    assert {"learned", "artifacts: grain", "artifacts: border"} <= {one.examiner for one in face.evidence}
    calibration = shipped_calibration()
    total = sum(one.weight for one in face.evidence) + calibration.bias
    assert total == pytest.approx(face.score, abs=2e-3)
    said = json.loads(json.dumps(finding_as_dict(finding, calibration)))
    assert said["file"]["path"] == str(portrait)
    assert said["score"] == face.score
    assert said["faces"][0]["error"]["alpha"] == 0.05
    assert len(said["file"]["sha256"]) == 64


def test_a_clip_gets_a_score_over_time_and_evidence_without_weight(media, home, tmp_path):
    clip = tmp_path / "short.mp4"
    with av.open(str(media / "single_face.mp4")) as source, av.open(str(clip), "w") as out:
        stream = out.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None and packet.pts * packet.time_base < 1:
                packet.stream = stream
                out.mux(packet)
    (finding,) = check(clip, home=home, workers=1)
    (face,) = finding.faces
    assert face.first_s == 0
    assert len(face.looks) >= 4
    assert {one.weight for one in face.evidence if one.examiner == "temporal"} == {0.0}
    assert len(finding_as_dict(finding, shipped_calibration())["faces"][0]["scores_over_time"]) == len(face.looks)


@pytest.mark.parametrize(
    ("name", "content", "code", "word"),
    [
        ("empty.jpg", b"", 6, "empty"),
        ("text.png", b"hello, I am no picture at all, and rather short", 6, "damaged"),
        ("cut.jpg", None, 6, "damaged"),
        ("leaves.png", "leaves", 4, "pixels were not examined"),
        ("gone.jpg", "gone", 2, "does not exist"),
        ("sound.m4a", "sound", 6, "no pictures"),
        ("bomb.png", "bomb", 6, "million"),
    ],
)
def test_what_is_no_picture_of_a_face_gets_a_line_with_a_reason(name, content, code, word, portrait, tmp_path, home):
    path = tmp_path / name
    make(path, content, portrait)
    findings = check([path, portrait], home=home)
    assert findings[0].exit_code == code
    told = str(findings[0].error) + " ".join(findings[0].not_examined)
    assert word in told
    assert findings[1].faces  # the next one was examined all the same


def make(path: Path, content, portrait: Path) -> None:
    if content is None:
        with Image.open(portrait) as picture:
            picture.save(path)
        path.write_bytes(path.read_bytes()[:200])
    elif content == "leaves":
        Image.fromarray(np.random.default_rng(1).integers(0, 255, (90, 120, 3), np.uint8)).save(path)
    elif content == "sound":
        with av.open(str(path), "w") as out:
            stream = out.add_stream("aac", rate=8000, layout="mono")
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
            frame.sample_rate = 8000
            out.mux([*stream.encode(frame), *stream.encode(None)])
    elif content == "bomb":
        head = b"IHDR" + (60000).to_bytes(4, "big") * 2 + b"\x08\x02\x00\x00\x00"
        end = b"\x00\x00\x00\x00IEND" + zlib.crc32(b"IEND").to_bytes(4, "big")
        path.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\r" + head + zlib.crc32(head).to_bytes(4, "big") + end)
    elif isinstance(content, bytes):
        path.write_bytes(content)


@pytest.mark.parametrize("kind", ["deep", "cmyk", "turned", "grey", "clear", "wrong ending"])
def test_every_kind_of_picture_shows_the_same_face(kind, portrait, tmp_path, home):
    plain = cv2.imread(str(portrait))
    path = tmp_path / "other.png"
    with Image.open(portrait) as picture:
        if kind == "deep":
            cv2.imwrite(str(path), plain.astype(np.uint16) * 257)
        elif kind == "cmyk":
            path = tmp_path / "other.jpg"
            picture.convert("CMYK").save(path, quality=95)
        elif kind == "turned":
            path = tmp_path / "other.jpg"
            exif = Image.Exif()
            exif[0x0112] = 6
            picture.rotate(90, expand=True).save(path, quality=95, exif=exif)
        elif kind == "grey":
            picture.convert("L").save(path)
        elif kind == "clear":
            picture.convert("RGBA").save(path)
        else:
            path = tmp_path / "other.mp4"
            picture.save(path, "PNG")
    first, other = check([portrait, path], home=home)
    (face,) = other.faces
    np.testing.assert_allclose(face.box_xywh_px, first.faces[0].box_xywh_px, atol=8)


def test_two_hundred_faces_each_get_a_verdict(portrait, tmp_path, home):
    with Image.open(portrait) as picture:
        face = np.asarray(picture)[0:200, 40:240]
    wall = np.tile(cv2.resize(face, (90, 90), interpolation=cv2.INTER_AREA), (10, 20, 1))
    Image.fromarray(wall).save(tmp_path / "wall.png")
    (finding,) = check(tmp_path / "wall.png", home=home)
    assert len(finding.faces) > 150
    assert [face.number for face in finding.faces] == list(range(1, len(finding.faces) + 1))


def test_a_folder_gives_its_media_alone_and_a_loop_of_links_ends(portrait, tmp_path, home):
    folder = tmp_path / "folder"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "one.png").write_bytes(portrait.read_bytes())
    (folder / "notes.txt").write_text("no picture")
    (folder / "deep" / "loop").symlink_to(folder)
    assert [path.name for path in files_of(folder)] == ["one.png"]
    locked = folder / "locked.png"
    locked.write_bytes(portrait.read_bytes())
    locked.chmod(0)
    findings = by_name(check(folder, home=home))
    assert findings["one.png"].faces
    if os.geteuid():  # root may read everything
        assert "rights" in str(findings["locked.png"].error)


@pytest.mark.parametrize("address", ["https://example.org/a.jpg", "http://x.org/b.mp4"])
def test_an_address_gets_a_sentence_on_how_to_save_the_file(address):
    with pytest.raises(UsageError, match="save the file in your browser"):
        files_of([address])


def test_wrong_questions_are_refused(portrait, tmp_path, home):
    with pytest.raises(UsageError, match="error rate"):
        ask(0.9)
    with pytest.raises(NothingToDoError, match="No image or video"):
        (tmp_path / "nothing").mkdir()
        files_of(tmp_path / "nothing")
    Image.fromarray(np.full((80, 80, 3), 90, np.uint8)).save(tmp_path / "flat.png")
    with pytest.raises(NothingToDoError, match="shows no face"):
        ask(reference=tmp_path / "flat.png")
    with pytest.raises(UsageError, match="belongs to one file"):
        check([portrait, tmp_path / "flat.png"], original=portrait, home=home)
    with pytest.raises(MissingFileError, match="list of files"):
        read_list(tmp_path / "gone.txt")


def test_a_list_names_files_beside_it(portrait, tmp_path):
    (tmp_path / "list.txt").write_text("portrait.png\n\n")
    assert read_list(tmp_path / "list.txt") == [portrait]


def test_a_reference_says_whether_it_is_the_same_person(portrait, media, home):
    (same,) = check(portrait, reference=media / "astronaut.png", home=home)
    (other,) = check(portrait, reference=media / "single_face.mp4", home=home)
    likeness = [
        next(one.value for one in finding.faces[0].evidence if one.examiner == "reference") for finding in (same, other)
    ]
    assert likeness[0] > 0.8
    assert likeness[1] < 0.363


def test_the_difference_to_the_original_lies_where_it_was_changed(portrait, tmp_path, home):
    changed = cv2.imread(str(portrait))
    before = check(portrait, home=home)[0].faces[0].box_xywh_px
    left, top, wide, high = before
    part = changed[top : top + high, left : left + wide]
    part[:] = cv2.GaussianBlur(part, (0, 0), 4)
    cv2.imwrite(str(tmp_path / "changed.png"), changed)
    (finding,) = check(tmp_path / "changed.png", original=portrait, home=home)
    inside = finding.difference[top : top + high, left : left + wide]
    assert inside.mean() > 3 * finding.difference.mean()
    assert "original" in {one.examiner for one in finding.origin}
    Image.fromarray(np.random.default_rng(3).integers(0, 255, (300, 300, 3), np.uint8)).save(tmp_path / "other.png")
    (other,) = check(portrait, original=tmp_path / "other.png", home=home)
    assert "in common" in str(other.error)


def test_a_seal_of_ours_is_an_answer_by_itself(media, home, tmp_path, swap_one, portrait):
    sealed = swap_one("man", portrait).output
    (finding,) = check(sealed, home=home)
    assert finding.verdict is Verdict.MANIPULATED
    assert any("trained algorithm" in one.finding for one in finding.origin)
    with Image.open(sealed) as picture:
        picture.save(tmp_path / "stripped.png")
    (stripped,) = check(tmp_path / "stripped.png", home=home)
    assert any("no evidence" in one.finding for one in stripped.origin)


def test_findings_come_one_by_one_and_few_files_are_held(portrait, home):
    asked = []

    def many():
        for number in range(40):
            asked.append(number)
            yield portrait

    found = check_each(many(), ask(home=home), workers=2)
    next(found)
    assert len(asked) <= 6
    found.close()


def test_it_runs_without_torch(portrait, home):
    code = "import sys; sys.modules['torch'] = None; from bonaface.verbs.check import check; check(sys.argv[1])"
    subprocess.run([sys.executable, "-c", code, str(portrait)], check=True, timeout=60, capture_output=True)
