from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seg_assets.segmentation import lift
from seg_assets.segmentation.conversion import measures

# Ten accounts in three classes, worst first: (others, converted) 3 and 0; 3 and 1; 1 and 2.
HAND = np.array([[3.0, 0.0], [3.0, 1.0], [1.0, 2.0]])
ONE_PART = np.zeros(3, dtype=np.intp)
WHOLE = st.integers(0, 6)


def test_auc_by_hand() -> None:
    """21 pairs: the converted of class 1 beat 3 and tie with 3, those two of class 2 beat 6 and tie with 1 each."""
    assert measures.auc(HAND, ONE_PART) == pytest.approx((3 + 1.5 + 2 * 6.5) / 21)


def test_lift_and_capture_take_the_last_class_pro_rata() -> None:
    """The best 5 of 10: all of class 2 (2 converted of 3), then half of class 1's four, with half of its one."""
    found, contacted = measures.captured(HAND, ONE_PART, np.array([0.5]))
    assert (found, contacted) == (2.5, 5)
    assert measures.capture(found, HAND) == pytest.approx(2.5 / 3)
    assert measures.lift(found, contacted, HAND) == pytest.approx((2.5 / 5) / 0.3)


def test_information_value_by_hand() -> None:
    """With half an account more: converted 0.5, 1.5, 2.5 of 4.5, others 3.5, 3.5, 1.5 of 8.5."""
    p, q = np.array([0.5, 1.5, 2.5]) / 4.5, np.array([3.5, 3.5, 1.5]) / 8.5
    assert measures.information_value(HAND) == pytest.approx(((p - q) * np.log(p / q)).sum())
    # Converted 3.5 and 1.5 of 5, others 1.5 and 3.5 of 5; a class without accounts is none.
    counts = np.array([[1.0, 3.0], [3.0, 1.0], [0.0, 0.0]])
    assert measures.information_value(counts) == pytest.approx(0.8 * np.log(7 / 3))


def test_mutual_information_by_hand() -> None:
    """Two classes that tell all: ln 2; that tell nothing: 0."""
    assert measures.mutual_information(np.array([[5.0, 0.0], [0.0, 5.0]])) == pytest.approx(np.log(2))
    assert measures.mutual_information(np.array([[8.0, 2.0], [4.0, 1.0]])) == pytest.approx(0)


def test_accounts_are_ranked_among_those_of_their_own_part() -> None:
    """Part 0 ranks its one pair right, part 1 its two wrong; pairs across parts are none."""
    counts, parts = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0], [2.0, 0.0]]), np.array([0, 0, 1, 1])
    assert measures.auc(counts, parts) == pytest.approx(1 / 3)
    found, contacted = measures.captured(counts, parts, np.array([0.5, 1 / 3]))
    assert (found, contacted) == (1, 2)


def test_without_both_kinds_of_accounts_figures_are_unknown() -> None:
    for counts in (np.array([[3.0, 0.0], [4.0, 0.0], [1.0, 0.0]]), np.array([[0.0, 3.0], [0.0, 4.0], [0.0, 1.0]])):
        assert np.isnan(measures.auc(counts, ONE_PART))
        assert np.isnan(measures.information_value(counts))
        assert np.isnan(measures.mutual_information(counts))


def test_one_class_ranks_nobody() -> None:
    counts, parts = np.array([[7.0, 3.0]]), np.zeros(1, dtype=np.intp)
    assert measures.auc(counts, parts) == 0.5
    found, contacted = measures.captured(counts, parts, np.array([0.2]))
    assert measures.lift(found, contacted, counts) == pytest.approx(1)
    assert measures.information_value(counts) == 0
    assert measures.mutual_information(counts) == 0


@given(st.lists(st.lists(st.tuples(WHOLE, WHOLE), min_size=4, max_size=4), min_size=1, max_size=4))
def test_many_draws_at_once_are_each_draw_alone(draws: list[list[tuple[int, int]]]) -> None:
    counts, parts, shares = np.array(draws, dtype=float), np.array([0, 0, 1, 1]), np.array([0.2, 0.7])
    for place, alone in enumerate(counts):
        for measure in (measures.information_value, measures.mutual_information):
            np.testing.assert_allclose(measure(counts)[place], measure(alone))
        np.testing.assert_allclose(measures.auc(counts, parts)[place], measures.auc(alone, parts))
        many, one = measures.captured(counts, parts, shares), measures.captured(alone, parts, shares)
        np.testing.assert_allclose([part[place] for part in many], one)


@given(st.lists(st.tuples(WHOLE, WHOLE), min_size=3, max_size=3))
def test_one_part_is_the_plain_auc(cells: list[tuple[int, int]]) -> None:
    counts = np.array(cells, dtype=float)
    if counts.sum(axis=0).all():
        assert measures.auc(counts, ONE_PART) == pytest.approx(lift.auc_of_counts(counts[:, 1], counts[:, 0]))


@given(st.lists(st.tuples(WHOLE, WHOLE), min_size=3, max_size=3), st.floats(0, 1))
def test_the_best_share_and_the_rest_are_all(cells: list[tuple[int, int]], share: float) -> None:
    """The best share of a ranking and the best of the other share of the ranking turned round share out everyone."""
    counts = np.array(cells, dtype=float)
    best, _ = measures.captured(counts, ONE_PART, np.array([share]))
    rest, _ = measures.captured(counts[::-1], ONE_PART, np.array([1 - share]))
    assert best + rest == pytest.approx(counts[:, 1].sum())
