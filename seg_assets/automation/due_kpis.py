"""Which data months have KPIs to report.

Belongs here: when a report may be made. Does not: what it is made of (segmentation/kpis/plan.py, made_of.py).
"""

from __future__ import annotations

import datetime as dt

from seg_assets.automation import jobs
from seg_assets.automation.due_landing import newest_of
from seg_assets.automation.due_months import MonthsDue
from seg_assets.automation.made_of import kpis_made_of
from seg_assets.automation.open_works import OpenWorks
from seg_assets.automation.plan import stale
from seg_assets.automation.priorities import REPORT
from seg_assets.automation.world import Work, World
from seg_assets.catalogs import Catalogue
from seg_assets.kpi_schemas import SEGMENT_KPIS
from seg_assets.partitions import data_months_over
from seg_assets.segmentation.kpis.plan import kpi_plan


def kpis_due(world: World, catalogue: Catalogue, months: MonthsDue, landing: OpenWorks) -> list[Work]:
    """Data months that are over and that a model served, without a report or with an older one."""
    table, snapshots = SEGMENT_KPIS.name, world.newest("account_snapshots")
    works = []
    for month in data_months_over(snapshots):
        plan = kpi_plan(month, snapshots, world.promotions, catalogue)
        if isinstance(plan, str) or months.open_until(month):
            continue
        if landing.expects(("account_snapshots",), dt.date.min, plan.month_ends[-1]):
            continue
        made_of = kpis_made_of(world.newest, plan)
        if stale(month, world.newest(table), made_of):
            cause = f"{newest_of(made_of)} {plan.definition_version}"
            works.append(Work(jobs.REPORT_KPIS, table, month, month, cause, REPORT))
    return works
