"""Figures of detectors over made-up files: who is paired with whom, whose verdicts, and by which class."""

from pathlib import Path

import numpy as np
import pytest

from bonaface.bench.check_classes import class_rows, untouched_of
from bonaface.bench.check_faces import Cheap, Seen
from bonaface.bench.check_index import Item
from bonaface.bench.check_marks import ALPHAS, BASELINE, HERE, OURS, OWN, Files, baseline_scores, marks_of, own_marks
from bonaface.bench.check_plot import PLOTS, draw_lines, draw_plots, place
from bonaface.bench.check_speed import speed_of
from bonaface.bench.check_tables import check_text, grid
from bonaface.checking.calibration import FEATURES, SIZES_PX, Bucket, Calibration, bucket_name
from bonaface.terms.finding import Quality, Verdict

MEASURED = {"0.05": {"false_alarms": 0.04, "upper95": 0.06}}
SECONDS = {"decode": 0.01, "find": 0.04, "examine": 0.05}


@pytest.fixture
def calibration():
    real, fake = np.linspace(-3, 1, 99), np.linspace(-1, 3, 99)
    names = {bucket_name(Quality(size + 1, detail, 100), -3.0) for size in SIZES_PX for detail in (-4.0, -2.0)}
    buckets = {name: Bucket(name, real, fake, MEASURED) for name in names}
    ranges = {"face_px": (40.0, 2000.0), "detail": (-6.0, -1.0), "brightness": (20.0, 240.0)}
    zeros = np.zeros(len(FEATURES))
    about = {"id": "made up"}
    return Calibration(zeros, zeros + 1, zeros, 0.0, buckets, ranges, -3.0, about, dict.fromkeys(FEATURES, 0.7))


def seen(name, score, fake, calibration, **more):
    quality = more.pop("quality", Quality(120, -2.5, 110))
    traits = more.pop("traits", {})
    item = Item(name, fake, Path(name), original=more.pop("original", ""), group=more.pop("group", name), traits=traits)
    faces = () if score is None else ((score, quality),)
    verdict = None if score is None else calibration.decide(score, quality, 0.05)[0]
    return Seen(item, faces, verdict, "", 20.0, more.pop("cheap", Cheap(9e3, 90, 5, 100)), 1, SECONDS, **more)


@pytest.fixture
def files(calibration):
    rng = np.random.default_rng(8)
    out = []
    for k in range(120):
        sex, cheap = "fm"[k % 2], [Cheap(rng.normal(9e3, 1e3), 90, rng.normal(5, 1), rng.normal(100, 9)) for _ in "ab"]
        quality = Quality((70, 120, 200)[k % 3], (-4.0, -2.0)[k % 2], float(rng.uniform(30, 200)))
        common = {"group": f"g{k % 20}", "traits": {"sex": sex, "age": str(20 + k / 3)}, "quality": quality}
        out.append(seen(f"r{k}", float(rng.normal(-1, 1)), False, calibration, cheap=cheap[0], **common))
        fake = float(rng.normal(1, 1))
        out.append(seen(f"f{k}", fake, True, calibration, cheap=cheap[1], original=f"r{k}", **common))
    return Files.of(out)


def test_our_verdicts_are_the_tools_own_and_beside_them_those_recalibrated(files, calibration):
    ours = own_marks(files, calibration, 0.05)
    assert ours.name == OURS
    assert [each.how for each in ours.verdicts] == [OWN, HERE]
    own, here = ours.verdicts
    counted = sum(one.verdict is Verdict.MANIPULATED and not one.item.fake for one in files.seen)
    assert (own.alarms.count, own.alarms.of) == (counted, 120)
    assert own.answered.of == 240
    assert own.alarms_answered.count == counted
    assert own.alarms_answered.of < 120
    assert own.over_groups[0] <= own.alarms.share <= own.over_groups[1]
    assert here.alarms.share < 0.15
    assert 0.85 < ours.auc < 0.97
    assert ours.interval[0] < ours.auc < ours.interval[1]
    assert ours.paired.of == 120
    assert ours.paired.share > 0.8
    assert ours.reliability.error < 0.15


def test_the_curve_speaks_more_the_more_errors_are_allowed(files, calibration):
    for each in own_marks(files, calibration, 0.05).verdicts:
        alphas, answered, _ = zip(*each.curve, strict=True)
        assert alphas == ALPHAS
        first = np.array(answered)[np.array(alphas) <= 0.15]
        assert (np.diff(first) >= -0.02).all()
        assert first[-1] > 0.5


def test_a_file_without_a_face_is_not_answered_and_has_no_rank(files, calibration):
    blind = seen("blind", None, False, calibration)
    marks = own_marks(Files.of([*files.seen, blind]), calibration, 0.05)
    assert marks.reals == 120
    assert marks.verdicts[0].alarms.of == 121
    assert marks.verdicts[1].alarms.of == 120


def test_another_detectors_scale_does_not_matter_and_what_it_failed_on_is_left_out(files, calibration):
    scores = np.array([one.score for one in files.seen])
    ours = own_marks(files, calibration, 0.05)
    theirs = marks_of("theirs", 1000 * np.exp(scores), files, 0.05)
    assert theirs.auc == ours.auc
    assert theirs.verdicts[0].alarms == ours.verdicts[1].alarms
    scores[0] = np.nan  # r0, the original of f0
    less = marks_of("theirs", scores, files, 0.05)
    assert (less.reals, less.fakes, less.paired.of) == (119, 120, 119)


