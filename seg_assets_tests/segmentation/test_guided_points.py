from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seg_assets.segmentation.candidates import Candidate
from seg_assets.segmentation.clustering import Labels
from seg_assets.segmentation.guided_points import (
    guided,
    guided_candidates,
    guided_points,
    intent_axis,
    intent_share,
    likeness_axes,
)
from seg_assets.segmentation.lift import auc, quintiles


def accounts(rows: int = 20_000, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """(likeness (n, 2), intent (n,) whole points around 50)."""
    random = np.random.default_rng(seed)
    likeness = random.normal(size=(rows, 2)) * np.array([1.5, 1.0])
    return likeness, np.clip(np.round(random.normal(48, 14, rows)), 0, 100)


@pytest.mark.parametrize(
    ("variances", "groups", "axes"),
    [
        ((2.0, 1.0, 0.6, 0.3), 5, 3),
        ((2.0, 0.3, 0.2), 5, 2),
        ((2.0, 1.5, 1.4, 1.3), 1, 2),
        ((2.0, 0.0, 0.0), 5, 1),
    ],
)
def test_likeness_keeps_the_strong_axes_two_at_least_and_two_a_group_at_most(
    variances: tuple[float, ...], groups: int, axes: int
) -> None:
    points = np.random.default_rng(0).normal(size=(5_000, len(variances))) * np.sqrt(variances)
    found = likeness_axes(points, groups)
    assert found.shape == (5_000, axes)
    assert found.var(axis=0) == pytest.approx(variances[:axes], rel=0.1)
    assert found.mean(axis=0) == pytest.approx(np.zeros(axes), abs=1e-8)


def test_accounts_that_are_all_the_same_have_no_likeness() -> None:
    with pytest.raises(ValueError, match="every account of the snapshot is the same"):
        likeness_axes(np.ones((50, 3)), 2)


def test_the_axis_has_the_variance_of_the_strongest_axis_of_likeness() -> None:
    likeness, intent = accounts()
    axis = intent_axis(intent, 0.04, likeness)
    assert axis.var() == pytest.approx(likeness.var(axis=0).max())
    assert axis.mean() == pytest.approx(0, abs=1e-6)


@given(st.lists(st.integers(0, 100), min_size=2, max_size=50), st.floats(0.001, 1.0))
def test_the_axis_never_turns_back(points: list[int], odds: float) -> None:
    intent = np.array(points, dtype=float)
    axis = intent_axis(intent, odds, np.random.default_rng(0).normal(size=(len(points), 1)))
    assert (np.diff(axis[np.argsort(intent, kind="stable")]) >= 0).all()


def test_steps_of_the_axis_by_hand() -> None:
    """Half of the accounts at 50 and half at 51: the one step counts, and it is the whole deviation."""
    intent = np.array([50.0, 51.0, 50.0, 51.0])
    likeness = np.array([[2.0], [-2.0], [2.0], [-2.0]])
    assert intent_axis(intent, 0.1, likeness) == pytest.approx([-2.0, 2.0, -2.0, 2.0])


def test_equal_squares_on_the_axis_lose_less_auc_than_on_the_index() -> None:
    """Four parts cut so that the squares are least: on the index they waste accounts on its thin tails."""
    likeness, intent = accounts(60_000)
    odds = 0.04 * 2 ** ((intent - 50) / 10)
    converted = np.random.default_rng(5).random(len(intent)) < odds / (1 + odds)
    found = []
    for values in (intent, intent_axis(intent, 0.04, likeness)):
        cuts = least_squares_cuts(values, intent, 4)
        found.append(auc(np.searchsorted(cuts, intent, side="right"), converted))
    assert found[1] > found[0] + 0.003


def least_squares_cuts(values: np.ndarray, intent: np.ndarray, parts: int) -> list[float]:
    """Whole points of intent that part `values` into intervals with the least squares, by k-means on one line."""
    centres = np.quantile(values, (np.arange(parts) + 0.5) / parts)
    for _ in range(200):
        labels = np.abs(values[:, None] - centres).argmin(axis=1)
        centres = np.array([values[labels == part].mean() for part in range(parts)])
    return [float(intent[labels == part].min()) for part in range(1, parts)]


def test_the_share_of_intent_by_hand() -> None:
    """Segments 2 apart along likeness and 4 along intent: 16 of 20 parts."""
    likeness, axis = np.array([[0.0], [2.0]]), np.array([0.0, 4.0])
    assert intent_share(likeness, axis, np.array([0, 1])) == pytest.approx(0.8)
    assert intent_share(likeness, axis, np.array([7, 7])) == 0.0


def test_deciles_of_intent_are_all_intent() -> None:
    likeness, intent = accounts()
    axis = intent_axis(intent, 0.04, likeness)
    assert intent_share(likeness, axis, quintiles(intent)) > 0.99


def by_weight(points: np.ndarray) -> tuple[float, Labels]:
    """Segments by the stronger of the two axes: intent as soon as its variance is above that of likeness."""
    strongest = int(np.argmax(points.var(axis=0)))
    return float(points[:, -1].std()), (points[:, strongest] > 0).astype(np.intp)


def test_the_highest_weight_within_the_limit_is_taken() -> None:
    likeness, intent = accounts()
    found = guided(by_weight, likeness, intent_axis(intent, 0.04, likeness))
    assert found.weight in (0.75, 1.0)
    assert found.intent_share <= 0.40
    assert found.grown == pytest.approx(found.weight * likeness.std(axis=0).max())


def test_the_weight_in_force_stays_while_it_is_within_its_limit() -> None:
    likeness, intent = accounts()
    axis = intent_axis(intent, 0.04, likeness)
    assert guided(by_weight, likeness, axis, champion=0.5).weight == 0.5
    assert guided(by_weight, likeness, axis, champion=2.5).weight in (0.75, 1.0)


def test_where_no_weight_is_within_the_limit_the_smallest_is_taken() -> None:
    likeness, intent = accounts()

    def only_intent(points: np.ndarray) -> tuple[None, Labels]:
        return None, (points[:, -1] > 0).astype(np.intp)

    assert guided(only_intent, likeness, intent_axis(intent, 0.04, likeness)).weight == 0.25


def test_points_keep_likeness_and_weigh_intent() -> None:
    likeness, _ = accounts(10)
    points = guided_points(likeness, np.arange(10.0), 2.0)
    assert (points[:, :2] == likeness).all()
    assert points[:, 2].tolist() == [2.0 * n for n in range(10)]


def test_intent_is_asked_about_after_the_other_indices() -> None:
    bins = np.zeros(3, dtype=np.uint8)
    others = [Candidate(name, bins, thresholds=(1.0,)) for name in ("stage", "size", "region")]
    found = guided_candidates(others, np.array([0.0, 50.0, 100.0]), "size")
    assert [candidate.column for candidate in found] == ["stage", "size", "intent", "region"]
    assert found[2].bins.tolist() == [0, 50, 100]
    assert found[2].size == 101
    assert guided_candidates(others, np.zeros(3), None)[0].column == "intent"
