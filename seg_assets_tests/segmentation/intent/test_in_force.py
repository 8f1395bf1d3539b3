from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from seg_assets.segmentation import Outcomes
from seg_assets.segmentation.intent.cross_fit import fit_intent
from seg_assets.segmentation.intent.in_force import stays
from seg_assets.segmentation.intent.index import IntentIndex
from seg_assets.segmentation.intent.rows import TrainingRows
from seg_assets_tests.segmentation.leads import leads
from seg_assets_tests.segmentation.small_catalogue import small_catalogue

CATALOGUE = small_catalogue()
FEBRUARY, MARCH = dt.date(2026, 2, 23), dt.date(2026, 3, 30)


def month(day: dt.date, seed: int, **how: float) -> pl.DataFrame:
    return leads(12_000, seed=seed, **how).with_columns(snapshot_date=pl.lit(day))


def learned(frame: pl.DataFrame) -> IntentIndex:
    index = fit_intent(Outcomes(frame.lazy()), CATALOGUE).index
    assert index is not None
    return index


@pytest.fixture(scope="module")
def champion() -> IntentIndex:
    return learned(month(FEBRUARY, 0))


@pytest.fixture(scope="module")
def anew() -> IntentIndex:
    """What other accounts taught, of which no judged one is any."""
    return learned(month(FEBRUARY, 99))


def rows(*frames: pl.DataFrame) -> TrainingRows:
    return TrainingRows(pl.concat(frames), 1.0, 1.0, 1_000, 0.1)


def judged(champion: IntentIndex, found: TrainingRows) -> bool:
    """Against the truth, which nothing learned can beat."""
    return stays(champion, found, found.frame["log_odds"].to_numpy())


def test_an_index_that_new_labels_do_not_contradict_stays(champion: IntentIndex, anew: IntentIndex) -> None:
    for seed in range(1, 9):
        found = rows(month(FEBRUARY, 0), month(MARCH, seed))
        assert stays(champion, found, found.frame.select(anew.expression()).to_series().to_numpy())
    refitted = fit_intent(
        Outcomes(pl.concat([month(FEBRUARY, 0), month(MARCH, 1)]).lazy()), CATALOGUE, champion=champion
    )
    assert refitted.index == champion


def test_an_index_that_ranks_worse_than_could_be_goes(champion: IntentIndex) -> None:
    other = month(MARCH, 1).with_columns(city=pl.col("city").replace({"north": "east", "east": "north"}))
    assert not judged(champion, rows(month(FEBRUARY, 0), other))
    refitted = fit_intent(Outcomes(pl.concat([month(FEBRUARY, 0), other]).lazy()), CATALOGUE, champion=champion)
    assert refitted.index != champion


def test_an_index_that_counts_wrong_goes(champion: IntentIndex) -> None:
    """Half as many again convert, in the same order: 70 would no longer mean what it meant."""
    assert not judged(champion, rows(month(FEBRUARY, 0), month(MARCH, 1, intercept=-2.0)))


def test_a_seasons_swing_is_no_change(champion: IntentIndex) -> None:
    """A holiday month with a sixth fewer conversions comes back a quarter later."""
    usual = [month(MARCH - dt.timedelta(days=30 * back), back) for back in range(2, 6)]
    low = month(MARCH, 1, intercept=-2.75)
    assert judged(champion, rows(*usual, low))
    assert not judged(champion, rows(*(frame.with_columns(snapshot_date=pl.lit(FEBRUARY)) for frame in [low]), low))


def test_only_labels_that_are_new_to_the_champion_judge_it(champion: IntentIndex, anew: IntentIndex) -> None:
    found = rows(month(FEBRUARY, 0, intercept=-2.0), month(MARCH, 1))
    assert stays(champion, found, found.frame.select(anew.expression()).to_series().to_numpy())


def test_a_month_in_which_nobody_converted_judges_nothing(champion: IntentIndex) -> None:
    assert judged(champion, rows(month(FEBRUARY, 0), month(MARCH, 1).with_columns(converted=pl.lit(False))))


def test_an_index_on_a_feature_that_is_a_leak_now_goes(champion: IntentIndex) -> None:
    known = month(MARCH, 1).with_columns(visits=pl.when("converted").then(100.0).otherwise(pl.col("visits")))
    refitted = fit_intent(Outcomes(pl.concat([month(FEBRUARY, 0), known]).lazy()), CATALOGUE, champion=champion)
    assert refitted.index is None or refitted.index != champion


def test_the_difference_of_two_aucs_has_its_standard_error() -> None:
    from seg_assets.segmentation.lift import auc, auc_difference

    random = np.random.default_rng(0)
    found = []
    for _ in range(200):
        converted = random.random(600) < 0.2
        truth = converted + random.normal(size=600)
        scores, others = truth + 0.5 * random.normal(size=600), truth + random.normal(size=600)
        difference, error = auc_difference(scores, others, converted)
        assert difference == pytest.approx(auc(scores, converted) - auc(others, converted))
        found.append((difference, error))
    differences, errors = np.array(found).T
    assert errors.mean() == pytest.approx(differences.std(), rel=0.15)
    assert auc_difference(scores, scores, converted) == (0.0, 0.0)
