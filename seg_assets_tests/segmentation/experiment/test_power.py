"""Power: the figures of textbooks, and what simulated experiments find."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from seg_assets.segmentation.experiment.power import (
    Plan,
    accounts_needed,
    detectable_difference,
    family_design_effect,
)

PLAN = Plan(rate=0.040, difference=0.004)


def test_four_against_four_point_four_per_cent_needs_forty_thousand_accounts_an_arm() -> None:
    assert accounts_needed(PLAN) == 39_475


def test_the_textbook_example() -> None:
    """Fleiss, Levin, Paik 2003, table A.4: 0.60 against 0.70, power 0.80, two-sided 0.05 is 376 with continuity, 356
    without."""
    assert accounts_needed(Plan(0.60, 0.10)) == 356


def test_the_same_as_statsmodels() -> None:
    proportion = pytest.importorskip("statsmodels.stats.proportion", reason="statsmodels is not a dependency")
    for rate, difference in ((0.04, 0.004), (0.1, -0.03), (0.5, 0.2)):
        found = accounts_needed(Plan(rate, difference))
        power = proportion.power_proportions_2indep(difference, rate, found, ratio=1, alpha=0.05).power
        assert power == pytest.approx(0.8, abs=0.004)


@given(
    rate=st.floats(0.01, 0.5),
    share=st.floats(0.05, 0.9),
    ratio=st.floats(0.2, 5.0),
    design_effect=st.floats(1.0, 3.0),
)
def test_what_is_needed_is_what_detects(rate: float, share: float, ratio: float, design_effect: float) -> None:
    difference = share * rate
    plan = Plan(rate, difference)
    needed = accounts_needed(plan, ratio=ratio, design_effect=design_effect)
    found = detectable_difference(plan, needed, ratio=ratio, design_effect=design_effect)
    assert found is not None and found <= difference + 1e-7
    fewer = detectable_difference(plan, needed - 2, ratio=ratio, design_effect=design_effect)
    assert fewer is None or fewer > difference - 1e-7


def test_the_power_is_what_it_says() -> None:
    plan = Plan(0.10, 0.05)
    needed = accounts_needed(plan, ratio=2.0)
    random = np.random.default_rng(0)
    a, b = random.binomial(needed, 0.10, 20_000) / needed, random.binomial(2 * needed, 0.15, 20_000) / (2 * needed)
    pooled = (a + 2 * b) / 3
    error = np.sqrt(pooled * (1 - pooled) * (1 / needed + 1 / (2 * needed)))
    assert (np.abs(b - a) / error > norm.ppf(0.975)).mean() == pytest.approx(0.80, abs=0.015)


def test_unequal_arms_need_more_accounts_in_all() -> None:
    equal = 2 * accounts_needed(PLAN)
    assert 10 * accounts_needed(PLAN, ratio=9.0) > 2.5 * equal


def test_families_in_one_arm_count_for_less() -> None:
    plan = Plan(0.04, 0.004, family_correlation=0.1)
    assert family_design_effect(plan, [1, 1, 1]) == 1.0
    assert family_design_effect(plan, [3, 3]) == pytest.approx(1.2)
    assert family_design_effect(plan, [1, 3]) == pytest.approx(1.15)


def test_too_few_accounts_detect_nothing() -> None:
    assert detectable_difference(Plan(0.9, 0.05), 3) is None
    assert detectable_difference(PLAN, 0) is None


@pytest.mark.parametrize(("rate", "difference"), [(0.0, 0.1), (0.04, 0.0), (0.9, 0.2), (0.04, -0.05)])
def test_rates_outside_0_to_1_are_refused(rate: float, difference: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        Plan(rate, difference)
