from __future__ import annotations

from math import log2

import numpy as np
import polars as pl
import pytest

from seg_assets.segmentation import Outcomes
from seg_assets.segmentation.intent.cross_fit import IntentFit, calibration, fit_intent
from seg_assets.segmentation.intent.index import INTENT, IntentIndex
from seg_assets.segmentation.intent.rows import FOLDS, folds_of
from seg_assets.segmentation.lift import auc
from seg_assets_tests.segmentation.conftest import Fitted
from seg_assets_tests.segmentation.leads import leads
from seg_assets_tests.segmentation.small_catalogue import small_catalogue

CATALOGUE = small_catalogue()


@pytest.fixture(scope="module")
def learned() -> IntentFit:
    return fit_intent(Outcomes(leads(12_000).lazy()), CATALOGUE)


def index_of(fit: IntentFit) -> IntentIndex:
    assert fit.index is not None, fit.reason
    return fit.index


def test_the_index_ranks_new_accounts_nearly_as_the_truth_does(learned: IntentFit) -> None:
    new = leads(12_000, seed=1).with_columns(index_of(learned).expression())
    assert auc(new[INTENT], new["converted"]) > auc(new["log_odds"], new["converted"]) - 0.01


def test_fifty_is_the_anchor_and_ten_points_double_the_odds(learned: IntentFit) -> None:
    index = index_of(learned)
    odds = leads(12_000)["converted"].mean()
    assert isinstance(odds, float)
    assert index.anchor_odds == pytest.approx(odds / (1 - odds))
    points = pl.DataFrame({"points": [50.0, 60.0, 70.0]})
    found = points.select(index.probability(pl.col("points"))).to_series()
    assert (found / (1 - found)).to_list() == pytest.approx([index.anchor_odds * factor for factor in (1, 2, 4)])


def test_the_index_is_calibrated_on_accounts_it_has_not_seen(learned: IntentFit) -> None:
    new = leads(20_000, seed=2).with_columns(index_of(learned).expression())
    new = new.with_columns(expected=index_of(learned).probability(pl.col(INTENT)))
    for part in new.sort(INTENT).iter_slices(5_000):
        expected, found = part["expected"].mean(), part["converted"].mean()
        assert abs(found - expected) < 4 * np.sqrt(expected * (1 - expected) / 5_000) + 0.01


def test_seventy_means_the_same_when_twice_as_many_convert(learned: IntentFit) -> None:
    """A later month with other odds keeps the anchor of the first: the points rise, their meaning stays."""
    champion = index_of(learned)
    richer = index_of(fit_intent(Outcomes(leads(12_000, intercept=-1.8).lazy()), CATALOGUE, champion=champion))
    assert richer.anchor_odds == champion.anchor_odds
    new = leads(12_000, seed=1, intercept=-1.8)
    before, after = (new.select(index.expression()).to_series() for index in (champion, richer))
    assert (after - before).mean() == pytest.approx(10 * log2(np.exp(0.7)), abs=1.5)
    expected = after.to_frame().select(richer.probability(pl.col(INTENT))).to_series().mean()
    assert expected == pytest.approx(new["converted"].mean(), abs=0.015)  # type: ignore[arg-type]


def test_a_refresh_goes_half_of_the_way(learned: IntentFit) -> None:
    """Another draw of the same month moves the points of a bin half as much as it would by itself."""
    champion, other = index_of(learned), Outcomes(leads(3_000, seed=5, intercept=-1.8).lazy())
    alone, refreshed = (index_of(fit_intent(other, CATALOGUE, champion=c)) for c in (None, champion))
    for level in ("north", "south", "east"):
        values = [points(index, "city", level) for index in (champion, alone, refreshed)]
        assert values[2] == pytest.approx((values[0] + values[1]) / 2, abs=0.11)
    thresholds = [next(i.bins.thresholds for i in x.items if i.bins.feature == "visits") for x in (champion, refreshed)]
    assert thresholds[0] == thresholds[1]


