from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
import pytest

from seg_assets.segmentation import Preprocessor, Reference
from seg_assets.segmentation.growing import KnownIntent, grow, leaf_labels
from seg_assets.segmentation.intent.cross_fit import fit_intent
from seg_assets.segmentation.intent.index import INTENT
from seg_assets.segmentation.stability.assessment import Effort, stability
from seg_assets.segmentation.stability.prepared import Prepared
from seg_assets.segmentation.stability.tree_family import TreeFamily
from seg_assets_tests.segmentation.conftest import Fitted
from seg_assets_tests.segmentation.population import population
from seg_assets_tests.segmentation.small_catalogue import small_catalogue

COUNTS = (2, 3, 5, 8)
WEIGHT = 1.25


@dataclass(frozen=True)
class Guided:
    """A guided family, the fitted snapshot as it prepares it, and the intent that no account's own outcome told."""

    family: TreeFamily
    out_of_fold: np.ndarray
    prepared: Prepared


@pytest.fixture(scope="module")
def guided(fitted: Fitted) -> Guided:
    learned = fit_intent(fitted.outcomes, fitted.catalogue)
    assert learned.index is not None
    family = TreeFamily(fitted.catalogue, fitted.preprocessor, COUNTS, learned.index, WEIGHT)
    out_of_fold = learned.out_of_fold(fitted.snapshot).to_numpy()
    return Guided(family, out_of_fold, family.prepare(fitted.snapshot, out_of_fold))


def indexed(fitted: Fitted) -> pl.DataFrame:
    return fitted.snapshot.with_columns(fitted.preprocessor.reference.index_expressions())


def test_a_refit_is_the_cold_tree_of_a_refresh(fitted: Fitted, guided: Guided) -> None:
    family = guided.family
    assert family.intent is not None
    known = KnownIntent(guided.out_of_fold, family.intent.anchor_odds)
    sample = indexed(fitted)
    cold = grow(sample, fitted.catalogue, fitted.preprocessor, None, known, max(COUNTS), weight=WEIGHT)
    assert family.grow(guided.prepared) == cold.splits
    assert INTENT in {split.condition.column for split in cold.splits}
    bare = TreeFamily(fitted.catalogue, fitted.preprocessor, COUNTS)
    cold = grow(sample, fitted.catalogue, fitted.preprocessor, None, None, max(COUNTS))
    assert bare.grow(bare.prepare(fitted.snapshot)) == cold.splits


def test_each_count_is_the_tree_of_its_first_splits_with_segments_in_the_order_of_its_definitions(
    guided: Guided,
) -> None:
    family, whole = guided.family, guided.prepared
    splits = family.grow(whole)
    found = family.refit(whole, 0)(whole)
    assert found.shape == (len(whole), len(COUNTS))
    for count, labels in zip(COUNTS, found.T, strict=True):
        assert labels.tolist() == leaf_labels(whole.frame, splits[: count - 1]).tolist()
        assert len(np.unique(labels)) == count


def test_accounts_chosen_from_the_prepared_are_assigned_as_all_are(guided: Guided) -> None:
    assign = guided.family.refit(guided.prepared, 0)
    everyone = assign(guided.prepared)
    some = np.arange(3, 3_000, 7)
    chosen = guided.prepared[some]
    assert len(chosen) == len(some)
    assert (assign(chosen) == everyone[some]).all()
    assert (assign(chosen[np.array([5, 1])]) == everyone[some[[5, 1]]]).all()
    assert chosen.frame.equals(guided.prepared.frame[some])
    assert chosen.asked[0].bins.tolist() == guided.prepared.asked[0].bins[some].tolist()


def test_a_refit_depends_on_its_accounts_alone(guided: Guided) -> None:
    """Not on the seed, nor on who else was prepared, but for the thresholds of raw numbers."""
    family, some = guided.family, np.arange(0, 4_000, 2)
    chosen = guided.prepared[some]
    assert (family.refit(chosen, 0)(chosen) == family.refit(chosen, 9)(chosen)).all()
    alone = family.prepare(guided.prepared.population.frame[some].drop(INTENT), guided.out_of_fold[some])
    numbers = {c.column for c in alone.asked if c.thresholds and len(c.thresholds) < 100}
    splits = family.grow(alone)
    assert not numbers & {split.condition.column for split in splits}
    assert family.grow(chosen) == splits


def test_intent_is_the_indexs_own_where_none_is_given(fitted: Fitted, guided: Guided) -> None:
    family = guided.family
    assert family.intent is not None
    expected = fitted.snapshot.select(family.intent.expression()).to_series()
    prepared = family.prepare(fitted.snapshot)
    assert prepared.frame[INTENT].equals(expected)
    assert prepared.intent is not None and (prepared.intent == expected.to_numpy()).all()
    assert guided.prepared.frame[INTENT].to_list() == guided.out_of_fold.tolist()
    assert TreeFamily(fitted.catalogue, fitted.preprocessor, COUNTS).prepare(fitted.snapshot).intent is None


def test_splits_of_another_tree_can_be_asked_too(fitted: Fitted, guided: Guided) -> None:
    """The champion's, whose thresholds no candidate of this population needs to have."""
    splits = fitted.segmentation.splits
    family = replace(guided.family, counts=(len(splits) + 1,))
    assigned = family.assign(splits)(guided.prepared)[:, 0]
    assert assigned.tolist() == leaf_labels(guided.prepared.frame, splits).tolist()


def test_where_no_more_parts_are_large_enough_larger_counts_are_the_largest_tree() -> None:
    catalogue = small_catalogue(limits={"segments": 4, "smallest_share": 0.3})
    frame = population(catalogue, 400)
    family = TreeFamily(catalogue, Preprocessor.fit(frame, catalogue, Reference.fit(frame, catalogue)), (1, 2, 9, 12))
    prepared = family.prepare(frame)
    found = family.refit(prepared, 0)(prepared)
    assert (found[:, 0] == 0).all()
    assert found[:, 1].max() == 1
    assert 1 <= found[:, 2].max() <= 2
    assert (found[:, 2] == found[:, 3]).all()


def test_an_index_without_a_weight_is_refused_and_so_is_a_weight_without_an_index(guided: Guided) -> None:
    for change in ({"weight": None}, {"intent": None}):
        with pytest.raises(ValueError, match="go together"):
            replace(guided.family, **change)


def test_a_snapshot_that_nothing_can_be_asked_of_is_refused() -> None:
    city = small_catalogue().feature("city").model_dump(exclude_unset=True)
    groups = [{"name": "person", "title": "Person"}]
    catalogue = small_catalogue(features=[city, city | {"name": "town"}], groups=groups)
    frame = population(catalogue, 100)
    family = TreeFamily(catalogue, Preprocessor.fit(frame, catalogue, Reference.fit(frame, catalogue)), (2,))
    with pytest.raises(ValueError, match="no usable features"):
        family.prepare(frame.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in ("city", "town")))


def test_the_stability_of_a_family_is_told_for_each_count(fitted: Fitted, guided: Guided) -> None:
    effort = Effort(half=500, splits=2, bootstraps=2, nulls=2, null_splits=1, null_bootstraps=1)
    found = stability(fitted.snapshot, guided.family, intent=guided.out_of_fold, seed=3, effort=effort)
    assert [len(partition.segments) for partition in found] == list(COUNTS)
    assert [segment.position for segment in found[0].segments] == [0, 1]
    assert all(partition.half == 500 for partition in found)
