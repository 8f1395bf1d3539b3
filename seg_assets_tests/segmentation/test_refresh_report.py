from __future__ import annotations

import datetime as dt
from dataclasses import replace

import polars as pl
import pytest

from seg_assets.segmentation import Segmentation
from seg_assets.segmentation.definitions import Box, Condition, Definition
from seg_assets.segmentation.refresh_report import (
    EVENTS,
    FIGURES,
    Champion,
    Definitions,
    first_report,
    moves_of,
    refresh_report,
)
from seg_assets_tests.segmentation.conftest import Fitted

BEFORE, NOW = dt.date(2026, 5, 25), dt.date(2026, 6, 29)


def figure(figures: pl.DataFrame, name: str) -> dict[str, object]:
    """The row of a figure of all segments."""
    (row,) = figures.filter(pl.col("figure") == name, pl.col("segment_id").is_null()).rows(named=True)
    return row


def stricter(segmentation: Segmentation, points: float) -> Segmentation:
    """The same segments with every threshold of the last split's column raised by `points` on both sides."""
    column = segmentation.splits[-1].condition.column

    def raised(condition: Condition) -> Condition:
        same = condition.column != column or not condition.threshold
        return condition if same else replace(condition, threshold=condition.threshold + points)

    return replace(
        segmentation,
        segments=tuple(
            replace(s, definition=Definition(tuple(Box(tuple(map(raised, b.conditions))) for b in s.definition.boxes)))
            for s in segmentation.segments
        ),
    )


@pytest.fixture(scope="module")
def champions(fitted: Fitted) -> tuple[Champion, Champion]:
    """The same definitions over accounts of two weeks; 400 are gone, 300 are new."""
    was, now = fitted.snapshot.tail(-300), fitted.later.head(-400)
    return Champion("2026-06.1", fitted.segmentation, BEFORE, was), Champion("2026-07.1", fitted.segmentation, NOW, now)


def test_a_first_refresh_has_new_accounts_only_and_says_so(fitted: Fitted) -> None:
    report = first_report(Champion("2026-06.1", fitted.segmentation, NOW, fitted.snapshot), "estimated_arr")
    (row,) = report.figures.rows(named=True)
    assert row["figure"] == "new_accounts"
    assert row["says"].startswith("No version was in force before 2026-06.1: all 4,000 accounts of 2026-06-29 are new")
    assert report.migrations["kind"].unique().to_list() == ["new"]
    assert report.migrations["accounts"].sum() == 4_000
    assert report.events.is_empty()
    assert report.events.schema == EVENTS


def test_definitions_that_stayed_move_nobody(champions: tuple[Champion, Champion]) -> None:
    report = refresh_report(*champions, "estimated_arr")
    assert report.figures.schema == FIGURES
    assert figure(report.figures, "moved_by_definition")["value"] == 0.0
    assert figure(report.figures, "definitional_agreement")["value"] == 1.0
    assert figure(report.figures, "thresholds_moved")["value"] == 0.0
    assert figure(report.figures, "events")["says"] == "Every segment lives on: none split, merged, ended or began."
    assert set(report.events["event"]) == {"survived"}
    assert "threshold_drift" not in report.figures["figure"].to_list()


def test_accounts_that_moved_came_and_went_are_counted_apart(champions: tuple[Champion, Champion]) -> None:
    before, _ = champions
    figures = refresh_report(*champions, "estimated_arr").figures
    ids = [before.segmentation.assign(one.snapshot).select("account_id", "segment_id").collect() for one in champions]
    both = ids[0].join(ids[1], on="account_id")
    apart = both.filter(pl.col("segment_id") != pl.col("segment_id_right")).height
    assert figure(figures, "moved_by_behaviour")["value"] == pytest.approx(apart / 3_300)
    assert figure(figures, "new_accounts")["value"] == pytest.approx(300 / 3_600)
    assert figure(figures, "lost_accounts")["value"] == pytest.approx(400 / 3_700)
    low, high = (figure(figures, "moved_by_behaviour")[end] for end in ("low", "high"))
    assert low < apart / 3_300 < high


def test_a_threshold_that_moved_is_told_and_so_are_the_accounts_that_it_moves(
    champions: tuple[Champion, Champion],
) -> None:
    before, now = champions
    moved = replace(now, segmentation=stricter(now.segmentation, 8.0))
    report = refresh_report(before, moved, "estimated_arr")
    drifts = report.figures.filter(pl.col("figure") == "threshold_drift")
    assert set(drifts["value"]) == {8.0}
    assert set(drifts["unit"]) == {"points"}
    assert figure(report.figures, "moved_by_definition")["value"] > 0
    assert figure(report.figures, "definitional_agreement")["value"] < 1
    assert figure(report.figures, "moved_by_behaviour") == figure(
        refresh_report(before, now, "estimated_arr").figures, "moved_by_behaviour"
    )


def test_every_segment_has_a_half_life_and_so_have_all(champions: tuple[Champion, Champion]) -> None:
    before, now = champions
    lives = refresh_report(before, now, None).figures.filter(pl.col("figure") == "half_life")
    segments = [segment.segment_id for segment in before.segmentation.segments]
    assert lives["segment_id"].to_list() == [None, *segments]
    assert set(lives["unit"]) == {"months"}
    assert lives.filter(pl.col("value") > 0).height == lives.height
    assert (lives["low"] < lives["value"]).all()


def test_the_definitions_of_a_year_ago_are_held_against_todays(champions: tuple[Champion, Champion]) -> None:
    before, now = champions
    year = Definitions("2025-07.1", stricter(now.segmentation, 8.0))
    found = figure(refresh_report(before, now, None, year).figures, "moved_by_definition_in_a_year")
    assert found["value"] > 0
    assert "2025-07.1" in str(found["says"])
    same = Definitions("2025-07.1", now.segmentation)
    assert figure(refresh_report(before, now, None, same).figures, "moved_by_definition_in_a_year")["value"] == 0.0


def test_the_biggest_moves_come_first(champions: tuple[Champion, Champion]) -> None:
    moves = moves_of(refresh_report(*champions, "estimated_arr"), most=5)
    assert moves.height == 5
    assert moves["accounts"].to_list() == sorted(moves["accounts"], reverse=True)
    assert (moves["from_segment_id"] != moves["to_segment_id"]).all()


def test_a_population_that_was_exchanged_is_lost_and_new(champions: tuple[Champion, Champion]) -> None:
    before, now = champions
    strangers = now.snapshot.with_columns(account_id=pl.lit("B") + pl.col("account_id"))
    figures = refresh_report(before, replace(now, snapshot=strangers), None).figures
    assert figure(figures, "new_accounts")["value"] == figure(figures, "lost_accounts")["value"] == 1.0
    assert "moved_by_behaviour" not in figures["figure"].to_list()


def test_snapshots_in_the_wrong_order_are_refused(champions: tuple[Champion, Champion]) -> None:
    with pytest.raises(ValueError, match="not before"):
        refresh_report(champions[1], champions[0], None)
