"""What the encoder alone does."""

import cv2
import numpy as np
import pytest

from bonaface.bench import measures
from bonaface.bench.reencode import encoded, reencode


def moving(count: int = 6, hw: tuple[int, int] = (61, 81)) -> list[np.ndarray]:
    noise = np.random.default_rng(3).integers(0, 255, (*hw, 3), np.uint8)
    picture = cv2.GaussianBlur(noise, (0, 0), 3)
    return [np.roll(picture, 2 * k, axis=1) for k in range(count)]


def test_frames_come_back_in_number_and_order_all_but_equal_and_without_an_odd_last_row_and_column():
    frames = moving()
    back = reencode(frames)
    assert [frame.shape for frame in back] == [(60, 80, 3)] * len(frames)
    everywhere = np.full((60, 80), 255, np.uint8)
    for k, frame in enumerate(back):
        likeness = [measures.psnr_db(frame, other[:60, :80], everywhere) for other in frames]
        assert int(np.argmax(likeness)) == k
        assert likeness[k] > 36


def test_a_coarser_quality_costs_more_and_fewer_bytes():
    fine, coarse = (encoded(moving(), crf=crf).getbuffer().nbytes for crf in ("16", "40"))
    assert coarse < fine
    everywhere = np.full((60, 80), 255, np.uint8)
    worse = reencode(moving(1), crf="45")[0]
    assert measures.psnr_db(worse, moving(1)[0][:60, :80], everywhere) < 34


def test_no_frames_are_an_error():
    with pytest.raises(ValueError, match="at least one frame"):
        reencode([])
