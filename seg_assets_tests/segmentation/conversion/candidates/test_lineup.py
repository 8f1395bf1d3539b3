"""Every family on the shop: all accounts have a class, outcomes of the judged months are never looked at."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from seg_assets.segmentation.conversion.candidates import tiers
from seg_assets.segmentation.conversion.candidates.candidate import Accounts, Candidate, Ground
from seg_assets.segmentation.conversion.candidates.chance import lots
from seg_assets.segmentation.conversion.candidates.lineup import Lineup, line_up
from seg_assets.segmentation.conversion.candidates.merging import summed
from seg_assets.segmentation.conversion.candidates.rfm import FREQUENCY, MONETARY, RECENCY, with_rfm
from seg_assets.segmentation.conversion.candidates.rules import first_that_holds
from seg_assets.segmentation.conversion.month import accounts_of
from seg_assets_tests.segmentation.conversion.shop import TEST, TRAINING, all_conversions, as_of, champion, shop

CATALOGUE = shop()
ALL = [
    "segments",
    "tiers",
    "tiers_retuned",
    "tier_scores",
    "hand_rules",
    "hand_rules_retuned",
    "motion",
    "motion_engagement",
    "rfm",
    "k_means",
    "ward",
    "random",
]


@pytest.fixture(scope="module")
def ground() -> Ground:
    segmentation, preprocessor = champion(CATALOGUE)
    newest = accounts_of(as_of(TRAINING[-1], CATALOGUE, all_conversions(CATALOGUE)), CATALOGUE, preprocessor)
    return Ground(CATALOGUE, segmentation, newest, len(segmentation.segments), seed=5)


@pytest.fixture(scope="module")
def judged(ground: Ground) -> Accounts:
    return accounts_of(as_of(TEST, CATALOGUE, all_conversions(CATALOGUE)), CATALOGUE, ground.newest.preprocessor)


@pytest.fixture(scope="module")
def lineup(ground: Ground) -> Lineup:
    return line_up(ground)


def by_name(lineup: Lineup, name: str) -> Candidate:
    return next(one for one in lineup.candidates if one.name == name)


def test_everyone_is_there_segments_first(lineup: Lineup) -> None:
    assert [one.name for one in lineup.candidates] == ALL
    assert lineup.left_out == ()


@pytest.mark.parametrize("name", ALL)
def test_every_account_has_a_class_also_where_nothing_is_known_of_it(
    lineup: Lineup, judged: Accounts, name: str
) -> None:
    kept = {"account_id", "snapshot_date", "converted", "parent_account_id"}
    empty = judged.frame.head(50).with_columns(
        pl.lit(None, t).alias(n) for n, t in judged.frame.schema.items() if n not in kept
    )
    candidate = by_name(lineup, name)
    for accounts in (judged, replace(judged, frame=empty)):
        cells = candidate.cells(accounts)
        assert len(cells) == accounts.frame.height
        assert cells.min() >= 0 and cells.max() < len(candidate.labels)


@pytest.mark.parametrize("name", ALL)
def test_cells_do_not_look_at_outcomes(lineup: Lineup, ground: Ground, judged: Accounts, name: str) -> None:
    turned = replace(judged, frame=judged.frame.with_columns(~pl.col("converted")))
    assert (by_name(lineup, name).cells(judged) == by_name(lineup, name).cells(turned)).all()
    blind = replace(ground.newest, frame=ground.newest.frame.with_columns(converted=pl.lit(False)))
    again = by_name(line_up(replace(ground, newest=blind)), name)
    assert (again.cells(judged) == by_name(lineup, name).cells(judged)).all()


@pytest.mark.parametrize("name", [name for name in ALL if name not in ("tiers", "hand_rules", "tiers_retuned")])
def test_no_one_has_more_classes_than_segments(lineup: Lineup, ground: Ground, judged: Accounts, name: str) -> None:
    candidate = by_name(lineup, name)
    code = 2 * candidate.cells(judged) + judged.converted
    counts = np.bincount(code, minlength=2 * len(candidate.labels)).reshape(-1, 2).astype(np.float64)
    assert len(np.unique(candidate.classes(counts))) <= ground.count


def test_what_has_not_landed_is_left_out_and_says_so(ground: Ground) -> None:
    catalogue = shop(lift_report={})
    bare = accounts_of(
        as_of(TRAINING[-1], catalogue, all_conversions(catalogue), incumbents=False),
        catalogue,
        ground.newest.preprocessor,
    )
    lineup = line_up(replace(ground, catalogue=catalogue, newest=bare))
    assert [one.name for one in lineup.candidates] == ["segments", "k_means", "ward", "random"]
    assert {one.name: one.reason for one in lineup.left_out} == {
        **dict.fromkeys(tiers.TITLES, "no tiers: revenue_events has not landed for a training month"),
        **dict.fromkeys(("hand_rules", "hand_rules_retuned"), "the catalogue has no lift_report.hand_rules"),
        **dict.fromkeys(("motion", "motion_engagement"), "the catalogue has no lift_report.motion"),
        "rfm": "no revenue: revenue_events has not landed for a training month",
    }


def test_tuned_thresholds_find_the_planted_ones(lineup: Lineup) -> None:
    """Tiers by 40 and 80 convert at 30, 20, 10 and 5 %; the grid knows only counts."""
    candidate = by_name(lineup, "tiers_retuned")
    step = np.arange(tiers.STEPS)
    rates = np.where(step[:, None] >= 4, np.where(step >= 8, 0.3, 0.2), np.where(step >= 8, 0.1, 0.05)).reshape(-1)
    counts = np.column_stack([1_000 * (1 - rates), 1_000 * rates])
    classes = candidate.classes(np.vstack([counts, [5_000.0, 100.0]]))
    found = summed(np.vstack([counts, [5_000.0, 100.0]]), classes)
    assert (found[:, 1] / found.sum(axis=1)).round(9).tolist() == [0.3, 0.2, 0.1, 0.05, round(100 / 5_100, 9)]


def test_the_first_rule_that_holds_gives_the_class_and_a_missing_value_never_does() -> None:
    frame = pl.DataFrame({"a": [1, 1, None, 0], "b": [1, 0, 1, None]})
    code = first_that_holds(["a = 1 AND b = 1", "a = 1", "b = 1", None])
    assert frame.select(code).to_series().to_list() == [0, 1, 2, 3]


def test_recency_frequency_and_value_look_back_a_year_and_not_ahead() -> None:
    day = dt.date(2026, 3, 30)
    events = pl.DataFrame(
        {
            "account_id": ["a", "a", "a", "a", "b"],
            "event_date": [day - dt.timedelta(days=days) for days in (10, 40, 366, -1, 400)],
            "event_count": [2.0, 3.0, 50.0, 70.0, 1.0],
            "total_revenue": [10.0, 20.0, 500.0, 700.0, 1.0],
        }
    )
    accounts = pl.LazyFrame({"account_id": ["a", "b", "c"]})
    found = with_rfm(accounts, events.lazy(), day).collect().sort("account_id")
    assert found.select(RECENCY, FREQUENCY, MONETARY).rows() == [(10.0, 5.0, 30.0), (None,) * 3, (None,) * 3]


def test_lots_are_fair_and_of_the_account_alone() -> None:
    ids = pl.Series([f"A{number:07d}" for number in range(20_000)])
    found = lots(ids, 5)
    assert found.min() >= 0 and found.max() < 1
    assert np.abs(np.quantile(found, [0.1, 0.25, 0.5, 0.75, 0.9]) - [0.1, 0.25, 0.5, 0.75, 0.9]).max() < 0.012
    assert (lots(ids[100:200], 5) == found[100:200]).all()
    assert abs(np.corrcoef(found, lots(ids, 6))[0, 1]) < 0.03
