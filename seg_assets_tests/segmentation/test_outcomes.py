from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest

from seg_assets.catalogs import Catalogue, default_catalogue
from seg_assets.segmentation.outcomes import given_outcomes, matured_outcomes
from seg_assets_tests.segmentation.small_catalogue import small_catalogue

SNAPSHOT = date(2026, 4, 27)


def accounts(**stages: str | None) -> pl.LazyFrame:
    return pl.LazyFrame(
        {"account_id": list(stages), "snapshot_date": SNAPSHOT, "opportunity_stage": list(stages.values())}
    )


def converted(catalogue: Catalogue, days: list[int], frame: pl.LazyFrame | None = None) -> dict[str, bool]:
    conversions = pl.LazyFrame(
        {"account_id": ["a"] * len(days), "qualified_at": [SNAPSHOT + timedelta(day) for day in days]},
        schema={"account_id": pl.String, "qualified_at": pl.Date},
    )
    frame = accounts(a=None, b="none") if frame is None else frame
    outcomes = matured_outcomes(frame, conversions, catalogue, [SNAPSHOT])
    return dict(outcomes.frame.select("account_id", "converted").collect().iter_rows())


@pytest.mark.parametrize(("day", "counts"), [(-1, False), (0, False), (1, True), (60, True), (61, False)])
def test_a_conversion_counts_after_the_snapshot_and_within_sixty_days(day: int, counts: bool) -> None:
    assert converted(default_catalogue(), [day]) == {"a": counts, "b": False}


def test_several_conversions_of_an_account_count_once() -> None:
    assert converted(default_catalogue(), [3, 5, 9]) == {"a": True, "b": False}


def test_accounts_with_an_open_or_won_opportunity_are_not_eligible() -> None:
    frame = accounts(a="evaluation", b="closed_won", c="closed_lost", d=None)
    assert converted(default_catalogue(), [3], frame) == {"c": False, "d": False}


def test_an_outcome_that_landed_with_the_accounts_is_taken_where_it_is_known() -> None:
    frame = pl.LazyFrame({"account_id": ["a", "b", "c"], "bought": [True, None, False]})
    outcomes = given_outcomes(frame, small_catalogue(outcome_column="bought"))
    found = dict(outcomes.frame.select("account_id", "converted").collect().iter_rows())
    assert found == {"a": True, "c": False}
    with pytest.raises(ValueError, match="no outcome_column"):
        given_outcomes(frame, small_catalogue())
