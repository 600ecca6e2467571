"""The statistics against SciPy, known values and what must hold of any scores."""

import numpy as np
import pytest
from scipy.stats import binomtest, mannwhitneyu

from bonaface.bench.check_figures import (
    auc,
    auc_interval,
    clopper_pearson,
    cross_fitted,
    eer,
    folds,
    logistic,
    paired,
    rate,
    rate_interval,
    recalibrated,
    reliability,
    roc,
    sigmoid,
)


def scored(count=120, apart=1.0, seed=1):
    rng = np.random.default_rng(seed)
    fake = rng.random(count) < 0.4
    return rng.normal(fake * apart, 1), fake


@pytest.mark.parametrize("digits", [8, 0])  # without digits there are many ties
def test_the_area_is_mann_and_whitneys(digits):
    scores, fake = scored()
    scores = scores.round(digits)
    expected = mannwhitneyu(scores[fake], scores[~fake]).statistic / (fake.sum() * (~fake).sum())
    assert auc(scores, fake) == pytest.approx(expected)
    alarms, hits = roc(scores, fake)
    assert np.trapezoid(hits, alarms) == pytest.approx(expected)


def test_the_area_depends_on_the_order_alone_and_turns_with_it():
    scores, fake = scored()
    assert auc(np.exp(3 * scores), fake) == auc(scores, fake)
    assert auc(-scores, fake) == pytest.approx(1 - auc(scores, fake))
    assert auc(scores, ~fake) == pytest.approx(1 - auc(scores, fake))
    assert auc(np.zeros(len(fake)), fake) == 0.5
    assert np.isnan(auc(scores, np.ones(len(fake), bool)))


def test_the_curve_goes_from_corner_to_corner_and_never_back():
    alarms, hits = roc(*scored())
    assert (alarms[0], hits[0], alarms[-1], hits[-1]) == (0, 0, 1, 1)
    assert (np.diff(alarms) >= 0).all()
    assert (np.diff(hits) >= 0).all()


@pytest.mark.parametrize(
    ("real", "fake", "expected"),
    [([0, 1], [2, 3], 0.0), ([2, 3], [0, 1], 1.0), ([0, 0], [0, 0], 0.5), ([0, 1, 2, 9], [3, 4, 5, -9], 0.25)],
)
def test_equal_error_rates_that_are_known(real, fake, expected):
    labels = np.array([False] * len(real) + [True] * len(fake))
    assert eer(np.array([*real, *fake], float), labels) == pytest.approx(expected)


def test_the_equal_error_rate_of_two_bells_is_that_of_the_formula():
    scores, fake = scored(40_000, apart=2.0)
    assert eer(scores, fake) == pytest.approx(0.1587, abs=0.006)  # Phi(-1)
    assert eer(scores**3, fake) == eer(scores, fake)


def test_the_interval_holds_the_area_and_is_wider_over_fewer_groups():
    scores, fake = scored(400)
    many, few = np.arange(400).astype(str), (np.arange(400) % 6).astype(str)
    low, high = auc_interval(scores, fake, many, 300)
    assert low < auc(scores, fake) < high
    assert auc_interval(scores, fake, many, 300) == (low, high)  # the same every time
    shifted = scores + np.repeat(np.random.default_rng(2).normal(0, 3, 6), 67)[:400] * (2 * fake - 1)
    whose = np.repeat([str(k) for k in range(6)], 67)[:400]
    wide, alone = auc_interval(shifted, fake, whose, 300), auc_interval(shifted, fake, many, 300)
    assert wide[1] - wide[0] > 1.5 * (alone[1] - alone[0])  # files of one group are not independent
    assert np.isfinite(auc_interval(scores, fake, few, 50)).all()


def test_fewer_than_three_groups_have_no_interval():
    scores, fake = scored(20)
    assert np.isnan(auc_interval(scores, fake, (np.arange(20) % 2).astype(str))).all()


@pytest.mark.parametrize(("count", "of"), [(0, 300), (3, 300), (7, 19), (19, 19), (0, 1), (1, 1)])
def test_the_bounds_of_a_share_are_scipys_exact_ones(count, of):
    expected = binomtest(count, of).proportion_ci(0.95, "exact")
    assert clopper_pearson(count, of) == pytest.approx((expected.low, expected.high))
    assert clopper_pearson(of - count, of) == pytest.approx((1 - expected.high, 1 - expected.low))


