"""Merging cells into classes: as good as trying every way."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seg_assets.segmentation.conversion.candidates.merging import merged, shrunk_rates, summed

CELLS = st.lists(st.tuples(st.integers(0, 500), st.integers(0, 60)), min_size=1, max_size=8)


def within(rates: np.ndarray, weights: np.ndarray, classes: np.ndarray) -> float:
    total = 0.0
    for one in np.unique(classes):
        own, weight = rates[classes == one], weights[classes == one]
        mean = (own * weight).sum() / weight.sum() if weight.sum() else 0.0
        total += float((weight * (own - mean) ** 2).sum())
    return total


@given(cells=CELLS, count=st.integers(1, 8))
def test_no_other_cut_of_the_ordered_cells_has_less_variance_within(cells, count):
    counts = np.array(cells, dtype=np.float64)
    found = merged(counts, count, 30.0)
    rates, weights = shrunk_rates(counts, 30.0), counts.sum(axis=1)
    order = np.argsort(rates, kind="stable")
    order = order[weights[order] > 0]
    classes = min(count, max(len(order), 1))
    best = min(
        within(rates[order], weights[order], np.searchsorted(cut, np.arange(len(order)), side="right"))
        for cut in combinations(range(1, max(len(order), 1)), classes - 1)
    )
    assert within(rates, weights, found) <= best + 1e-9
    assert set(found) == set(range(classes))
    assert (np.diff(found[order]) >= 0).all()


def test_a_cell_that_training_never_saw_is_in_the_class_nearest_to_the_rate_of_all():
    counts = np.array([[900.0, 10.0], [0.0, 0.0], [500.0, 500.0], [700.0, 300.0]])
    assert merged(counts, 3, 30.0).tolist() == [0, 1, 2, 1]


def test_as_many_classes_as_cells_keeps_every_cell():
    counts = np.array([[10.0, 5.0], [10.0, 1.0], [10.0, 3.0]])
    assert merged(counts, 3, 30.0).tolist() == merged(counts, 9, 30.0).tolist() == [2, 0, 1]


def test_rates_are_drawn_to_the_rate_of_all_by_so_many_accounts():
    counts = np.array([[0.0, 10.0], [90.0, 0.0], [0.0, 0.0]])
    assert shrunk_rates(counts, 30.0) == pytest.approx([(10 + 3) / 40, 3 / 120, 0.1])
    assert shrunk_rates(np.zeros((2, 2)), 30.0).tolist() == [0.0, 0.0]


def test_counts_of_cells_add_up_to_those_of_classes():
    counts = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    assert summed(counts, np.array([1, 0, 1])).tolist() == [[3.0, 4.0], [6.0, 8.0]]