def test_a_refresh_on_the_same_outcomes_changes_next_to_nothing(learned: IntentFit) -> None:
    frame = leads(12_000)
    again = index_of(fit_intent(Outcomes(frame.lazy()), CATALOGUE, champion=index_of(learned)))
    before, after = (frame.select(index.expression()).to_series() for index in (index_of(learned), again))
    assert (before != after).mean() < 0.02
    assert (before - after).abs().max() <= 1


def test_a_feature_that_is_gone_and_a_level_that_is_new_are_no_trouble(learned: IntentFit) -> None:
    fewer = small_catalogue(features=[f.model_dump() for f in CATALOGUE.features if f.name != "age"])
    frame = leads(6_000, seed=3).drop("age")
    frame = frame.with_columns(city=pl.when(pl.int_range(pl.len()) % 9 == 0).then(pl.lit("west")).otherwise("city"))
    index = index_of(fit_intent(Outcomes(frame.lazy()), fewer, champion=index_of(learned)))
    assert "age" not in index.required_columns
    assert "west" in next(item.bins.levels for item in index.items if item.bins.feature == "city")
    assert frame.select(index.expression()).to_series().null_count() == 0


def points(index: IntentIndex, feature: str, value: str) -> float:
    return float(index.scorecard().filter(pl.col("feature") == feature, pl.col("value") == value)["points"].item())


def test_the_table_adds_up_to_the_index(learned: IntentFit) -> None:
    index = index_of(learned)
    table = {(feature, value): points for feature, value, points, _ in index.scorecard().iter_rows()}
    account = pl.DataFrame(
        {
            "visits": [0.0],
            "orders": [0.0],
            "clicks": [0.0],
            "age": pl.Series([None], dtype=pl.Float64),
            "city": ["north"],
            "member": [True],
        }
    )
    said = {"visits": "below 1", "clicks": "below 1", "orders": "below 1", "age": "missing", "city": "north"}
    said |= {"member": "yes", "base": "every account"}
    assert {"visits", "city", "member", "age"} < {feature for feature, _ in table}
    total = sum(table.get((feature, value), 0.0) for feature, value in said.items())
    assert account.select(index.expression()).item() == np.floor(total + 0.5)


def test_values_nobody_has_seen_count_as_others_and_nothing_is_null(learned: IntentFit) -> None:
    strange = pl.DataFrame(
        {
            "visits": [np.inf, -np.inf, np.nan, None],
            "orders": pl.Series([None] * 4, dtype=pl.Float64),
            "clicks": [1e300, -5.0, 0.0, None],
            "age": [200.0, -1.0, np.nan, None],
            "city": ["atlantis", None, "", "north"],
            "member": [None, True, False, None],
        }
    )
    found = strange.select(index_of(learned).expression()).to_series()
    assert found.null_count() == 0
    assert found.is_between(0, 100).all()


def test_the_index_reads_back_equal(learned: IntentFit) -> None:
    index = index_of(learned)
    assert IntentIndex.from_dict(index.to_dict()) == index


def test_an_account_never_learns_from_its_own_outcome() -> None:
    """The outcomes of one fold are dealt anew: the points of its index keep their proportions, those of others not."""
    frame = leads(8_000)
    fold = pl.Series(folds_of(frame) == 0)
    parts = [frame.filter(fold).with_columns(pl.col("converted").shuffle(seed=1)), frame.filter(~fold)]
    before, after = (fit_intent(Outcomes(f.lazy()), CATALOGUE) for f in (frame, pl.concat(parts)))
    assert proportions(before.folds[0]) == pytest.approx(proportions(after.folds[0]), abs=0.02)
    assert proportions(before.folds[1]) != pytest.approx(proportions(after.folds[1]), abs=0.02)


def proportions(index: IntentIndex) -> list[float]:
    tenths = {item.bins.feature: np.array(item.tenths) for item in index.items}
    scale = np.ptp(tenths["visits"])
    return [float(value) for value in np.concatenate([tenths["city"], tenths["visits"]]) / scale]


def test_out_of_fold_takes_each_account_from_the_index_that_left_it_out(learned: IntentFit) -> None:
    frame = leads(12_000)
    found, fold = learned.out_of_fold(frame), folds_of(frame)
    for number in range(FOLDS):
        rows = np.flatnonzero(fold == number)
        assert found[rows].to_list() == frame[rows].select(learned.folds[number].expression()).to_series().to_list()


