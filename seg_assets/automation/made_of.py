"""What each partition is made of: the partitions that make it stale when they are made again.

Belongs here: the contract's dependencies between partitions as plain values, the same for `seg run` and for sensors.
Does not: whether something is stale (plan.py), asking Dagster what has been made (launch.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable

from seg_assets.automation import jobs
from seg_assets.automation.plan import Made
from seg_assets.calendar import event_weeks, month_of, remembered_mondays
from seg_assets.catalogs import Catalogue
from seg_assets.catalogs.model import TIER
from seg_assets.segmentation.conversion.design import complete_on
from seg_assets.segmentation.kpis.plan import KpiPlan
from seg_assets.segmentation.labels import Labels
from seg_assets.steps.lift_data import LiftPlan
from seg_assets.steps.week_reads import newest_tiers

Newest = Callable[[str], Made]
"""Asset to the newest materialization of each of its partitions."""

Upstream = list[tuple[Made, Collection[dt.date]]]


def snapshot_made_of(newest: Newest, sources: Iterable[str], week: dt.date) -> Upstream:
    """account_snapshots of a Monday: what its sources landed."""
    return [(newest(f"raw/{source}"), [week]) for source in sources]


def features_made_of(newest: Newest, trained_on: dt.date) -> Upstream:
    """account_features of a data month: its training snapshot."""
    return [(newest("account_snapshots"), [trained_on])]


def tiers_made_of(newest: Newest, catalogue: Catalogue, trained_on: dt.date) -> Upstream:
    """account_tiers of a data month: its training snapshot, and the revenue of the months before."""
    events = newest("raw/revenue_events")
    return [
        (newest("account_snapshots"), [trained_on]),
        (newest("raw/account_master"), [trained_on]),
        (events, event_weeks(events, trained_on, catalogue.tiers.window_months)),
    ]


def model_made_of(newest: Newest, month_ends: Iterable[dt.date], trained_on: dt.date) -> Upstream:
    """segment_model of a service month: its features, and all month-ends and conversions that it may learn from."""
    labels = newest("raw/pipeline_conversions")
    return [
        (newest("account_features"), [month_of(trained_on)]),
        (newest("account_snapshots"), [week for week in month_ends if week <= trained_on]),
        (labels, [week for week in labels if week <= trained_on]),
    ]


def descriptions_made_of(newest: Newest, month: dt.date, trained_on: dt.date) -> Upstream:
    """What is told about the model of a service month: the model, and who the accounts were."""
    return [(newest("segment_model"), [month]), (newest("raw/account_master"), [trained_on])]


def scores_made_of(newest: Newest, catalogue: Catalogue, weeks: Iterable[dt.date]) -> dict[dt.date, Upstream]:
    """segment_scores of each Monday, beside its champion: its snapshot, those that its hold looks at, and tiers."""
    accounts = newest("account_snapshots")
    tiers = newest("account_tiers") if TIER in Labels.of(catalogue.labels).columns else {}
    found: dict[dt.date, Upstream] = {}
    for week in weeks:
        read = [week, *remembered_mondays(week, catalogue.limits.hold_weeks)]
        used = newest_tiers(tiers, week)
        found[week] = [(accounts, read), (tiers, [] if used is None else [used])]
    return found


def lift_made_of(newest: Newest, catalogue: Catalogue, plan: LiftPlan) -> Upstream:
    """conversion_lift_report of a data month, beside its champion."""
    days, over = [plan.as_of, *plan.training], complete_on(plan.as_of, catalogue)
    outcomes, revenue, master = (newest(f"raw/{source}") for source in (*jobs.EVENT_SOURCES, jobs.ACCOUNT_MASTER))
    return [
        (newest("account_snapshots"), days),
        (newest("account_tiers"), [month_of(day) for day in days]),
        (outcomes, [week for week in outcomes if week <= over]),
        (revenue, [week for week in revenue if week <= plan.as_of]),
        (master, [week for week in master if week <= plan.as_of]),
    ]


def kpis_made_of(newest: Newest, plan: KpiPlan) -> Upstream:
    """segment_kpis of a data month, beside its champion: the month-ends of all its periods."""
    return [(newest("account_snapshots"), plan.month_ends)]
