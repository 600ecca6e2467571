"""Figures as JSON and as text, also where some of them are not known."""

import json
import math
from dataclasses import replace

import pytest

from bonaface.bench.rows import Ceiling, Verdict, summarise
from bonaface.bench.score import Motion, Surface
from bonaface.bench.tables import tables

NAN = float("nan")


def unknown() -> dict[str, object]:
    """What is left of a clip in which no face was found."""
    return {
        "verdicts": (Verdict("SFace", NAN, (NAN, NAN), NAN, 0.0),),
        "ceilings": {"oval": Ceiling(NAN, NAN, NAN)},
        "retrieval": None,
        "motion": Motion(*(NAN,) * 6, 0.0),
        "surface": Surface(NAN, math.inf, NAN, NAN),
        "flicker": NAN,
        "target_flicker": NAN,
    }


def line(text: str, title: str, pair: str) -> str:
    table = text[text.index(title) :].split("\n\n", maxsplit=1)[0]
    return next(row for row in table.splitlines() if row.startswith(pair))


def test_rows_are_valid_json_and_unknown_figures_are_null(row_of, timed):
    for row in (row_of("A>B", **timed), row_of("A>B", **unknown())):
        again = json.loads(json.dumps(row.as_json(), allow_nan=False))
        assert again["pair"] == "A>B"
        assert again["measured"] == 12
    assert again["verdicts"][0]["to_source"] is None
    assert again["surface"]["psnr_db"] is None
    assert again["retrieval"] is again["making"] is again["speed"] is None


def test_known_figures_stand_in_the_tables_beside_what_encoding_alone_costs(row_of, timed):
    text = tables([row_of("A>B", **timed)])
    likeness = line(text, "Likeness", "A>B")
    assert "0.600 / 0.100" in likeness
    assert "0.500-0.700" in likeness
    assert "75 %" in likeness  # of the oval's ceiling, and first in the gallery
    assert "1.25 (0.15)" in line(text, "Motion", "A>B")
    pixels = line(text, "Pixels", "A>B")
    assert "2.25 / 3.75" in pixels
    assert "-1.50" in pixels
    assert "200" in line(text, "Time", "A>B")  # decode and encode of 100 frames in half a second


def test_what_the_network_paints_stands_beside_the_times(row_of, timed):
    making = replace(timed["making"], painted=0.041, kept={"mouth": "network", "eyes": "avatar"})
    text = tables([row_of("A>B", **(timed | {"making": making})), row_of("B>A", **timed)])
    assert line(text, "Time", "A>B").split()[-3:] == ["4", "%", "mouth"]
    assert line(text, "Time", "B>A").split()[-2:] == ["-", "-"]


def test_several_tools_are_named_in_every_table_and_each_has_its_own_mean(row_of):
    rows = [row_of(pair, share, tool=tool) for pair in ("A>B", "B>A") for tool, share in (("ours", 0.7), ("peer", 0.3))]
    text = tables(rows)
    assert text.count("peer") == 4 * 2 + 1
    assert "ours: SFace to source, mean of 2 directions: 0.700" in text
    assert "peer: SFace to source, mean of 2 directions: 0.300" in text
    assert "tool" not in tables(rows[::2])


def test_unknown_figures_are_dashes_and_never_the_word_nan(row_of):
    text = tables([row_of("A>B", **unknown()), row_of("B>A")])
    assert "nan" not in text
    assert "inf" not in text
    assert "- / -" in line(text, "Likeness", "A>B")
    assert set(line(text, "Time", "A>B").split()[1:]) == {"-"}


def test_a_judge_that_has_no_word_on_one_direction_leaves_a_dash(row_of):
    both = (Verdict("SFace", 0.6, (0.5, 0.7), 0.1, 1.0), Verdict("dlib", 0.4, (0.3, 0.5), 0.6, 1.0))
    text = tables([row_of("A>B", verdicts=both), row_of("B>A")])
    assert "0.400 / 0.600" in line(text, "Likeness", "A>B")
    assert "  -  " in line(text, "Likeness", "B>A")


def test_what_an_interval_is_over_is_said(row_of):
    text = tables([row_of(pair) for pair in ("A>B", "B>A", "d3>d6")])
    assert "95 % over this clip's frames" in text
    assert "mean of 3 directions: 0.600; 95 % interval over the 3 people whose faces they show: 0.600-0.600" in text
    assert "2 people are too few" in tables([row_of("A>B"), row_of("B>A")])
    assert "interval over" not in tables([row_of("A>B")])


def test_the_mean_is_over_swaps_and_leaves_out_people_as_themselves_and_clips_without_a_verdict(row_of):
    rows = [row_of("A>B", 0.7), row_of("A>C", 0.5), row_of("B>A", 0.3), row_of("A>A", 0.9)]
    (whole,) = summarise([*rows, row_of("C>A", **unknown())])
    assert (whole.judge, whole.directions, whole.people) == ("SFace", 3, 2)
    assert whole.to_source == pytest.approx(0.5)
    assert summarise([]) == []
