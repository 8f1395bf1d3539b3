from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seg_assets.segmentation.matching import churn, ended, first_ids, following_ids, matched, overlaps, segment_id

ASSIGNMENTS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4)), min_size=1, max_size=60)


@given(ASSIGNMENTS)
def test_overlaps_count_every_account_once(pairs: list[tuple[int, int]]) -> None:
    champion, challenger = (np.array(side, dtype=np.intp) for side in zip(*pairs, strict=True))
    counts = overlaps(champion, challenger, (4, 5))
    assert counts.sum() == len(pairs)
    assert counts[champion[0], challenger[0]] >= 1


@given(st.permutations(range(4)), st.integers(1, 50))
def test_renumbered_segments_are_recognised_without_churn(order: list[int], size: int) -> None:
    champion = np.repeat(np.arange(4), size)
    challenger = np.array(order)[champion]
    counts = overlaps(champion, challenger, (4, 4))
    pairs = matched(counts)
    assert pairs == {new: old for old, new in enumerate(order)}
    assert churn(counts, pairs) == 0.0


def test_a_segment_that_overlaps_little_is_a_new_one() -> None:
    counts = np.array([[90.0, 10.0, 0.0], [5.0, 30.0, 65.0]])
    assert matched(counts) == {0: 0, 2: 1}


def test_churn_counts_the_accounts_that_a_refresh_alone_moves() -> None:
    counts = np.array([[90.0, 10.0], [0.0, 100.0]])
    assert churn(counts, matched(counts)) == pytest.approx(0.05)


def test_ids_are_never_used_again() -> None:
    ids, highest = following_ids({0: 1}, ["SEG-01", "SEG-02"], 3, highest=7)
    assert ids == ["SEG-02", "SEG-08", "SEG-09"]
    assert highest == 9
    assert segment_id(123) == "SEG-123"


def test_an_ended_segment_names_its_heir() -> None:
    counts = np.array([[10.0, 90.0], [0.0, 50.0]])
    tombs = ended({1: 0}, [("SEG-01", "One"), ("SEG-02", "Two")], ["SEG-03", "SEG-01"], counts)
    assert [(t.segment_id, t.name, t.heir) for t in tombs] == [("SEG-02", "Two", "SEG-01")]


def test_first_ids_follow_conversion_then_size() -> None:
    assert first_ids([10, 30, 20], [0.02, 0.01, 0.05]) == ["SEG-02", "SEG-03", "SEG-01"]
    assert first_ids([10, 30, 20], [None, None, None]) == ["SEG-03", "SEG-01", "SEG-02"]
