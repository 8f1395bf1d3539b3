"""What the lift report of a data month is made of: the test, the training months, the champion of the test.

Belongs here: whether a month can be reported, and reading what it takes, never later than each as-of date but for
outcomes. Does not: judging (segmentation/conversion), the order of a report (steps/lift.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import polars as pl

from resources.lakehouse import Lakehouse
from seg_assets.calendar import event_weeks, month_of
from seg_assets.catalogs import Catalogue
from seg_assets.schemas import SEGMENT_MODEL
from seg_assets.segmentation import Preprocessor, Segmentation
from seg_assets.segmentation.account_status import account_status
from seg_assets.segmentation.conversion.design import Landed, complete_on, is_complete, training_days
from seg_assets.segmentation.conversion.population import AsOf
from seg_assets.segmentation.promotion import Promotion, champion_of
from seg_assets.segmentation.sql.tiers_in_duckdb import tier_accounts
from seg_assets.steps.models import read_preprocessor, read_promotions, read_segmentation
from seg_assets.steps.refresh_data import history_from, parents_known_at
from seg_assets.tier_schemas import ACCOUNT_TIERS

SNAPSHOTS, CONVERSIONS = "account_snapshots", "raw/pipeline_conversions"
REVENUE, MASTER = "raw/revenue_events", "raw/account_master"
# What recency, frequency and monetary value look back over.
MONTHS_OF_REVENUE = 12


@dataclass(frozen=True)
class LiftPlan:
    """A data month that can be reported: its as-of date, the champion then, and the as-of dates to learn from."""

    data_month: dt.date
    as_of: dt.date
    definition_version: str
    training: tuple[dt.date, ...]


@dataclass(frozen=True, eq=False)
class LiftData:
    """The inputs of one report. by_parent: whether families are parent accounts; else every account is its own."""

    test: AsOf
    training: tuple[AsOf, ...]
    segmentation: Segmentation
    preprocessor: Preprocessor
    by_parent: bool


def landed_for_lift(lakehouse: Lakehouse) -> Landed:
    """The month-ends of account snapshots, and the weeks of conversions."""
    weeks = sorted(lakehouse.partitions(CONVERSIONS))
    last = {month_of(week): week for week in sorted(lakehouse.partitions(SNAPSHOTS))}
    return Landed(tuple(last.values()), frozenset(weeks), history_from(lakehouse, weeks))


def lift_plan(
    data_month: dt.date, landed: Landed, promotions: Sequence[Promotion], catalogue: Catalogue
) -> LiftPlan | str:
    """What to report of `data_month`, or in a sentence why nothing can be, and what would change that."""
    if catalogue.outcome_column is not None:
        return (
            f"the outcomes of catalogue {catalogue.name} land with the accounts, so no month is out of time; "
            "land raw/pipeline_conversions and leave outcome_column out"
        )
    as_of = next((day for day in landed.month_ends if month_of(day) == data_month), None)
    if as_of is None:
        return f"no snapshot of {data_month:%Y-%m} has landed; materialize account_snapshots for one of its Mondays"
    if not is_complete(landed, as_of, catalogue):
        newest = max(landed.conversion_weeks, default=None)
        return (
            f"the outcomes of {as_of} are complete once raw/pipeline_conversions has landed for every week up to "
            f"{complete_on(as_of, catalogue)}; its newest week is {newest or 'not there'}"
        )
    champion = champion_of(promotions, as_of)
    if champion is None or champion.before_first_model:
        return f"no model served {data_month:%Y-%m}; refresh that service month, or report a later one"
    training = training_days(landed, as_of, catalogue)
    if not training:
        return (
            f"no outcomes were known at {as_of}, so there is nothing to learn rates from; land snapshots and "
            f"conversions of {catalogue.objective.horizon_days + catalogue.outcome_lag_days} days before it"
        )
    return LiftPlan(data_month, as_of, champion.definition_version, tuple(training))


def plan_month(lakehouse: Lakehouse, catalogue: Catalogue, data_month: dt.date) -> LiftPlan | str:
    """`lift_plan` of what lies in the lakehouse now."""
    return lift_plan(data_month, landed_for_lift(lakehouse), read_promotions(lakehouse), catalogue)


def read_lift_data(lakehouse: Lakehouse, catalogue: Catalogue, plan: LiftPlan) -> LiftData:
    """Read the inputs of a planned report, lazily where they are large. Raises TableError where a table lacks them."""
    parents = parents_known_at(lakehouse, plan.as_of)
    test, *training = (_as_of(lakehouse, catalogue, day, parents) for day in (plan.as_of, *plan.training))
    return LiftData(
        test=test,
        training=tuple(training),
        segmentation=read_segmentation(lakehouse, plan.definition_version),
        preprocessor=read_preprocessor(lakehouse, month_of(_trained_on(lakehouse, plan.definition_version)))[0],
        by_parent=parents is not None,
    )


def _trained_on(lakehouse: Lakehouse, definition_version: str) -> dt.date:
    rows = lakehouse.scan(SEGMENT_MODEL.name).filter(pl.col("definition_version") == definition_version)
    found: dt.date = rows.select("trained_on").collect().item()
    return found


def _as_of(lakehouse: Lakehouse, catalogue: Catalogue, day: dt.date, parents: pl.LazyFrame | None) -> AsOf:
    accounts = lakehouse.scan(SNAPSHOTS, [day])
    if parents is not None:
        accounts = accounts.join(parents, on="account_id", how="left")
    over = complete_on(day, catalogue)
    weeks = [week for week in lakehouse.partitions(CONVERSIONS) if week <= over]
    revenue = _revenue(lakehouse, day)
    return AsOf(
        day=day,
        accounts=accounts,
        conversions=lakehouse.scan(CONVERSIONS, weeks).select("account_id", "qualified_at"),
        tiers=None if revenue is None else _tiers(lakehouse, catalogue, day),
        revenue=revenue,
    )


def _revenue(lakehouse: Lakehouse, day: dt.date) -> pl.LazyFrame | None:
    """Revenue events of the last year that had landed at `day`; None where none had."""
    weeks = event_weeks(lakehouse.partitions(REVENUE), day, MONTHS_OF_REVENUE)
    return lakehouse.scan(REVENUE, weeks) if weeks else None


def _tiers(lakehouse: Lakehouse, catalogue: Catalogue, day: dt.date) -> pl.LazyFrame:
    """account_id, tier, profitability, adherence: as they were made for the month, else by the same text now."""
    columns = ("account_id", "tier", "profitability", "adherence")
    if month_of(day) in lakehouse.partitions(ACCOUNT_TIERS.name):
        return lakehouse.scan(ACCOUNT_TIERS.name, [month_of(day)]).select(columns)
    landed = lakehouse.partitions(REVENUE)
    files = [file for week in event_weeks(landed, day, catalogue.tiers.window_months) for file in landed[week]]
    master = lakehouse.scan(MASTER, [day]).collect() if day in lakehouse.partitions(MASTER) else None
    asked = [] if catalogue.active_when is None else pl.sql_expr(catalogue.active_when).meta.root_names()
    snapshot = lakehouse.scan(SNAPSHOTS, [day]).select("account_id", *asked).collect()
    with duckdb.connect() as connection:
        connection.register("accounts", account_status(snapshot, master, catalogue).to_arrow())
        connection.read_parquet(files).create_view("revenue_events")
        return tier_accounts(connection, catalogue.tiers, day).accounts.select(columns).lazy()
