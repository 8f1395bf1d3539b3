"""Month-ends of leads with known odds, and one report on them that tests share."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl
import pytest

from seg_assets.catalogs import Catalogue
from seg_assets.segmentation import Outcomes, Preprocessor, Reference
from seg_assets.segmentation.count.report import CountReport, count_report
from seg_assets.segmentation.stability.assessment import Effort
from seg_assets_tests.segmentation.leads import leads
from seg_assets_tests.segmentation.small_catalogue import small_catalogue

MONTH_ENDS = tuple(
    dt.date.fromisoformat(day)
    for day in ("2025-10-27", "2025-11-24", "2025-12-29", "2026-01-26", "2026-02-23", "2026-03-30", "2026-04-27")
)
QUICK = Effort(half=1_500, splits=3, bootstraps=3, nulls=2, null_splits=2, null_bootstraps=2)
COUNTS = range(3, 7)


@dataclass(frozen=True)
class Reported:
    """A report with all that went into it."""

    catalogue: Catalogue
    snapshot: pl.DataFrame
    accounts: pl.DataFrame
    preprocessor: Preprocessor
    report: CountReport

    @property
    def outcomes(self) -> Outcomes:
        return Outcomes(self.accounts.lazy(), MONTH_ENDS)


def month_end(day: dt.date, accounts: int = 3_000, signal: float = 1.5) -> pl.DataFrame:
    """Leads at one month-end, each month other ones, of whom some convert; signal: of what their odds depend on."""
    drawn = leads(accounts, seed=day.toordinal(), intercept=-2.0, signal=signal)
    return drawn.drop("log_odds").with_columns(snapshot_date=pl.lit(day))


def reported(catalogue: Catalogue, accounts: pl.DataFrame) -> Reported:
    snapshot = month_end(dt.date(2026, 6, 29)).drop("converted")
    preprocessor = Preprocessor.fit(snapshot, catalogue, Reference.fit(snapshot, catalogue))
    report = count_report(
        snapshot,
        catalogue,
        None,
        Outcomes(accounts.lazy(), MONTH_ENDS),
        accounts.lazy(),
        preprocessor=preprocessor,
        counts=COUNTS,
        seed=1,
        effort=QUICK,
    )
    return Reported(catalogue, snapshot, accounts, preprocessor, report)


@pytest.fixture(scope="package")
def found() -> Reported:
    return reported(small_catalogue(), pl.concat([month_end(day) for day in MONTH_ENDS]))
