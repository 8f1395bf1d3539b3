from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seg_assets.segmentation.matching import churn, cosines, first_ids, following_ids, matched, overlaps, segment_id

ASSIGNMENTS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4)), min_size=1, max_size=60)


def by_accounts(counts: np.ndarray) -> dict[int, int]:
    return matched(counts, np.zeros_like(counts))


@given(ASSIGNMENTS)
def test_overlaps_count_every_account_once(pairs: list[tuple[int, int]]) -> None:
    champion, challenger = (np.array(side, dtype=np.intp) for side in zip(*pairs, strict=True))
    counts = overlaps(champion, challenger, (4, 5))
    assert counts.sum() == len(pairs)
    assert counts[champion[0], challenger[0]] >= 1


@settings(deadline=None)
@given(st.permutations(range(4)), st.integers(1, 50))
def test_renumbered_segments_are_recognised_without_churn(order: list[int], size: int) -> None:
    champion = np.repeat(np.arange(4), size)
    challenger = np.array(order)[champion]
    counts = overlaps(champion, challenger, (4, 4))
    pairs = by_accounts(counts)
    assert pairs == {new: old for old, new in enumerate(order)}
    assert churn(counts, pairs) == 0.0


def test_a_segment_that_overlaps_little_is_a_new_one() -> None:
    assert by_accounts(np.array([[90.0, 10.0, 0.0], [5.0, 30.0, 65.0]])) == {0: 0, 2: 1}


def test_accounts_that_moved_on_leave_their_id_to_the_same_kind() -> None:
    counts = np.array([[100.0, 0.0, 0.0], [90.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    alike = np.array([[0.99, 0.99, 0.99], [0.2, 0.91, 0.95], [0.1, 0.95, 0.89]])
    assert matched(counts, alike) == {0: 0, 1: 2, 2: 1}


def test_who_is_matched_by_accounts_is_not_matched_by_kind() -> None:
    counts = np.array([[100.0, 0.0], [0.0, 0.0]])
    assert matched(counts, np.array([[0.1, 1.0], [1.0, 0.1]])) == {0: 0}


def test_kinds_that_are_not_alike_enough_are_not_matched() -> None:
    assert matched(np.zeros((2, 2)), np.array([[0.89, 0.5], [0.0, -1.0]])) == {}


@settings(deadline=None)
@given(st.lists(st.lists(st.floats(-1, 1), min_size=3, max_size=3), min_size=4, max_size=4), ASSIGNMENTS)
def test_each_segment_continues_at_most_one_and_is_continued_at_most_once(
    alike: list[list[float]], pairs: list[tuple[int, int]]
) -> None:
    champion, challenger = (np.array(side, dtype=np.intp) for side in zip(*pairs, strict=True))
    counts = overlaps(champion, challenger % 3, (4, 3))
    found = matched(counts, np.array(alike))
    assert len(set(found.values())) == len(found)
    assert {**found, **by_accounts(counts)} == found


def test_cosines_are_by_pair_of_segments() -> None:
    one, other = (("a", 1.0), ("b", 0.0)), (("a", 0.0), ("b", 2.0))
    assert cosines([one, other], [other]).tolist() == [[0.0], [1.0]]
    assert cosines([], [one]).shape == (0, 1)


def test_churn_counts_the_accounts_that_a_refresh_alone_moves() -> None:
    counts = np.array([[90.0, 10.0], [0.0, 100.0]])
    assert churn(counts, by_accounts(counts)) == pytest.approx(0.05)


def test_ids_are_never_used_again() -> None:
    ids, highest = following_ids({0: 1}, ["SEG-01", "SEG-02"], 3, highest=7)
    assert ids == ["SEG-02", "SEG-08", "SEG-09"]
    assert highest == 9
    assert segment_id(123) == "SEG-123"


def test_first_ids_follow_conversion_then_size() -> None:
    assert first_ids([10, 30, 20], [0.02, 0.01, 0.05]) == ["SEG-02", "SEG-03", "SEG-01"]
    assert first_ids([10, 30, 20], [None, None, None]) == ["SEG-03", "SEG-01", "SEG-02"]
