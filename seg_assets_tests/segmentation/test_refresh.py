from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from seg_assets.catalogs import Catalogue
from seg_assets.segmentation import Outcomes, Preprocessor, Reference, Segmentation, fit, profile
from seg_assets_tests.segmentation.conftest import Fitted
from seg_assets_tests.segmentation.population import conversions, population
from seg_assets_tests.segmentation.small_catalogue import small_catalogue


def fit_small(
    catalogue: Catalogue, frame: pl.DataFrame, champion: Segmentation | None = None, outcomes: Outcomes | None = None
) -> Segmentation:
    reference = champion.reference if champion else Reference.fit(frame, catalogue)
    return fit(frame, catalogue, champion, outcomes, preprocessor=Preprocessor.fit(frame, catalogue, reference))


def test_segments_are_as_many_and_as_large_as_the_catalogue_asks(fitted: Fitted) -> None:
    limits = fitted.catalogue.limits
    shares = fitted.segmentation.assign(fitted.snapshot).collect()["segment_id"].value_counts(normalize=True)
    assert shares.height == len(fitted.segmentation.segments) == limits.segments
    assert shares["proportion"].min() >= limits.smallest_share
    for segment in fitted.segmentation.segments:
        assert all(1 <= len(box.conditions) <= limits.conditions for box in segment.definition.boxes)


def test_readable_segments_explain_most_of_what_free_ones_do(fitted: Fitted) -> None:
    assert fitted.segmentation.metrics["explained_of_free"] > 0.7
    assert 0 < fitted.segmentation.metrics["explained_variance"] < 1


def test_the_same_inputs_in_another_order_give_the_same_segmentation(fitted: Fitted) -> None:
    again = fit(
        fitted.snapshot.reverse(),
        fitted.catalogue,
        None,
        fitted.outcomes,
        preprocessor=fitted.preprocessor,
        previous=None,
    )
    assert again.splits == fitted.segmentation.splits
    assert [s.name for s in again.segments] == [s.name for s in fitted.segmentation.segments]


def test_a_quiet_month_keeps_ids_names_and_definitions(fitted: Fitted) -> None:
    preprocessor = Preprocessor.fit(fitted.later, fitted.catalogue, fitted.preprocessor.reference)
    refreshed = fit(fitted.later, fitted.catalogue, fitted.segmentation, None, preprocessor=preprocessor)
    before = {segment.segment_id: segment.name for segment in fitted.segmentation.segments}
    after = {segment.segment_id: segment.name for segment in refreshed.segments}
    assert after == before
    assert refreshed.metrics["churn"] <= 0.02
    assert refreshed.tombstones == ()


def test_a_population_that_changed_gets_new_segments_with_new_ids() -> None:
    catalogue = small_catalogue()
    champion = fit_small(catalogue, population(catalogue, 2_000))
    changed = population(catalogue, 2_000, seed=9).with_columns(
        city=pl.lit("south"), visits=pl.col("age") * 3, orders=pl.lit(1.0), clicks=pl.lit(0.0)
    )
    challenger = fit_small(catalogue, changed, champion)
    new = {s.segment_id for s in challenger.segments} - {s.segment_id for s in champion.segments}
    assert new
    assert min(int(i.removeprefix("SEG-")) for i in new) > champion.highest_id
    assert challenger.highest_id == champion.highest_id + len(new)
    gone = {s.segment_id for s in champion.segments} - {s.segment_id for s in challenger.segments}
    assert {t.segment_id for t in challenger.tombstones} == gone
    assert challenger.metrics["churn"] > 0.02


def test_tombstones_and_the_highest_id_are_handed_on() -> None:
    catalogue = small_catalogue()
    frame = population(catalogue, 2_000)
    champion = fit_small(catalogue, frame)
    fewer = small_catalogue(limits={"segments": 2})
    smaller = fit_small(fewer, frame, champion)
    regrown = fit_small(catalogue, frame, smaller)
    assert len(smaller.tombstones) == 2
    assert regrown.tombstones[:2] == smaller.tombstones
    ended = {t.segment_id for t in smaller.tombstones}
    assert not ended & {s.segment_id for s in regrown.segments}
    assert all({*t.heirs} <= {s.segment_id for s in smaller.segments} for t in smaller.tombstones)
    assert [t.fate for t in smaller.tombstones if not t.heirs] == []


