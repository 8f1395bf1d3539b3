"""Each gate stops what the issue says it stops, and says what it saw."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from seg_assets.catalogs import default_catalogue
from seg_assets.catalogs.model import Cutoff
from seg_assets.segmentation.count.gates import (
    cutoff_gate,
    group_gate,
    holm,
    intent_gate,
    interval_gate,
    neighbour_gate,
    size_gate,
)
from seg_assets.segmentation.stability.verdict import Gate

CATALOGUE = default_catalogue()


def outcomes(*rates: float, accounts: int = 20_000) -> np.ndarray:
    return np.array([[accounts * (1 - rate), accounts * rate] for rate in rates])


def test_a_cutoff_passes_warns_and_stops() -> None:
    cutoff = Cutoff(passes=0.75, blocks=0.6)
    states = [cutoff_gate("worst Jaccard", value, cutoff).state for value in (0.75, 0.74, 0.6, 0.59)]
    assert states == [Gate.PASS, Gate.WARN, Gate.WARN, Gate.BLOCK]


def test_a_small_segment_is_stopped_unless_it_holds_value() -> None:
    shares = np.array([0.5, 0.48, 0.02])
    assert size_gate(shares, None, CATALOGUE).state is Gate.BLOCK
    assert size_gate(shares, np.array([0.1, 0.1, 0.8]), CATALOGUE).state is Gate.PASS
    assert size_gate(shares, np.array([0.5, 0.48, 0.02]), CATALOGUE).state is Gate.BLOCK


def test_a_rate_that_is_hardly_known_warns() -> None:
    known = interval_gate(outcomes(0.02, 0.10), CATALOGUE)
    hardly = interval_gate(outcomes(0.02, 0.10, accounts=300), CATALOGUE)
    assert known is not None and known.state is Gate.PASS
    assert hardly is not None and hardly.state is Gate.WARN
    assert interval_gate(None, CATALOGUE) is None


def test_neighbours_differ_in_rate_or_on_two_groups() -> None:
    nearest = np.array([1, 0])
    alike, apart = np.zeros((1, 2, 3)), np.array([[[0.0, 0.0, 0.0], [0.6, -0.6, 0.0]]])
    one_group = np.array([[[0.0, 0.0, 0.0], [2.0, 0.1, 0.1]]])
    two_axes = np.array([[[0.0, 0.0, 0.0], [0.6, 0.1, 0.0]], [[0.0, 0.0, 0.0], [0.6, -0.6, 0.0]]])
    same, other = outcomes(0.03, 0.03), outcomes(0.03, 0.05)
    assert neighbour_gate(nearest, same, alike, CATALOGUE).state is Gate.BLOCK
    assert neighbour_gate(nearest, same, one_group, CATALOGUE).state is Gate.BLOCK
    assert neighbour_gate(nearest, same, apart, CATALOGUE).state is Gate.PASS
    assert neighbour_gate(nearest, same, two_axes, CATALOGUE).state is Gate.PASS
    assert neighbour_gate(nearest, same, two_axes[:1], CATALOGUE).state is Gate.BLOCK
    assert neighbour_gate(nearest, other, alike, CATALOGUE).state is Gate.PASS


def test_a_rate_ratio_that_chance_explains_is_no_difference() -> None:
    few = outcomes(0.03, 0.05, accounts=100)
    assert neighbour_gate(np.array([1, 0]), few, np.zeros((1, 2, 3)), CATALOGUE).state is Gate.BLOCK


def test_one_group_alone_and_intent_alone_are_stopped() -> None:
    names = ("firmographic", "usage")
    assert group_gate(np.array([0.61, 0.39]), names, CATALOGUE).state is Gate.BLOCK
    assert group_gate(np.array([0.60, 0.40]), names, CATALOGUE).state is Gate.PASS
    assert intent_gate(None, 0.4) is None
    assert [gate.state for gate in (intent_gate(0.41, 0.4), intent_gate(0.40, 0.4)) if gate] == [Gate.BLOCK, Gate.PASS]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_never_lowers_a_p_value_and_keeps_their_order(values: list[float]) -> None:
    p = np.array(values)
    adjusted = holm(p)
    assert (adjusted >= p - 1e-12).all() and (adjusted <= 1).all()
    assert (adjusted <= np.minimum(p * len(p), 1.0) + 1e-12).all()
    order = np.argsort(p, kind="stable")
    assert (np.diff(adjusted[order]) >= 0).all()


def test_holm_gives_the_textbook_values() -> None:
    assert np.allclose(holm(np.array([0.01, 0.04, 0.03, 0.005])), [0.03, 0.06, 0.06, 0.02])
