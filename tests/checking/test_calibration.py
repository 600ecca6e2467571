"""The verdict holds to its error rate, and abstains where it cannot."""

import numpy as np
import pytest

from bonaface.checking.calibration import (
    FEATURES,
    SIZES_PX,
    Bucket,
    Calibration,
    bucket_name,
    read_calibration,
    shipped_calibration,
    write_calibration,
)
from bonaface.terms.finding import Quality, Verdict

MEASURED = {"0.05": {"false_alarms": 0.04, "upper95": 0.06}}


def calibration(real, fake):
    names = {bucket_name(Quality(size + 1, detail, 100), -3.0) for size in SIZES_PX for detail in (-4.0, -2.0)}
    buckets = {name: Bucket(name, np.sort(real), np.sort(fake), MEASURED) for name in names}
    ranges = {"face_px": (40.0, 2000.0), "detail": (-6.0, -1.0), "brightness": (20.0, 240.0)}
    zeros = np.zeros(len(FEATURES))
    weights = np.eye(len(FEATURES))[0]
    return Calibration(zeros, zeros + 1, weights, 0.0, buckets, ranges, -3.0, {"id": "x"}, dict.fromkeys(FEATURES, 0.7))


QUALITY = Quality(200.0, -2.0, 120.0)


@pytest.mark.parametrize("alpha", [0.02, 0.05, 0.2])
def test_of_untouched_faces_at_most_alpha_are_called_manipulated_and_of_others_at_most_alpha_pass(alpha):
    rng = np.random.default_rng(4)
    alarms, passed = [], []
    for _ in range(60):
        known = calibration(rng.normal(-1, 1, 200), rng.normal(1, 1, 200))
        for label, centre in ((0, -1), (1, 1)):
            said = [known.decide(float(score), QUALITY, alpha)[0] for score in rng.normal(centre, 1, 60)]
            wrong = Verdict.NO_SIGN if label else Verdict.MANIPULATED
            (passed if label else alarms).append(np.mean([verdict is wrong for verdict in said]))
    error = 3 * np.std(alarms) / len(alarms) ** 0.5
    assert np.mean(alarms) <= alpha + error
    assert np.mean(passed) <= alpha + error
    assert np.mean(alarms) > 0.2 * alpha  # it does speak


def test_a_score_between_both_or_beyond_both_is_inconclusive_and_says_which():
    known = calibration(np.linspace(-3, 0, 100), np.linspace(0.5, 3, 100))
    assert known.decide(-2.0, QUALITY, 0.05)[0] is Verdict.NO_SIGN
    assert known.decide(2.0, QUALITY, 0.05)[0] is Verdict.MANIPULATED
    verdict, why, error = known.decide(0.25, QUALITY, 0.05)
    assert verdict is Verdict.INCONCLUSIVE
    assert "unusual" in why
    assert (error.real_sources, error.measured, error.calibration) == (100, 0.04, "x")
    both = calibration(np.linspace(-1, 1, 100), np.linspace(-1, 1, 100))
    assert "usual for" in both.decide(0.0, QUALITY, 0.05)[1]


@pytest.mark.parametrize(
    ("quality", "word"),
    [
        (Quality(30.0, -2.0, 120.0), "30 pixels wide"),
        (Quality(200.0, -6.5, 120.0), "blurred"),
        (Quality(200.0, -0.5, 120.0), "sharper"),
        (Quality(200.0, -2.0, 10.0), "dark"),
        (Quality(200.0, -2.0, 250.0), "bright"),
    ],
)
def test_outside_the_calibrated_range_it_abstains_and_says_why(quality, word):
    verdict, why, _ = calibration(np.linspace(-3, 0, 99), np.linspace(0, 3, 99)).decide(3.0, quality, 0.05)
    assert verdict is Verdict.INCONCLUSIVE
    assert word in why


def test_few_sources_cannot_speak_for_a_small_error_rate():
    known = calibration(np.linspace(-3, -1, 30), np.linspace(1, 3, 30))
    assert known.decide(3.0, QUALITY, 0.05)[0] is Verdict.MANIPULATED
    verdict, why, _ = known.decide(3.0, QUALITY, 0.01)
    assert verdict is Verdict.INCONCLUSIVE
    assert "more calibration sources than the 30" in why


def test_what_is_written_is_read_again():
    known = calibration(np.linspace(-3, 0, 40), np.linspace(0, 3, 50))
    again = read_calibration(write_calibration(known))
    features = np.array([0.7, 1, -1, 0.5, 2.0], np.float32)
    assert again.score(features) == pytest.approx(known.score(features), abs=1e-4)
    assert again.parts(features).sum() + again.bias == pytest.approx(again.score(features))
    for name, bucket in known.buckets.items():
        np.testing.assert_allclose(again.buckets[name].fake, bucket.fake, atol=1e-5)
    assert again.range == known.range


def test_the_shipped_calibration_is_whole():
    known = shipped_calibration()
    assert {"id", "date", "sources", "unit"} <= set(known.about)
    assert set(known.reliability) == set(FEATURES)
    for bucket in known.buckets.values():
        assert (np.diff(bucket.real) >= 0).all()
        assert "0.05" in bucket.measured
