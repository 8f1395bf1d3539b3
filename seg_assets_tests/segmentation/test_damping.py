from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from seg_assets.segmentation.candidates import Candidate
from seg_assets.segmentation.clustering import Labels, explained_variance
from seg_assets.segmentation.damping import damped
from seg_assets.segmentation.definitions import Condition, Test
from seg_assets.segmentation.growing import leaf_labels
from seg_assets.segmentation.tree import Split, TreeGrower

ACCOUNTS = 4_000
PLACES = np.random.default_rng(0).integers(0, 101, size=(2, ACCOUNTS))


def grower(target: np.ndarray, champion: dict[str, Condition]) -> TreeGrower:
    """Accounts with two indices, of which both may be asked."""
    frame = pl.DataFrame({"width": PLACES[0].astype(float), "height": PLACES[1].astype(float)})
    steps = tuple(float(point) for point in range(1, 101))
    asked = [
        Candidate(name, values.astype(np.uint8), thresholds=steps)
        for name, values in zip(frame.columns, PLACES, strict=True)
    ]
    return TreeGrower(frame, target, asked, champion)


def least_moved(
    target: np.ndarray, champion: dict[str, Condition], chances: np.ndarray | None = None
) -> dict[str, Condition]:
    start = grower(target, champion)
    splits = damped(start, 0.03, 4, lambda splits: leaf_labels(start.frame, splits), chances)
    return {split.path: split.condition for split in splits}


def grown_anew(target: np.ndarray, leaves: int = 4) -> dict[str, Condition]:
    return {split.path: split.condition for split in grower(target, {}).grow(leaves, 0.03, 4)}


def at_least(column: str, threshold: float) -> Condition:
    return Condition(column, Test.AT_LEAST, threshold)


def quarters(noise: float = 0.3, at: float = 50.0) -> np.ndarray:
    """Two axes: right of `at`, above `at`; the first counts a little more."""
    clear = np.column_stack([1.05 * (PLACES[0] >= at), 1.0 * (PLACES[1] >= at)])
    return clear + noise * np.random.default_rng(1).normal(size=clear.shape)


def explained(target: np.ndarray, tree: dict[str, Condition]) -> float:
    frame = grower(target, {}).frame
    labels: Labels = leaf_labels(frame, tuple(Split(path, condition) for path, condition in tree.items()))
    return explained_variance(target, labels)


def test_a_tree_that_asks_in_another_order_is_as_good_and_stays() -> None:
    """Height first explains less at the root, by more than the tolerance of a split, and the same in the end."""
    champion = {"": at_least("height", 50), "1": at_least("width", 50), "0": at_least("width", 50)}
    target = quarters()
    assert least_moved(target, champion) == champion
    assert grown_anew(target)[""].column == "width"


def test_a_champion_that_lags_is_left_behind_no_further_than_it_has_to() -> None:
    target = quarters()
    champion = {"": at_least("height", 50), "1": at_least("width", 50), "0": at_least("width", 80)}
    found = least_moved(target, champion)
    assert found["1"] == champion["1"]
    assert found["0"] == pytest.approx(champion["0"]) or abs(found["0"].threshold - 50) <= 2
    assert explained(target, found) >= explained(target, grown_anew(target)) - 0.01


def test_nothing_of_a_champion_stays_where_all_has_changed() -> None:
    target = quarters(at=20.0)
    champion = {"": at_least("height", 70), "1": at_least("height", 90), "0": at_least("height", 50)}
    found = least_moved(target, champion)
    assert {condition.column for condition in found.values()} == {"height", "width"}
    assert explained(target, found) == pytest.approx(explained(target, grown_anew(target)), abs=0.01)


def test_a_tree_that_explains_as_much_but_ranks_worse_lags() -> None:
    """At 30,000 accounts of the sample two trees explained the same to 0.003, and differed by 0.012 of AUC."""
    target = quarters(noise=1.5)
    champion = {"": at_least("height", 50), "1": at_least("width", 50), "0": at_least("width", 58)}
    assert least_moved(target, champion) == champion
    assert least_moved(target, champion, np.full(ACCOUNTS, 0.02)) == champion
    assert least_moved(target, champion, np.where(PLACES[0] >= 50, 0.3, 0.02)) != champion