def test_families_are_left_out_together() -> None:
    frame = leads(1_000).with_columns(parent_account_id=pl.format("P{}", pl.int_range(pl.len()) // 4))
    fold = frame.select("parent_account_id").with_columns(fold=folds_of(frame))
    assert fold.group_by("parent_account_id").agg(pl.col("fold").n_unique())["fold"].max() == 1
    assert fold["fold"].n_unique() == FOLDS


def test_the_order_of_rows_makes_no_difference() -> None:
    frame = leads(5_000)
    one, other = (fit_intent(Outcomes(f.lazy()), CATALOGUE) for f in (frame, frame.sample(fraction=1, shuffle=True)))
    assert one.index == other.index


def test_a_feature_written_after_the_outcome_is_left_out_and_named() -> None:
    """Seen in CRMs: a count that only a deal writes tells perfectly who converted, and nothing about anyone else."""
    frame = leads(6_000)
    late = frame.with_columns(orders=pl.when("converted").then(5.0).otherwise(pl.col("orders").clip(0, 4)))
    index = index_of(fit_intent(Outcomes(late.lazy()), CATALOGUE))
    assert [feature for feature, _ in index.excluded] == ["orders"]
    assert index.excluded[0][1] > 0.9
    assert "orders" not in index.required_columns


def test_features_that_tell_nothing_get_no_points(learned: IntentFit) -> None:
    assert "orders" not in index_of(learned).required_columns


@pytest.mark.parametrize(
    ("outcomes", "reason"),
    [
        (None, "no snapshot with both outcomes has matured"),
        (leads(500).with_columns(converted=pl.lit(False)), "no snapshot with both outcomes has matured"),
        (leads(600), "at least 200 are needed"),
        (leads(6_000, signal=0.0), "no feature tells who converts"),
    ],
)
def test_without_enough_to_learn_from_there_is_no_index_and_a_reason(
    outcomes: pl.DataFrame | None, reason: str
) -> None:
    fit = fit_intent(None if outcomes is None else Outcomes(outcomes.lazy()), CATALOGUE)
    assert fit.index is None
    assert reason in fit.reason
    with pytest.raises(ValueError, match="there is no intent index"):
        fit.out_of_fold(leads(100))


def test_permuted_labels_make_no_index() -> None:
    frame = leads(6_000)
    permuted = frame.with_columns(converted=pl.col("converted").shuffle(seed=4))
    assert fit_intent(Outcomes(permuted.lazy()), CATALOGUE).index is None


def test_an_average_feature_of_a_group_that_applies_counts_at_the_group(fitted: Fitted) -> None:
    """Accounts that a group does not apply to get nothing from its features, whatever columns hold."""
    outcomes = fitted.outcomes.frame.collect()
    usage = outcomes["sql_queries_30d"].fill_null(0).rank().to_numpy() / outcomes.height
    chance = np.where(outcomes["product_usage_applicable"], 0.05 + 0.3 * usage, 0.03)
    drawn = pl.Series("converted", np.random.default_rng(2).random(outcomes.height) < chance)
    index = index_of(fit_intent(Outcomes(outcomes.with_columns(drawn).lazy()), fitted.catalogue))
    gated = [item for item in index.items if item.bins.gate == "product_usage_applicable"]
    assert gated
    assert all(item.tenths[0] == 0 for item in gated)
    assert "product_usage_applicable" in index.required_columns
    without = fitted.snapshot.filter(~pl.col("product_usage_applicable"))
    filled = without.with_columns(pl.lit(1e6).alias(item.bins.feature) for item in gated if not item.bins.levels)
    assert filled.select(index.expression()).equals(without.select(index.expression()))


def test_calibration_finds_slope_and_intercept() -> None:
    random = np.random.default_rng(0)
    log_odds = random.normal(-1, 1.5, 60_000)
    converted = random.random(60_000) < 1 / (1 + np.exp(-(0.6 * log_odds + 0.3)))
    assert calibration(log_odds, converted, np.ones(60_000)) == pytest.approx((0.6, 0.3), abs=0.05)
