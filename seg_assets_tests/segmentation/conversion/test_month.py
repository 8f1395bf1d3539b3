"""A whole test month of the shop: what it learns from, and what may not change it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from seg_assets.segmentation.conversion.month import CEILING, JudgedMonth, Scene, judge_month
from seg_assets.segmentation.conversion.population import ELIGIBLE, HEADLINE, AsOf
from seg_assets.segmentation.conversion.ranking import Ranking
from seg_assets.segmentation.lift import auc
from seg_assets_tests.segmentation.conversion.shop import TEST, TRAINING, all_conversions, as_of, champion, shop

CATALOGUE = shop()
CONVERSIONS = all_conversions(CATALOGUE)


@pytest.fixture(scope="module")
def serving():
    return champion(CATALOGUE)


def months(conversions: pl.DataFrame = CONVERSIONS) -> list[AsOf]:
    return [as_of(day, CATALOGUE, conversions) for day in (TEST, *TRAINING)]


def judge(serving, found: list[AsOf]) -> JudgedMonth:
    return judge_month(found[0], found[1:], CATALOGUE, *serving, seed=4)


@pytest.fixture(scope="module")
def month(serving) -> JudgedMonth:
    return judge(serving, months())


def scene(month: JudgedMonth, name: str) -> Scene:
    return next(one for one in month.scenes if one.population.name == name)


def rankings(month: JudgedMonth, name: str) -> dict[str, Ranking]:
    return {one.name: one for one in scene(month, name).rankings}


def same(one: JudgedMonth, other: JudgedMonth) -> bool:
    return all(
        np.array_equal(a.scores, b.scores) and np.array_equal(a.classes, b.classes)
        for x, y in zip(one.scenes, other.scenes, strict=True)
        for a, b in zip(x.rankings, y.rankings, strict=True)
        if a.name != CEILING
    )


def test_segments_rank_and_chance_does_not(month: JudgedMonth) -> None:
    found = {
        name: auc(one.scores, scene(month, ELIGIBLE).judged.converted)
        for name, one in rankings(month, ELIGIBLE).items()
    }
    assert found["segments"] > 0.6
    assert abs(found["random"] - 0.5) < 0.06
    assert found["tiers"] < found["segments"]
    assert max(found, key=lambda name: found[name]) == CEILING


def test_outcomes_moved_past_the_horizon_change_nothing_earlier(serving, month: JudgedMonth) -> None:
    """A conversion of day 61 belongs to no month; where it lies after that is nobody's business."""
    late = pl.DataFrame(
        {
            "account_id": [f"A{number:07d}" for number in range(500)],
            "qualified_at": [TEST + dt.timedelta(days=61 + number % 200) for number in range(500)],
        }
    )
    after = judge(serving, months(pl.concat([CONVERSIONS, late])))
    assert same(after, month)
    for one, other in zip(after.scenes, month.scenes, strict=True):
        assert np.array_equal(one.judged.converted, other.judged.converted)


def test_ranks_do_not_know_the_outcomes_that_they_are_judged_by(serving, month: JudgedMonth) -> None:
    kept = CONVERSIONS.filter(pl.col("qualified_at") <= TEST)
    blind = judge(serving, months(kept))
    assert same(blind, month)
    assert scene(blind, ELIGIBLE).judged.converted.sum() == 0


def test_the_order_of_rows_changes_nothing(serving, month: JudgedMonth) -> None:
    mixed = [
        replace(
            one,
            accounts=one.accounts.collect().sample(fraction=1.0, shuffle=True, seed=1).lazy(),
            conversions=one.conversions.collect().sample(fraction=1.0, shuffle=True, seed=2).lazy(),
        )
        for one in months()
    ]
    again = judge(serving, mixed)
    assert same(again, month)
    for one, other in zip(again.scenes, month.scenes, strict=True):
        assert one.judged.account_ids.equals(other.judged.account_ids)
        assert np.array_equal(one.judged.families, other.judged.families)


def test_the_parts_are_judged_by_rates_of_their_own(month: JudgedMonth) -> None:
    names = [one.population.name for one in month.scenes]
    assert names[:2] == [HEADLINE, ELIGIBLE]
    parts = [one for one in month.scenes if one.population.name.startswith("city=")]
    assert sum(len(one.judged.converted) for one in parts) == len(scene(month, ELIGIBLE).judged.converted)
    assert sum(one.learned[0] for one in parts) == scene(month, ELIGIBLE).learned[0]
    rates = {tuple(np.unique(rankings(month, one)["segments"].scores)) for one in names}
    assert len(rates) == len(names)


def test_the_month_before_is_ranked_by_the_same_classes(month: JudgedMonth) -> None:
    judged, before = scene(month, ELIGIBLE).before
    assert judged.as_of == TRAINING[-1]
    for one, other in zip(before, scene(month, ELIGIBLE).rankings, strict=False):
        assert (one.name, one.count, one.labels) == (other.name, other.count, other.labels)


def test_accounts_of_one_parent_are_one_family(month: JudgedMonth) -> None:
    judged = scene(month, ELIGIBLE).judged
    assert len(np.unique(judged.families)) < 0.3 * len(judged.families)


def test_without_training_months_there_is_nothing_to_learn_from(serving) -> None:
    with pytest.raises(ValueError, match="no outcomes were known at 2026-03-30"):
        judge(serving, months()[:1])
