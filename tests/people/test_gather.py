"""Gathering one person from real media: what is kept, what is left out and why, and how little is held at once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from PIL import Image

from bonaface.media.video import VideoReader
from bonaface.people.gather import Dropped, gather_faces
from bonaface.terms.errors import NothingToDoError, SeveralPeopleError
from bonaface.terms.progress import Step

MEDIA = Path(__file__).parents[2] / "examples" / "media"
SHARED = Path(os.environ.get("BONAFACE_SHARED", Path(__file__).parents[2].parent / "shared"))


@pytest.fixture(scope="module")
def man() -> list[np.ndarray]:
    """Five moments of one man, half a second apart."""
    with VideoReader(MEDIA / "single_face.mp4") as reader:
        return [frame.rgb for frame in reader.frames() if frame.index % 14 == 0][:5]


@pytest.fixture
def crops(tmp_path: Path) -> Path:
    (tmp_path / "crops").mkdir()
    return tmp_path / "crops"


def save_all(pictures: list[np.ndarray], folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for k, picture in enumerate(pictures):
        Image.fromarray(picture).save(folder / f"{k}.png")
    return folder


def save_clip(frames: Iterator[np.ndarray] | list[np.ndarray], path: Path) -> Path:
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25, options={"crf": "12", "preset": "ultrafast"})
        stream.width, stream.height = 640, 360
        for picture in frames:
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
        out.mux(stream.encode(None))
    return path


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_five_pictures_in_nested_folders_are_enough(man: list[np.ndarray], crops: Path, tmp_path: Path) -> None:
    save_all(man[:2], tmp_path / "media")
    save_all(man[2:], tmp_path / "media" / "2024" / "summer")
    (tmp_path / "media" / "notes.txt").write_text("hello")
    (tmp_path / "media" / "._0.png").write_bytes(b"what macOS leaves behind")
    faces, dropped = gather_faces([tmp_path / "media"], crops)
    assert len(faces) == 5
    assert asdict(dropped) == asdict(Dropped())
    assert files_in(crops) == [f"{k:06d}.jpg" for k in range(5)]
    assert faces.source.tolist() == [0, 1, 2, 3, 4]
    assert np.linalg.norm(faces.embedding) == pytest.approx(1, abs=1e-4)


def test_one_picture_given_again_is_dropped_and_counted(man: list[np.ndarray], crops: Path, tmp_path: Path) -> None:
    folder = save_all([man[0], man[0], man[3]], tmp_path / "media")
    Image.fromarray(man[0]).save(folder / "again.jpg", quality=95)
    faces, dropped = gather_faces([folder, folder / "0.png"], crops)
    assert len(faces) == 2
    assert dropped.duplicates == 3
    assert len(files_in(crops)) == 2


def test_a_clip_that_stands_still_is_one_picture(man: list[np.ndarray], crops: Path, tmp_path: Path) -> None:
    faces, dropped = gather_faces([save_clip([man[0]] * 20, tmp_path / "still.mp4")], crops)
    assert len(faces) <= 2
    assert len(faces) + dropped.duplicates == 20


def test_blurred_pictures_are_dropped_and_counted(man: list[np.ndarray], crops: Path, tmp_path: Path) -> None:
    blurred = [cv2.GaussianBlur(picture, (0, 0), 7) for picture in man[:2]]
    faces, dropped = gather_faces([save_all([*man, *blurred], tmp_path / "media")], crops)
    assert len(faces) == 5
    assert dropped.blurred == 2


def test_faces_behind_a_hand_are_dropped_and_counted(crops: Path, tmp_path: Path) -> None:
    with VideoReader(MEDIA / "WolfgangLanger_Pexels.mp4") as reader:
        clip = save_clip((f.rgb for f in reader.frames(Fraction(2), Fraction(17, 5))), tmp_path / "hand.mp4")
    faces, dropped = gather_faces([clip], crops)
    assert dropped.covered >= 10
    assert 5 <= len(faces) < 34


def test_the_most_varied_are_kept_and_little_is_held_on_the_way(crops: Path) -> None:
    most, held = 10, []

    def count(step: Step) -> None:
        held.append(len(files_in(crops)))

    clip = MEDIA / "single_face.mp4"
    faces, dropped = gather_faces([clip, clip], crops, most=most, progress=count)
    assert len(faces) == most
    assert len(files_in(crops)) == most
    assert dropped.duplicates + dropped.alike == 2 * 72 - most
    assert max(held) <= 3 * most + 20


def test_two_people_are_asked_about_and_a_reference_picks(man: list[np.ndarray], crops: Path, tmp_path: Path) -> None:
    woman = np.asarray(Image.open(MEDIA / "astronaut.png").convert("RGB"))[:300]
    scale = woman.shape[0] / man[0].shape[0]
    both = np.hstack([woman, cv2.resize(man[0], None, fx=scale, fy=scale)[: woman.shape[0]]])
    save_all([both], tmp_path / "media")
    with pytest.raises(SeveralPeopleError) as caught:
        gather_faces([tmp_path / "media"], crops)
    assert len(caught.value.candidates) == 2
    Image.fromarray(man[2]).save(tmp_path / "who.png")
    faces, dropped = gather_faces([tmp_path / "media"], crops, reference=tmp_path / "who.png")
    assert len(faces) == 1
    assert dropped.others == 1
    assert faces.points[0, 1, 0] < both.shape[1], "in the crop's own pixels"


def test_a_reference_without_a_face_is_refused(man: list[np.ndarray], crops: Path, tmp_path: Path) -> None:
    folder = save_all(man[:1], tmp_path / "media")
    Image.new("RGB", (200, 200)).save(tmp_path / "black.png")
    with pytest.raises(NothingToDoError, match="--reference"):
        gather_faces([folder], crops, reference=tmp_path / "black.png")


def test_a_truncated_clip_gives_what_is_there_and_says_so(crops: Path, tmp_path: Path) -> None:
    with av.open(str(MEDIA / "single_face.mp4")) as old, av.open(str(tmp_path / "cut.mkv"), "w") as out:
        stream = out.add_stream_from_template(old.streams.video[0])
        for packet in old.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                out.mux(packet)
    content = (tmp_path / "cut.mkv").read_bytes()
    (tmp_path / "cut.mkv").write_bytes(content[: len(content) // 2])
    faces, dropped = gather_faces([tmp_path / "cut.mkv"], crops)
    assert 10 < len(faces) < 70
    assert any("cut.mkv breaks off" in remark for remark in dropped.unreadable)


def test_faces_from_the_side_alone_are_refused(crops: Path) -> None:
    profile = SHARED / "media" / "fictional" / "f077.jpg"
    if not profile.is_file():
        pytest.skip("needs media that are not shipped")
    with pytest.raises(NothingToDoError, match="side only"):
        gather_faces([profile], crops)


def test_a_folder_without_media_is_said_to_have_no_face(crops: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(NothingToDoError, match="No face"):
        gather_faces([tmp_path / "empty"], crops)
