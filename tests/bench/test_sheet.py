"""What a contact sheet shows, and where its labels may not lie."""

import numpy as np
import pytest

from bonaface.bench.sheet import GREY, TILE_PX, contact_sheet, face_tile, swap_tiles
from bonaface.faces.pose import load_canonical_face
from bonaface.marking.label import Label


@pytest.fixture(scope="module")
def points():
    """A face of 160 pixels whose forehead touches the upper rim of a picture of 300 x 400."""
    face = load_canonical_face().points
    scale = 160 / np.ptp(face[:468, :2], axis=0).max()
    return (scale * (face - face[:468].min(0)) + (120, 0, 0)).astype(np.float32)


@pytest.fixture(scope="module")
def frame():
    return np.random.default_rng(5).integers(150, 256, (300, 400, 3), np.uint8)


def test_beyond_the_picture_it_is_grey_and_not_streaked(frame, points):
    tile = face_tile(frame, points)
    assert tile.shape == (TILE_PX, TILE_PX, 3)
    assert (tile[:20] == GREY).all()
    assert (tile[TILE_PX // 2 :] != GREY).any(-1).all()


@pytest.mark.parametrize("factor", [0.4, 4])
def test_large_and_small_faces_fill_their_tiles_alike(factor, frame, points):
    size = round(400 * factor), round(300 * factor)
    other = np.full((size[1], size[0], 3), 200, np.uint8)
    grey = [(face_tile(f, p) == GREY).all(-1).mean() for f, p in ((frame, points), (other, points * factor))]
    assert grey[0] == pytest.approx(grey[1], abs=0.02)


def test_each_swapped_tile_has_room_for_a_label_off_its_face(frame, points):
    sheet = contact_sheet([frame] * 3, [frame] * 3, np.stack([points] * 3), [frame] * 3, np.stack([points] * 3))
    assert sheet.rgb.shape == (3 * TILE_PX, 3 * TILE_PX, 3)
    assert len(sheet.face_boxes_xywh_px) == 9
    tiles = swap_tiles(sheet)
    assert tiles == ((0, TILE_PX, TILE_PX, TILE_PX), (TILE_PX,) * 4, (2 * TILE_PX, TILE_PX, TILE_PX, TILE_PX))
    label = Label(TILE_PX, TILE_PX, sheet.rgb.dtype)
    assert label.text == "AI-generated face swap", "whole words"
    for x, y, w, h in tiles:
        inside = [box for box in sheet.face_boxes_xywh_px if x <= box[0] < x + w and y <= box[1] < y + h]
        (face,) = [(bx - x, by - y, bw, bh) for bx, by, bw, bh in inside]
        _, (lx, ly, lw, lh) = label.lay_over(type(sheet)(sheet.rgb[y : y + h, x : x + w], None, (face,)))
        assert ly + lh <= face[1] or ly >= face[1] + face[3] or lx + lw <= face[0] or lx >= face[0] + face[2]