def test_of_nothing_anything_may_be_true():
    assert clopper_pearson(0, 0) == (0, 1)
    assert np.isnan(rate([]).share)
    assert (rate([True, False, True]).count, rate([True, False, True]).of) == (2, 3)


def test_a_share_over_groups_is_less_sure_than_over_files_and_never_certain():
    groups = np.repeat([str(k) for k in range(20)], 10)
    flags = np.isin(groups, ["3", "7"])  # both groups wholly
    low, high = rate_interval(flags, groups)
    assert low <= 0.1 <= high
    exact = clopper_pearson(int(flags.sum()), len(flags))
    assert high - low > 1.5 * (exact[1] - exact[0])
    assert rate_interval(np.zeros(200, bool), groups) == clopper_pearson(0, 20)
    assert rate_interval(np.ones(200, bool), groups) == clopper_pearson(20, 20)
    assert np.isnan(rate_interval(flags[:20], groups[:20])).all()


def test_a_fake_must_be_above_its_own_original_and_a_tie_is_no_success():
    found = paired(np.array([1.0, 2.0, 3.0, 1.0, 0.5]), [None, None, 1, 0, 1])
    assert (found.count, found.of) == (1, 3)


def test_folds_never_divide_a_group_and_are_about_equal():
    groups = np.array([str(k) for k in np.random.default_rng(3).integers(0, 30, 600)])
    for count in (2, 5):
        which = folds(groups, count)
        assert all(len(set(which[groups == name])) == 1 for name in set(groups))
        sizes = np.bincount(which, minlength=count)
        assert sizes.max() - sizes.min() <= np.unique(groups, return_counts=True)[1].max()


def test_the_regression_finds_the_weights_that_made_the_labels():
    rng = np.random.default_rng(5)
    features = rng.normal(0, 1, (20_000, 2))
    fake = rng.random(20_000) < sigmoid(features @ [1.5, -0.5] + 0.3)
    assert logistic(features, fake) == pytest.approx([1.5, -0.5, 0.3], abs=0.06)


def test_what_tells_a_group_alone_helps_nobody_in_another():
    rng = np.random.default_rng(6)
    groups = np.repeat([str(k) for k in range(40)], 10)
    fake = np.tile([True, False], 200)
    noise = rng.normal(0, 1, (400, 3))
    assert abs(auc(cross_fitted(noise, fake, groups, 5), fake) - 0.5) < 0.1
    assert auc(cross_fitted(np.column_stack([noise, fake + rng.normal(0, 0.2, 400)]), fake, groups), fake) > 0.98


def test_one_class_in_the_other_half_gives_no_score():
    assert np.isnan(cross_fitted(np.ones((4, 1)), np.array([True] * 4), np.array(list("abcd")))).all()


def test_promises_that_are_kept_have_no_error_and_others_what_they_are_off_by():
    rng = np.random.default_rng(7)
    promised = rng.random(50_000)
    assert reliability(promised, rng.random(50_000) < promised).error < 0.01
    halves = np.repeat([0.2, 0.8], 50)
    told = reliability(halves, np.tile([True, False], 50), bins=2)
    assert told.error == pytest.approx(0.3)
    assert told.promised == pytest.approx([0.2, 0.8])
    assert told.count.sum() == 100


def test_nothing_promised_has_no_error():
    assert np.isnan(reliability(np.full(3, np.nan), np.array([True, False, True])).error)


@pytest.mark.parametrize("alpha", [0.05, 0.2])
def test_recalibrated_verdicts_hold_to_the_error_rate_in_both_classes(alpha):
    scores, fake = scored(3000, apart=1.5)
    groups = np.arange(3000).astype(str)
    said = recalibrated(scores, fake, groups, alpha)
    assert (said[~fake] == 1).mean() <= alpha * 1.35
    assert (said[fake] == 0).mean() <= alpha * 1.35
    assert (said >= 0).mean() > 0.15
    assert np.array_equal(said, recalibrated(np.tanh(scores / 5), fake, groups, alpha))  # the order alone counts


def test_an_error_rate_that_so_few_cannot_speak_for_is_inconclusive():
    scores, fake = scored(24, apart=9.0)
    assert (recalibrated(scores, fake, np.arange(24).astype(str), 0.01) == -1).all()


def test_large_logits_do_not_overflow():
    assert sigmoid(np.array([-1e4, 0.0, 1e4])) == pytest.approx([0, 0.5, 1])
