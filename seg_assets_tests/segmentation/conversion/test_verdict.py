from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from seg_assets.segmentation.conversion.estimate import Estimate
from seg_assets.segmentation.conversion.figures import AUC, LIFTS, figures
from seg_assets.segmentation.conversion.verdict import FEWEST_CONVERSIONS, Says, confidences, decide, spent
from seg_assets_tests.segmentation.conversion.judged_accounts import judged, ranking

# So many families that Student's t is the normal distribution.
MANY = 1e6
NO_LIFT = Estimate(0.0, 0.1, MANY)


def difference(value: float, deviation: float) -> Estimate:
    return Estimate(value, deviation, MANY)


def test_alpha_is_spent_by_the_end_of_the_year_and_hardly_any_in_the_first_quarter() -> None:
    """Figures of Lan, DeMets 1983 for 0.025 a side."""
    assert [spent(quarter / 4) for quarter in (1, 2, 3, 4)] == pytest.approx(
        [0.00001473, 0.00305, 0.01930, 0.05], rel=0.001
    )


def test_limits_are_the_published_ones_for_four_looks() -> None:
    """4.3326, 2.9631, 2.3590, 2.0141: ldbounds for four equal looks, 0.025 a side."""
    limits = [norm.isf((1 - confidence) / 2) for confidence in confidences()]
    assert limits == pytest.approx([4.3326, 2.9631, 2.3590, 2.0141], abs=2e-4)
    assert confidences(looks=1, alpha=0.1) == pytest.approx((0.9,))


def test_a_year_of_looks_at_nothing_errs_in_one_year_of_twenty() -> None:
    sums = np.random.default_rng(0).normal(size=(200_000, 4)).cumsum(axis=1) / np.sqrt([1, 2, 3, 4])
    limits = np.array([norm.isf((1 - confidence) / 2) for confidence in confidences()])
    errs = (np.abs(sums) > limits).any(axis=1).mean()
    assert errs == pytest.approx(0.05, abs=0.0015)


@pytest.mark.parametrize(
    ("value", "deviation", "says"),
    [
        (0.030, 0.010, Says.BETTER),
        (0.010, 0.009, Says.NO_WORSE),
        (-0.004, 0.001, Says.NO_WORSE),
        (-0.030, 0.010, Says.WORSE),
        (-0.011, 0.001, Says.WORSE),
        (0.010, 0.020, Says.NOT_ENOUGH),
        (-0.010, 0.006, Says.NOT_ENOUGH),
    ],
)
def test_each_verdict_at_the_last_look(value: float, deviation: float, says: Says) -> None:
    """The interval is the value -+ 2.014 deviations."""
    verdict = decide(difference(value, deviation), NO_LIFT, 500, look=4)
    assert verdict.says is says
    assert verdict.sentence.startswith(says.value.capitalize())
    assert (verdict.missing > 0) is (says is Says.NOT_ENOUGH)


def test_what_decides_at_the_end_of_the_year_does_not_decide_in_its_first_quarter() -> None:
    says = [decide(difference(0.03, 0.01), NO_LIFT, 500, look=look).says for look in (1, 2, 3, 4)]
    assert says == [Says.NOT_ENOUGH, Says.BETTER, Says.BETTER, Says.BETTER]


def test_significantly_lower_lift_in_the_best_fifth_holds_a_good_verdict_back() -> None:
    lower = Estimate(-0.3, 0.1, MANY)
    for value in (0.03, 0.012):
        verdict = decide(difference(value, 0.01), lower, 500, look=4)
        assert verdict.says is Says.HELD_BACK
        assert "-0.30" in verdict.sentence
    assert decide(difference(-0.03, 0.01), lower, 500, look=4).says is Says.WORSE


def test_lift_never_makes_a_verdict_better() -> None:
    higher = Estimate(0.5, 0.1, MANY)
    for value, says in ((-0.03, Says.WORSE), (0.01, Says.NOT_ENOUGH)):
        assert decide(difference(value, abs(value)), higher, 500, look=4).says in (says, Says.NOT_ENOUGH)


def test_too_few_conversions_decide_nothing_however_clear() -> None:
    verdict = decide(difference(0.3, 0.01), NO_LIFT, 12, look=4)
    assert (verdict.says, verdict.missing) == (Says.NOT_ENOUGH, FEWEST_CONVERSIONS - 12)
    unknown = decide(None, None, 0, look=1)
    assert (unknown.says, unknown.missing) == (Says.NOT_ENOUGH, FEWEST_CONVERSIONS)
    assert decide(Estimate(0.1, np.nan, 0), None, 40, look=4).says is Says.NOT_ENOUGH


def test_missing_conversions_by_hand() -> None:
    """At 0.01 -+ 0.04 half the width must fall to 0.02, the margin away: four times 500 conversions, 1,500 more."""
    deviation = 0.04 / norm.isf((1 - confidences()[3]) / 2)
    verdict = decide(difference(0.01, deviation), NO_LIFT, 500, look=4)
    assert verdict.missing == pytest.approx(1_500, abs=1)
    assert "1,5" in verdict.sentence


@given(st.floats(-0.05, 0.05), st.floats(0.001, 0.2), st.integers(FEWEST_CONVERSIONS, 5_000))
def test_with_the_missing_conversions_there_would_be_a_verdict(value: float, deviation: float, seen: int) -> None:
    first = decide(difference(value, deviation), None, seen, look=4)
    later = deviation * np.sqrt(seen / (seen + first.missing)) * (1 - 1e-9)
    assert first.missing == 0 or decide(difference(value, later), None, seen + first.missing, look=4).says in (
        Says.BETTER,
        Says.NO_WORSE,
        Says.WORSE,
    )


@pytest.mark.parametrize("look", [0, 5])
def test_a_look_outside_the_year_is_refused(look: int) -> None:
    with pytest.raises(ValueError, match=f"look {look} is not one of 1 to 4"):
        decide(None, None, 0, look=look)


# The chance of each of four classes to convert, from the lowest to the best fifth, and the accounts of each.
CHANCES, SIZES = np.array([0.01, 0.05, 0.10, 0.16]), [0.3, 0.3, 0.2, 0.2]


def planted(segments: list[float], tiers: list[float], accounts: int) -> Says:
    """The verdict on two candidates that take the four classes for classes of these rates."""
    random = np.random.default_rng(2)
    classes = random.choice(4, accounts, p=SIZES)
    converted = random.random(accounts) < CHANCES[classes]
    candidates = [ranking("segments", classes, segments), ranking("tiers", classes, tiers)]
    found = figures(judged(converted), candidates, draws=200)
    auc, lift = (found.difference("segments", "tiers", figure) for figure in (AUC, LIFTS[20]))
    return decide(auc, lift, found.conversions, look=4).says


def test_verdicts_on_planted_populations() -> None:
    exact, pairs = [0.01, 0.05, 0.1, 0.16], [0.03, 0.03, 0.13, 0.13]
    assert planted(exact, pairs, 4_000) is Says.BETTER
    assert planted(pairs, pairs, 4_000) is Says.NO_WORSE
    assert planted(exact[::-1], pairs, 4_000) is Says.WORSE
    assert planted([0.01, 0.1, 0.05, 0.16], pairs, 600) is Says.NOT_ENOUGH


def test_segments_that_rank_all_accounts_better_and_the_best_fifth_worse_are_held_back() -> None:
    """Tiers know the best fifth alone; segments tell the other classes apart and take the best two for one."""
    assert planted([0.01, 0.05, 0.13, 0.13], [0.05, 0.05, 0.05, 0.16], 20_000) is Says.HELD_BACK
