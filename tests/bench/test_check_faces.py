"""One file as it is seen: faces found or not, timed, cut for others, and what it might be told apart by."""

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from bonaface.bench.check_damage import DAMAGES
from bonaface.bench.check_faces import Observer, Seen, cut_out, worst
from bonaface.bench.check_index import Item, Shelf
from bonaface.checking.calibration import shipped_calibration
from bonaface.checking.sight import look_at
from bonaface.media.image import read_image
from bonaface.terms.finding import Quality, Verdict

ASTRONAUT = Path(__file__).parents[2] / "examples" / "media" / "astronaut.png"


@pytest.fixture(scope="module")
def face():
    """A picture of one face, 200 pixels wide, with some of what is around it."""
    return np.ascontiguousarray(read_image(ASTRONAUT).rgb[10:210, 124:324])


@pytest.fixture(scope="module")
def shelf():
    with Shelf() as opened:
        yield opened


@pytest.fixture(scope="module")
def observer(shelf):
    return Observer(shipped_calibration(), shelf, 0.05)


def saved(path, rgb8, **options):
    Image.fromarray(rgb8).save(path, **options)
    return Item(path.name, False, path)


def test_a_face_has_a_score_a_quality_a_tone_and_times(observer, face, tmp_path):
    item = saved(tmp_path / "a.jpg", face, quality=80)
    seen, crops = observer.see(item, crops=True)
    assert np.isfinite(seen.score)
    assert seen.verdict is not None
    assert seen.looks == 1
    assert 60 < seen.quality.face_px < 160
    assert -60 < seen.ita_deg < 80
    assert set(seen.seconds) == {"decode", "find", "examine"}
    assert min(seen.seconds.values()) > 0
    assert seen.cheap.jpeg_quality == 80
    assert seen.cheap.size == item.path.stat().st_size
    assert [len(each) for each in crops] == [1]
    found = crops[0][0]
    place = cv2.matchTemplate(read_image(item.path).rgb, found, cv2.TM_SQDIFF)
    assert place.min() < 1e-3 * found.size  # pixels of the picture as they are
    assert observer.see(item)[1] == []


def test_one_cut_to_the_edge_is_found_and_its_points_are_the_pictures_own(observer, face, tmp_path):
    tight = face[75:138, 76:130]
    tight = cv2.resize(tight, (200, 233), interpolation=cv2.INTER_CUBIC)
    seen, crops = observer.see(saved(tmp_path / "tight.png", tight), crops=True)
    assert seen.looks == 1
    assert seen.quality.face_px > 200  # eyes and mouth reach to the edges
    assert crops[0][0].shape == tight.shape  # clipped where the picture ends, nothing reflected


def test_no_face_is_a_result_and_an_unreadable_file_an_error(observer, tmp_path):
    seen, crops = observer.see(saved(tmp_path / "grey.png", np.full((90, 120, 3), 128, np.uint8)), crops=True)
    assert (seen.verdict, seen.faces, seen.error, crops) == (None, (), "", [])
    assert np.isnan(seen.score)
    assert seen.cheap.brightness == 128
    (tmp_path / "bad.jpg").write_bytes(b"\xff\xd8\xff but no more")
    seen, crops = observer.see(Item("bad.jpg", True, tmp_path / "bad.jpg"), crops=True)
    assert "bad.jpg" in seen.error
    assert seen.verdict is None


def test_a_picture_in_a_zip_is_seen_as_the_file_is(observer, face, tmp_path):
    import zipfile

    item = saved(tmp_path / "a.png", face)
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.write(item.path, "inside/a.png")
        archive.writestr("bad.png", b"none")
    inside, _ = observer.see(Item("a", False, tmp_path / "all.zip", "inside/a.png"))
    outside, _ = observer.see(item)
    assert inside.score == outside.score
    assert inside.cheap == outside.cheap
    assert "no picture that can be read" in observer.see(Item("bad", False, tmp_path / "all.zip", "bad.png"))[0].error


def test_damage_comes_before_everything_but_the_file_is_still_the_file(observer, shelf, face, tmp_path):
    item = saved(tmp_path / "a.jpg", face, quality=90)
    plain, _ = observer.see(item)
    seen, _ = Observer(shipped_calibration(), shelf, 0.05, DAMAGES["half"]).see(item)
    assert seen.quality.face_px == pytest.approx(plain.quality.face_px / 2, rel=0.1)
    assert (seen.cheap.size, seen.cheap.jpeg_quality) == (plain.cheap.size, 90)
    by_hand = saved(tmp_path / "half.png", DAMAGES["half"](read_image(item.path).rgb))
    assert seen.score == pytest.approx(observer.see(by_hand)[0].score, abs=1e-3)


def test_a_clip_is_seen_as_one_and_cut_where_it_was_looked_at(observer, face, tmp_path, clip_of):
    frames = [np.roll(face, k, axis=1) for k in range(12)]
    item = Item("a.mp4", True, clip_of(tmp_path / "a.mp4", frames))
    seen, crops = observer.see(item, crops=True)
    assert seen.error == ""
    assert len(seen.faces) == 1
    assert seen.looks == len(crops[0]) >= 2
    assert all(crop.shape[0] > 60 for crop in crops[0])
    assert seen.cheap.size == pytest.approx(item.path.stat().st_size / 12)


def test_what_is_cut_stays_inside_the_picture():
    picture = np.arange(60 * 80 * 3, dtype=np.uint8).reshape(60, 80, 3)
    five = np.array([[2, 10], [20, 10], [11, 20], [5, 30], [18, 30]], np.float32)
    for shift in (0, 50):
        part = cut_out(picture, look_at(picture, five + np.float32([shift, 0])))
        assert 0 < part.shape[0] <= 60
        assert 0 < part.shape[1] < 80


def test_the_highest_face_decides_and_the_worst_verdict_counts():
    item = Item("a", False, Path("a"))
    low, high = Quality(100, -3, 90), Quality(200, -2, 120)
    seen = Seen(item, ((-1.0, low), (2.0, high)))
    assert seen.score == 2.0
    assert seen.quality is high
    assert worst({Verdict.NO_SIGN, Verdict.INCONCLUSIVE}) is Verdict.INCONCLUSIVE
    assert worst(set(Verdict)) is Verdict.MANIPULATED
    assert worst(set()) is None


def test_the_quality_of_a_jpeg_is_read_from_its_file(observer, tmp_path):
    grey = np.full((64, 64, 3), 128, np.uint8)
    for quality in (30, 60, 95):
        held = io.BytesIO()
        Image.fromarray(grey).save(held, "JPEG", quality=quality)
        (tmp_path / "a.jpg").write_bytes(held.getvalue())
        assert observer.see(Item("a", False, tmp_path / "a.jpg"))[0].cheap.jpeg_quality == quality