def test_the_baseline_sees_compression_and_nothing_else(files, calibration):
    assert abs(marks_of(BASELINE, baseline_scores(files), files, 0.05).auc - 0.5) < 0.15
    told = [
        Seen(one.item, one.faces, one.verdict, cheap=Cheap(9e3 + 4e3 * one.item.fake, 90, 5, 100)) for one in files.seen
    ]
    unread = Seen(Item("x", True, Path("x"), group="x"), error="x cannot be read; get it again.")
    scores = baseline_scores(Files.of([*told, unread]))
    assert np.isnan(scores[-1])
    assert marks_of(BASELINE, scores, Files.of([*told, unread]), 0.05).auc == 1.0


def test_each_class_counts_its_own_and_all_together_are_all(files, calibration):
    rows = class_rows(files, calibration)
    tables = {row.table for row in rows}
    assert {"face size", "detail", "JPEG quality", "brightness of the face", "skin tone (ITA)", "sex", "age"} == tables
    for table in tables:
        assert sum(row.alarms.of for row in rows if row.table == table) == 120, table
        assert sum(row.misses.of for row in rows if row.table == table) == 120, table
    assert [row.name for row in rows if row.table == "sex"] == ["f", "m"]
    assert len([row for row in rows if row.table == "age"]) == 3  # numbers, by thirds
    assert [row.name for row in rows if row.table == "face size"] == ["under 90 px", "90 to 160 px", "from 160 px"]
    by_hand = [one for one in files.seen if one.item.traits["sex"] == "f" and not one.item.fake]
    row = next(row for row in rows if row.name == "f")
    assert row.alarms.count == sum(one.verdict is Verdict.MANIPULATED for one in by_hand)
    assert row.real_answered.count == sum(one.verdict is not Verdict.INCONCLUSIVE for one in by_hand)


def test_a_column_of_many_words_gives_no_table_and_an_empty_cell_is_not_known(calibration):
    names = [
        seen(f"{k}", 0.0, k % 2 == 1, calibration, traits={"who": f"n{k}", "hat": "x" * (k % 3)}) for k in range(30)
    ]
    rows = class_rows(Files.of(names), calibration)
    assert "who" not in {row.table for row in rows}
    assert [row.name for row in rows if row.table == "hat"] == ["x", "xx", "not known"]


def test_untouched_files_alone_have_false_alarms(files, calibration):
    only = Files.of([one for one in files.seen if not one.item.fake] + [seen("blind", None, False, calibration)])
    told = untouched_of(only, calibration, "portraits")
    assert (told.alarms.of, told.faceless) == (121, 1)
    assert told.answered.count == told.alarms_answered.of
    assert all(row.misses.of == 0 for row in told.classes)


def test_the_text_names_every_detector_and_table(files, calibration):
    ours = own_marks(files, calibration, 0.05)
    marks = (ours, marks_of(BASELINE, baseline_scores(files), files, 0.05))
    rows, besides = class_rows(files, calibration), untouched_of(files, calibration, "portraits")
    text = check_text(marks, rows, speed_of(files.seen), besides, ["What it is."], ["a.jpg was not read."], 0.05)
    for part in ("What it is.", OURS, BASELINE, OWN, HERE, "skin tone (ITA)", "Untouched besides, portraits", "a.jpg"):
        assert part in text
    assert f"{ours.auc:.3f}" in text
    assert "nan" not in text


def test_the_speed_is_faces_over_the_seconds_of_examining(files):
    speed = speed_of([*files.seen, Seen(Item("x", True, Path("x")), error="not read")])
    assert (speed.files, speed.looks) == (240, 240)
    assert speed.crops_per_s == pytest.approx(20)
    assert speed.whole_s == pytest.approx(24)
    assert "20.0 face crops a second" in speed.sentence()
    assert "100.0 by decoding alone" in speed.sentence()
    assert "nothing was decoded" in speed_of([]).sentence()


def test_plots_show_each_line_where_it_is(files, calibration):
    ours = own_marks(files, calibration, 0.05)
    drawn = draw_plots((ours,), {OURS: np.array([one.score for one in files.seen])}, files)
    assert len(drawn) == len(PLOTS)
    plot = draw_lines("t", ("x", "y"), {"a": [(0.2, 0.2), (0.8, 0.2)], "b": [(float("nan"), 0.5), (0.5, 0.5)]})
    x, y = place(0.5, 0.2)
    assert tuple(plot[round(y), round(x)]) == (96, 165, 250)
    x, y = place(0.5, 0.5)
    assert tuple(plot[round(y), round(x)]) == (251, 146, 60)
    assert draw_lines("t", ("x", "y"), {}).any()


def test_columns_stand_below_each_other():
    lines = grid(["a", "value"], [["long name", "1"], ["b", "22.5"]]).splitlines()
    assert lines[2].index("1") + 1 == lines[0].index("value") + 5 == len(lines[3])
