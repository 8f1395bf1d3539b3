"""The effect: hand-computed, unbiased, with intervals that hold the truth as often as they say."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from seg_assets.segmentation.experiment.effect import effect, effects_by_segment, one_hot
from seg_assets_tests.segmentation.experiment.simulated import EFFECTS, SHARES, simulated

RUNS = 500
TRUTH = float(SHARES @ EFFECTS)


@cache
def runs(families: int = 1_200, largest: int = 4) -> list[tuple[float, bool, bool, bool, float]]:
    """(difference, whether the interval holds the truth with CUPED, without, without families, variance removed)."""
    found = []
    for seed in range(RUNS):
        one = simulated(seed, families, largest=largest)
        adjusted = effect(one.converted, one.treated, one.families, one.known)
        plain = effect(one.converted, one.treated, one.families)
        alone = effect(one.converted, one.treated, np.arange(len(one.families)))
        holds = [e.difference.low <= TRUTH <= e.difference.high for e in (adjusted, plain, alone)]
        found.append((adjusted.difference.value, *holds, adjusted.variance_removed))
    return found


def test_the_interval_holds_the_truth_at_its_nominal_rate() -> None:
    held = np.array([(run[1], run[2]) for run in runs()]).mean(axis=0)
    assert held[0] == pytest.approx(0.95, abs=0.02)
    assert held[1] == pytest.approx(0.95, abs=0.02)


def test_an_interval_that_forgets_families_holds_it_less_often() -> None:
    held = np.array([(run[2], run[3]) for run in runs(300, 20)]).mean(axis=0)
    assert held[0] == pytest.approx(0.95, abs=0.02)
    assert held[1] < 0.92


def test_the_difference_is_unbiased_with_covariates() -> None:
    values = np.array([run[0] for run in runs()])
    assert values.mean() == pytest.approx(TRUTH, abs=4 * values.std() / RUNS**0.5)


def test_what_was_known_before_narrows_the_interval() -> None:
    assert np.mean([run[4] for run in runs()]) > 0.08


def test_few_families_hold_too() -> None:
    held = [run[1] for run in runs(120)]
    assert np.mean(held) == pytest.approx(0.95, abs=0.025)


def test_by_hand() -> None:
    """60 accounts an arm, each its own family, 15 and 6 conversions: 0.25 - 0.10, errors p q / (n - 1)."""
    treated = np.arange(120) < 60
    converted = np.isin(np.arange(120), [*range(15), *range(60, 66)])
    found = effect(converted, treated, np.arange(120))
    error = (0.25 * 0.75 / 59 + 0.10 * 0.90 / 59) ** 0.5
    assert (found.rate, found.baseline_rate) == (0.25, 0.10)
    assert found.difference.value == pytest.approx(0.15)
    assert found.difference.high - 0.15 == pytest.approx(1.98027 * error, rel=1e-4)
    assert found.variance_removed == 0.0


def test_a_covariate_that_is_the_same_for_all_changes_nothing() -> None:
    one = simulated(3)
    with_it = effect(one.converted, one.treated, one.families, np.ones(len(one.families)))
    assert with_it.difference == effect(one.converted, one.treated, one.families).difference


def test_the_order_of_rows_makes_no_difference() -> None:
    one = simulated(4)
    order = np.random.default_rng(0).permutation(len(one.families))
    there = effect(one.converted, one.treated, one.families, one.known)
    back = effect(one.converted[order], one.treated[order], one.families[order], one.known[order])
    assert back.difference.low == pytest.approx(there.difference.low, abs=1e-12)


def test_segments_have_joint_intervals_and_small_ones_none() -> None:
    one = simulated(5)
    segments = np.where(one.families < 20, 3, one.segments)
    found = effects_by_segment(one.converted, one.treated, one.families, segments, one.known)
    assert found[3] is None
    alone = effect(*(values[segments == 1] for values in (one.converted, one.treated, one.families, one.known)))
    joint = found[1]
    assert joint is not None
    assert joint.difference.value == pytest.approx(alone.difference.value)
    assert joint.difference.high > alone.difference.high


def test_too_few_families_are_an_error_and_no_interval() -> None:
    with pytest.raises(ValueError, match="29 families against 71"):
        effect(np.zeros(100, dtype=bool), np.arange(100) < 29, np.arange(100))


def test_levels_are_flags_and_rare_ones_are_left_out() -> None:
    values = ["a"] * 70 + ["b"] * 60 + ["c"] * 3
    flags = one_hot(values)
    assert flags.shape == (133, 2)
    assert flags.sum(axis=0).tolist() == [70, 60]
