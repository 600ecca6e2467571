import numpy as np
import pytest

from bonaface.bench.outlines import OVAL, outline_mask, outline_xy
from bonaface.faces.pose import load_canonical_face
from bonaface.making import shape


@pytest.fixture(scope="module")
def face():
    return (2 * load_canonical_face().points + (200, 200, 0)).astype(np.float32)


def test_the_rim_is_the_one_the_maker_knows():
    assert list(OVAL) == shape.OVAL.tolist()


def test_the_wide_outline_is_the_oval_stretched_up_by_a_fifth_and_sideways_by_a_tenth_and_not_down(face):
    oval, wide = outline_xy(face), outline_xy(face, "wide")
    half = np.ptp(oval, axis=0) / 2
    assert oval[:, 1].min() - wide[:, 1].min() == pytest.approx(0.2 * half[1], rel=1e-3)
    assert oval[:, 0].min() - wide[:, 0].min() == pytest.approx(0.1 * half[0], rel=1e-3)
    assert wide[:, 0].max() - oval[:, 0].max() == pytest.approx(0.1 * half[0], rel=1e-3)
    assert wide[:, 1].max() == pytest.approx(oval[:, 1].max(), abs=0.1)


def test_the_wide_outline_turns_with_the_head(face):
    angle = np.radians(40)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    tilted = face.copy()
    tilted[:, :2] = face[:, :2] @ turn.T
    np.testing.assert_allclose(outline_xy(tilted, "wide"), outline_xy(face, "wide") @ turn.T, atol=1e-3)


def test_masks_are_filled_and_a_face_off_the_picture_gives_none(face):
    mask = outline_mask(face, (400, 400))
    assert mask[200, 200] == 255
    assert mask[5, 5] == 0
    assert outline_mask(face, (400, 400), "wide").sum() > mask.sum()
    assert not outline_mask(face + 1000, (400, 400)).any()
