"""The plot: where a time stands, what an axis shows, and that each line is drawn."""

import cv2
import numpy as np
import pytest

from bonaface.bench.curve_plot import draw_curve, place, span, write_plot

NAN = float("nan")


def test_times_stand_by_their_logarithm_and_the_beginning_before_the_first():
    at = [place(minutes, 1 / 6, 10) for minutes in (0, 1 / 6, 1, 10)]
    assert at[0] == 0
    assert at[-1] == pytest.approx(1)
    assert at == sorted(at)
    assert place(10, 1, 100) - place(1, 1, 100) == pytest.approx(place(100, 1, 100) - place(10, 1, 100))


def test_an_axis_shows_all_values_and_is_never_flat():
    low, high = span({"a": {0: 0.5, 1: 0.9}, "b": {0: NAN}})
    assert low < 0.5
    assert high > 0.9
    low, high = span({"a": {0: 0.5}})
    assert low < 0.5 < high
    assert span({"a": {0: NAN}}) == (0.0, 1.0)


def test_a_panel_a_figure_and_a_colour_a_line(tmp_path):
    lines = {"a>b": {0.0: 0.5, 1.0: 0.6, 10.0: 0.7}, "b>a": {0.0: 0.9, 1.0: NAN, 10.0: 0.4}, "mean": {0.0: 0.7}}
    one, four = draw_curve({"share": lines}), draw_curve(dict.fromkeys("1234", lines))
    assert one.shape[1] == four.shape[1]
    assert four.shape[0] - one.shape[0] == 290
    colours = {tuple(colour) for colour in one.reshape(-1, 3)}
    assert {(96, 165, 250), (251, 146, 60), (238, 240, 243)} <= colours
    write_plot(one, tmp_path / "plot.png")
    assert (cv2.imread(str(tmp_path / "plot.png"))[..., ::-1] == one).all()


def test_nothing_known_is_drawn_without_failure():
    assert draw_curve({"share": {"a>b": {0.0: NAN}}}).any()
    assert draw_curve({"share": {}}).any()
    assert np.array_equal(draw_curve({"share": {}}), draw_curve({"share": {}}))
