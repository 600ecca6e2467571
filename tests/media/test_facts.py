"""What a file says of its own past."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from bonaface.media.facts import file_facts
from bonaface.terms.errors import MissingFileError, UnreadableMediaError

MEDIA = Path(__file__).parents[2] / "examples" / "media"


@pytest.fixture
def picture():
    return Image.fromarray(np.random.default_rng(1).integers(0, 255, (64, 48, 3), np.uint8))


@pytest.mark.parametrize("quality", [20, 50, 75, 92])
def test_the_quality_of_a_jpeg_is_read_from_its_tables(picture, tmp_path, quality):
    picture.save(tmp_path / "a.jpg", quality=quality)
    facts = file_facts(tmp_path / "a.jpg")
    assert facts["compression"] == f"JPEG quality about {quality}"
    assert facts["size"] == "48x64"


def test_camera_software_and_time_are_told(picture, tmp_path):
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0131] = "Maker", "Model 3", "Editor 2"
    exif.get_ifd(0x8769)[0x9003] = "2026:01:02 03:04:05"
    picture.save(tmp_path / "a.jpg", exif=exif)
    facts = file_facts(tmp_path / "a.jpg")
    assert (facts["camera"], facts["software"], facts["taken"]) == ("Maker Model 3", "Editor 2", "2026:01:02 03:04:05")


def test_a_makers_text_a_screens_size_and_a_declared_type_are_noticed(picture, tmp_path):
    info = PngInfo()
    info.add_text("parameters", "a face, photograph")
    picture.save(tmp_path / "a.png", pnginfo=info)
    assert "parameters" in file_facts(tmp_path / "a.png")["note"]
    picture.resize((1080, 2400)).save(tmp_path / "b.png")
    assert "screenshot" in file_facts(tmp_path / "b.png")["screen"]
    kind = b"http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
    xmp = b'<rdf:Description Iptc4xmpExt:DigitalSourceType="' + kind + b'"/>'
    picture.save(tmp_path / "c.jpg", xmp=xmp)
    assert file_facts(tmp_path / "c.jpg")["declared source type"] == "trainedAlgorithmicMedia"


def test_a_clip_tells_codec_length_and_who_wrote_it():
    facts = file_facts(MEDIA / "single_face.mp4")
    assert facts["codec"] == "h264"
    assert float(facts["duration"].removesuffix(" s")) == pytest.approx(2.4, abs=0.2)
    assert "not the camera's own" in facts["history"]


def test_what_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(MissingFileError):
        file_facts(tmp_path / "gone.jpg")
    (tmp_path / "cut.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(UnreadableMediaError, match="damaged"):
        file_facts(tmp_path / "cut.png")