def test_a_catalogue_with_one_table_one_snapshot_and_no_outcomes_works() -> None:
    catalogue = small_catalogue()
    frame = population(catalogue, 2_000)
    segmentation = fit_small(catalogue, frame)
    scores = segmentation.assign(frame).collect()
    assert scores["segment_id"].n_unique() == len(segmentation.segments) == 4
    assert scores["confidence"].null_count() == scores.height
    assert scores["action"].null_count() == scores.height
    assert 0 < scores["second_segment_id"].null_count() < scores.height
    sizes = scores["segment_id"].value_counts().sort("segment_id")["count"].to_list()
    assert sizes == sorted(sizes, reverse=True)
    table = profile(segmentation, frame, catalogue, None)
    assert table["arr"].null_count() == table["play"].null_count() == table.height
    assert Segmentation.from_json(segmentation.to_json()) == segmentation


def test_outcomes_that_landed_with_the_accounts_number_the_segments() -> None:
    catalogue = small_catalogue()
    frame = population(catalogue, 2_000)
    outcomes = Outcomes(frame.with_columns(conversions(frame, "orders", rate=0.2)).lazy())
    rates = profile(fit_small(catalogue, frame, None, outcomes), frame, catalogue, outcomes)[
        "conversion_rate"
    ].to_list()
    assert rates == sorted(rates, reverse=True)
    assert rates[0] > rates[-1]


def test_matured_outcomes_guide_the_segments_within_the_limit(fitted: Fitted) -> None:
    guided = fitted.segmentation
    blind = fit(fitted.snapshot, fitted.catalogue, None, None, preprocessor=fitted.preprocessor)
    assert guided.intent is not None and guided.intent_weight is not None
    assert 0 < guided.metrics["intent_share"] <= 0.40
    assert blind.intent is None and blind.intent_weight is None
    assert blind.splits != guided.splits


def test_a_refresh_without_labels_keeps_the_index_in_force(fitted: Fitted) -> None:
    """70 has to mean the same next month, also where no label has matured for it."""
    following = fit(fitted.snapshot, fitted.catalogue, fitted.segmentation, None, preprocessor=fitted.preprocessor)
    assert following.intent == fitted.segmentation.intent
    assert following.metrics["churn"] < 0.05


def test_a_snapshot_that_cannot_be_split_is_one_segment() -> None:
    catalogue = small_catalogue(limits={"segments": 2, "smallest_share": 0.49})
    frame = population(catalogue, 300).with_columns(
        age=pl.lit(1.0), city=pl.lit("north"), member=pl.lit(True), orders=pl.lit(1.0), clicks=pl.lit(1.0)
    )
    frame = frame.with_columns(visits=pl.when(pl.int_range(pl.len()) < 10).then(5.0).otherwise(1.0))
    segmentation = fit_small(catalogue, frame)
    assert [s.segment_id for s in segmentation.segments] == ["SEG-00"]
    assert segmentation.assign(frame).collect()["segment_id"].n_unique() == 1
    assert profile(segmentation, frame, catalogue, None)["accounts"].to_list() == [300]


def test_too_few_accounts_say_how_many_are_needed(fitted: Fitted) -> None:
    with pytest.raises(ValueError, match=r"399 accounts are too few for 8 segments: at least 400"):
        fit(fitted.snapshot.head(399), fitted.catalogue, None, None, preprocessor=fitted.preprocessor)


def test_accounts_that_are_all_the_same_are_an_error(fitted: Fitted) -> None:
    names = fitted.catalogue.feature_names
    blank = fitted.snapshot.with_columns(
        pl.lit(None, dtype=fitted.snapshot[name].dtype).alias(name) for name in names
    ).with_columns(product_usage_applicable=True)
    with pytest.raises(ValueError, match="no usable features"):
        fit(blank, fitted.catalogue, None, None, preprocessor=fitted.preprocessor)


def test_months_keep_their_definitions_while_accounts_move() -> None:
    catalogue = small_catalogue()
    champion: Segmentation | None = None
    for monday in (date(2026, 4, 27), date(2026, 5, 25), date(2026, 6, 29)):
        frame = population(catalogue, 3_000, monday=monday, drift=0.3)
        refreshed = fit_small(catalogue, frame, champion)
        if champion:
            assert refreshed.metrics["churn"] <= 0.05
        champion = refreshed


def test_segments_after_everyone_are_first_ones_with_new_numbers(fitted: Fitted) -> None:
    """SEG-00 is no segment that another could continue, and numbers that were issued before it stay issued."""
    everyone = fit(
        fitted.snapshot, fitted.catalogue, fitted.segmentation, None, preprocessor=fitted.preprocessor, count=1
    )
    assert [(s.segment_id, s.name) for s in everyone.segments] == [("SEG-00", "Everyone")]
    assert everyone.highest_id == fitted.segmentation.highest_id == 8
    after = fit(fitted.snapshot, fitted.catalogue, everyone, fitted.outcomes, preprocessor=fitted.preprocessor, count=3)
    assert [s.segment_id for s in after.segments] == ["SEG-09", "SEG-10", "SEG-11"]
    assert "churn" not in after.metrics and not after.tombstones
