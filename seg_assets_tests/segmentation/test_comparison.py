"""A challenger is compared with the champion on accounts that neither set its rates on."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import polars as pl
import pytest

from seg_assets.segmentation import Outcomes, Preprocessor, Reference, Segmentation, fit
from seg_assets.segmentation.comparison import against_champion
from seg_assets_tests.segmentation.leads import leads
from seg_assets_tests.segmentation.small_catalogue import small_catalogue

DAYS = tuple(dt.date.fromisoformat(day) for day in ("2026-01-26", "2026-02-23", "2026-04-27"))


@pytest.fixture(scope="module")
def outcomes() -> Outcomes:
    months = [leads(4_000, seed=seed).with_columns(snapshot_date=pl.lit(day)) for seed, day in enumerate(DAYS)]
    return Outcomes(pl.concat(months).drop("log_odds").lazy(), DAYS)


def fitted(outcomes: Outcomes | None, count: int = 4) -> Segmentation:
    frame = leads(4_000, seed=9).drop("converted", "log_odds")
    catalogue = small_catalogue()
    preprocessor = Preprocessor.fit(frame, catalogue, Reference.fit(frame, catalogue))
    return fit(frame, catalogue, None, outcomes, preprocessor=preprocessor, count=count)


def test_the_same_definitions_differ_by_nothing(outcomes: Outcomes) -> None:
    champion = fitted(outcomes)
    found = against_champion(champion, champion, outcomes, horizon_days=60, seed=0)
    assert found is not None and (found.value, found.low, found.high) == (0.0, 0.0, 0.0)


def test_segments_without_intent_harm_a_champion_with_it(outcomes: Outcomes) -> None:
    champion, blind = fitted(outcomes), fitted(None)
    harm = against_champion(blind, champion, outcomes, horizon_days=60, seed=0)
    gain = against_champion(champion, blind, outcomes, horizon_days=60, seed=0)
    assert harm is not None and harm.high < 0
    assert gain is not None and gain.low > 0
    assert gain.value == -harm.value


def test_it_is_not_judged_without_history_or_conversions(outcomes: Outcomes) -> None:
    champion = fitted(None)
    assert against_champion(champion, champion, None, horizon_days=60, seed=0) is None
    one = replace(outcomes, snapshots=DAYS[-1:])
    assert against_champion(champion, champion, one, horizon_days=60, seed=0) is None
    few = Outcomes(outcomes.frame.with_columns(converted=pl.col("converted") & (pl.col("visits") > 60)), DAYS)
    assert against_champion(champion, champion, few, horizon_days=60, seed=0) is None
