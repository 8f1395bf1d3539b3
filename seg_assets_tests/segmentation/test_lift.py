from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seg_assets.segmentation.lift import (
    attainable_share,
    auc,
    auc_deviation_by_chance,
    auc_within,
    lifts,
    quintiles,
    segment_rates,
)


def test_auc_by_hand() -> None:
    """Pairs of a converted and another account: 3 > 1, 3 = 3, 2 > 1, 2 < 3 give (1 + 1/2 + 1 + 0) / 4."""
    assert auc([3, 2, 1, 3], [True, True, False, False]) == 0.625


@given(st.lists(st.tuples(st.integers(0, 4), st.booleans(), st.integers(0, 3)), min_size=2, max_size=30))
def test_auc_is_the_share_of_pairs_in_order_ties_counting_half(rows: list[tuple[int, bool, int]]) -> None:
    scores, converted, weights = (np.array(column) for column in zip(*rows, strict=True))
    total = found = 0.0
    for i in np.flatnonzero(converted):
        for j in np.flatnonzero(~converted):
            pair = weights[i] * weights[j]
            total += pair
            found += pair * (1.0 if scores[i] > scores[j] else 0.5 if scores[i] == scores[j] else 0.0)
    assert auc(scores, converted, weights) == pytest.approx(found / total if total else 0.5)


def test_a_rate_is_drawn_to_the_rate_of_all_by_thirty_accounts() -> None:
    """2 of 4 converted, 0 of 6, 0.2 of all: (2 + 30 x 0.2) / 34 and (0 + 30 x 0.2) / 36; nobody is in segment 2."""
    segments = np.array([0, 0, 0, 0, 1, 1, 1, 1, 1, 1])
    rates = segment_rates(segments, np.array([1, 1, 0, 0, 0, 0, 0, 0, 0, 0]), 3)
    assert rates == pytest.approx([8 / 34, 6 / 36, 0.2])


def test_the_share_of_a_low_ceiling_is_not_given() -> None:
    assert attainable_share(0.65, 0.7) == pytest.approx(0.75)
    assert attainable_share(0.59, 0.599) is None


def test_quintiles_hold_a_fifth_each_and_never_part_equal_values() -> None:
    values = np.repeat(np.arange(50), 20)
    assert np.bincount(quintiles(values)).tolist() == [200] * 5
    assert len(np.unique(quintiles(np.zeros(10)))) == 1


def test_what_a_score_tells_beyond_intent_is_judged_within_its_fifths() -> None:
    parts, scores = np.array([0, 0, 1, 1]), np.array([1, 2, 1, 2])
    assert auc_within(parts, scores, [False, True, True, False]) == {0: 1.0, 1: 0.0}


def judged(accounts: int = 4_000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(3)
    chance = random.beta(1, 12, accounts)
    return chance, random.random(accounts) < chance, np.arange(accounts) // 4


def test_permuted_labels_give_an_auc_of_one_half_within_three_standard_errors() -> None:
    chance, converted, _ = judged(20_000)
    segments = quintiles(chance)
    permuted = np.random.default_rng(8).permutation(converted)
    half = len(chance) // 2
    rates = segment_rates(segments[:half], permuted[:half], 5)[segments[half:]]
    later = permuted[half:]
    deviation = auc_deviation_by_chance(int(later.sum()), int((~later).sum()))
    assert abs(auc(rates, later) - 0.5) < 3 * deviation
    assert auc(segment_rates(segments[:half], converted[:half], 5)[segments[half:]], converted[half:]) > 0.6


def test_intervals_are_paired_on_the_same_accounts() -> None:
    chance, converted, families = judged()
    segments = quintiles(chance).astype(float)
    top, found = lifts(
        {"rules": segments, "same": 2 * segments, "exact": chance},
        chance,
        converted,
        families,
        baseline="rules",
        draws=50,
    )
    assert found["rules"].difference is None
    same, exact = found["same"].difference, found["exact"]
    assert same is not None
    assert (same.value, same.low, same.high) == (0, 0, 0)
    assert exact.auc == top
    assert exact.share is not None
    assert (exact.share.low, exact.share.high) == pytest.approx((1, 1))
    assert exact.difference is not None
    assert exact.difference.low > 0
    assert exact.difference.high - exact.difference.low < exact.auc.high - exact.auc.low


def test_accounts_that_convert_together_widen_the_interval() -> None:
    chance, converted, _ = judged(1_000)
    copies = [np.repeat(values, 8) for values in (chance, converted)]
    together, _ = lifts({}, copies[0], copies[1], np.repeat(np.arange(1_000), 8), draws=100)
    apart, _ = lifts({}, copies[0], copies[1], np.arange(8_000), draws=100)
    assert together.high - together.low > 2 * (apart.high - apart.low)
    assert together.value == apart.value
    assert lifts({}, copies[0], copies[1], np.arange(8_000), draws=100)[0] == apart
