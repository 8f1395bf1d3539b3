"""The Qini curve: hand-computed, nothing where nothing differs, and intervals that hold the truth."""

from __future__ import annotations

import numpy as np
import pytest

from seg_assets.segmentation.experiment.qini import qini
from seg_assets_tests.segmentation.experiment.simulated import EFFECTS, SHARES, simulated

RUNS = 300


def truth(ranking: np.ndarray) -> float:
    order = np.argsort(-ranking, kind="stable")
    shares = np.concatenate([[0], np.cumsum(SHARES[order])])
    gains = np.concatenate([[0], np.cumsum((SHARES * EFFECTS)[order])])
    return float(np.trapezoid(gains, shares) - gains[-1] / 2)


def test_by_hand() -> None:
    """Two segments of 8: the first gains 2 of 4, the second nothing; ranked first, half of all gain 0.25 an account."""
    segments = np.repeat([0, 1], 8)
    treated = np.tile([True] * 4 + [False] * 4, 2)
    converted = np.zeros(16, dtype=bool)
    converted[:2] = True
    found = qini(converted, treated, np.arange(16), segments, [0.1, 0.9][::-1])
    assert found.order.tolist() == [0, 1]
    assert found.shares.tolist() == [0, 0.5, 1]
    assert found.gains.tolist() == [0, 0.25, 0.25]
    assert found.coefficient.value == pytest.approx(0.0625)
    turned = qini(converted, treated, np.arange(16), segments, [0.1, 0.9])
    assert turned.coefficient.value == pytest.approx(-0.0625)


def test_the_interval_holds_the_truth_at_its_nominal_rate() -> None:
    ranking = np.array([0.1, 0.2, 0.3])
    held = 0
    for seed in range(RUNS):
        one = simulated(seed, families=600)
        low_high = qini(one.converted, one.treated, one.families, one.segments, ranking, draws=200).coefficient
        held += low_high.low <= truth(ranking) <= low_high.high
    assert held / RUNS == pytest.approx(0.95, abs=0.03)


def test_an_order_that_tells_nothing_has_zero_inside() -> None:
    one = simulated(1, effects=np.full(3, 0.05))
    found = qini(one.converted, one.treated, one.families, one.segments, [0.1, 0.2, 0.3])
    assert found.coefficient.low <= 0 <= found.coefficient.high
    assert found.gains[-1] > 0


def test_the_right_order_is_told_from_the_wrong_one() -> None:
    one = simulated(2, families=4_000)
    right = qini(one.converted, one.treated, one.families, one.segments, EFFECTS).coefficient
    wrong = qini(one.converted, one.treated, one.families, one.segments, -EFFECTS).coefficient
    assert right.low > 0 > wrong.high
    assert right.value == pytest.approx(-wrong.value)


def test_the_same_seed_gives_the_same_interval_for_any_order_of_rows() -> None:
    one = simulated(3)
    order = np.random.default_rng(0).permutation(len(one.families))
    rows = (one.converted, one.treated, one.families, one.segments)
    assert qini(*rows, EFFECTS).coefficient.low == pytest.approx(
        qini(*(values[order] for values in rows), EFFECTS).coefficient.low, abs=1e-12
    )


def test_a_segment_without_one_of_the_arms_is_named() -> None:
    with pytest.raises(ValueError, match=r"segments \[1\] have no account in an arm"):
        qini(
            np.zeros(4, dtype=bool),
            np.array([True, False, True, True]),
            np.arange(4),
            np.array([0, 0, 1, 1]),
            [0.2, 0.1],
        )
