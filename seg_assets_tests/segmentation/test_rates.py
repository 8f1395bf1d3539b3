from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seg_assets.segmentation.rates import Interval, Rate, apart, wilson


@given(st.integers(0, 500), st.integers(1, 500))
def test_a_wilson_interval_holds_the_share_and_stays_within_0_and_1(hits: int, more: int) -> None:
    low, high = wilson(hits, hits + more)
    assert 0 <= low <= hits / (hits + more) <= high <= 1


def test_the_wilson_interval_of_the_textbook() -> None:
    """15 of 148, Newcombe 1998: 0.0624 to 0.1605."""
    low, high = wilson(15, 148)
    assert low == pytest.approx(0.0624, abs=5e-5)
    assert high == pytest.approx(0.1605, abs=5e-5)


def test_a_ratio_of_rates_by_hand() -> None:
    """60 of 1,000 against 20 of 1,000: ln 3 +- 1.96 sqrt(1/60 - 1/1000 + 1/20 - 1/1000) = 1.0986 +- 0.4985."""
    ratio = Rate(1_000, 60).times(Rate(1_000, 20))
    assert ratio.value == pytest.approx(3.0)
    assert ratio.low == pytest.approx(1.822, abs=1e-3)
    assert ratio.high == pytest.approx(4.939, abs=1e-3)
    assert apart(ratio, 1.25)


@given(st.integers(0, 50), st.integers(1, 500), st.integers(0, 50), st.integers(1, 500))
def test_a_ratio_is_finite_and_the_inverse_of_the_other_way_round(a: int, more: int, b: int, others: int) -> None:
    one, other = Rate(a + more, a), Rate(b + others, b)
    there, back = one.times(other), other.times(one)
    assert 0 < there.low <= there.value <= there.high
    assert there.value * back.value == pytest.approx(1.0)
    assert there.low * back.high == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("ratio", "told"),
    [
        (Interval(1.3, 1.1, 1.5), True),
        (Interval(0.7, 0.6, 0.9), True),
        (Interval(1.2, 1.1, 1.3), False),
        (Interval(2.0, 0.9, 4.0), False),
    ],
)
def test_rates_are_apart_where_the_ratio_is_large_and_not_by_chance(ratio: Interval, told: bool) -> None:
    assert apart(ratio, 1.25) is told


@pytest.mark.parametrize(("eligible", "conversions"), [(0, 0), (3, 4), (3, -1)])
def test_what_is_no_rate_is_an_error(eligible: int, conversions: int) -> None:
    with pytest.raises(ValueError, match="are no rate"):
        Rate(eligible, conversions)
