"""Control limits: the figures of the sources, and how often they call wolf."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from seg_assets.segmentation.kpis.limits import LEAST_PERIODS, Limits, Series, limits


def series(values, errors=0.001, **changes) -> Series:
    n = len(values)
    made = Series(tuple(values), (1000,) * n, (errors,) * n, share=False, flow=True)
    return replace(made, **changes)


def chart(one: Series) -> Limits:
    found = limits(one)
    assert isinstance(found, Limits), found
    return found


def test_individuals_lie_within_2_66_mean_moving_ranges():
    """The flow-rate example of the NIST/SEMATECH e-Handbook, 6.3.2.2: centre 50.81, limits 45.8159 and 55.8041."""
    values = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]
    found = chart(series(values, errors=1.0))
    assert found.centre == pytest.approx(50.81)
    assert (found.lower[0], found.upper[0]) == pytest.approx((45.8159, 55.8041), abs=0.001)
    assert set(found.rules) == {None}


def test_shares_lie_within_a_p_chart_times_what_they_move_beyond_chance():
    values, sizes = [0.10, 0.13, 0.08, 0.12, 0.09, 0.14, 0.10, 0.12], (400, 900, 400, 900, 400, 900, 400, 900)
    found = chart(series(values, accounts=sizes, share=True, most=1.0))
    n, p = np.array(sizes), np.array(values)
    centre = (p * n).sum() / n.sum()
    deviations = np.sqrt(centre * (1 - centre) / n)
    sigma_z = np.abs(np.diff((p - centre) / deviations)).mean() / 1.128
    assert sigma_z > 1
    assert found.upper == pytest.approx(centre + 3 * sigma_z * deviations)
    # More accounts, narrower limits.
    assert found.upper[1] < found.upper[0]


def test_what_creeps_within_chance_is_no_signal():
    """The same accounts month after month: moving ranges are a fraction of the error, and a trend is all there is."""
    creeping = [8.30 + 0.012 * month for month in range(17)]
    assert set(chart(series(creeping, errors=0.065, flow=False)).rules) == {None}
    assert chart(series(creeping, errors=0.001, flow=False)).rules[-1] == "above its limits"


def test_a_jump_is_told_in_the_period_in_which_it_comes():
    random = np.random.default_rng(3)
    values = [*random.normal(1.0, 0.01, 16), 1.15]
    rules = chart(series(values)).rules
    assert rules[-1] == "above its limits" and set(rules[:-1]) == {None}


def test_eight_in_a_row_on_one_side_are_a_signal_of_what_happens_and_none_of_a_state():
    values = [1.02, 1.04, 0.97, 1.03, 1.02, 1.04, 1.03, 1.02, 1.04, 1.03] + [0.985, 0.975] * 4
    one = series(values, errors=0.01)
    assert chart(one).rules[-1] == "8 periods in a row below its median"
    assert chart(one).rules[-2] is None
    assert chart(replace(one, flow=False)).rules[-1] is None


@pytest.mark.parametrize(
    ("one", "told"),
    [
        (series([1.0, 2.0] * 3), f"6 of the {LEAST_PERIODS} periods"),
        (series([1.0, 2.0] * 5, accounts=(12,) * 10), "a period has 12 of the 30 accounts"),
        (series([0.001] * 9, share=True), "fewer than 5 accounts a period are counted"),
        (series([0.999] * 9, share=True), "fewer than 5 accounts a period are not counted"),
        (series([1.0] * 9, errors=0.0), "it has never moved"),
    ],
)
def test_a_series_without_limits_says_why(one, told):
    found = limits(one)
    assert isinstance(found, str) and told in found


def test_limits_stay_where_figures_can_be():
    found = chart(series([0.99, 0.9] * 5, most=1.0))
    assert max(found.upper) == 1.0
    assert min(chart(series([0.01, 0.3] * 5)).lower) == 0.0


def test_ordinary_movement_is_seldom_a_signal():
    random = np.random.default_rng(11)
    newest = [
        chart(series(random.binomial(1000, 0.1, 12) / 1000, share=True, most=1.0)).rules[-1] is not None
        for _ in range(800)
    ]
    assert np.mean(newest) < 0.015
