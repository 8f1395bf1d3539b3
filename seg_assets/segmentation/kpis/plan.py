"""What the report of a month is made of: its snapshots, and the definitions that served at its end.

Belongs here: the decision, the same for the asset, `seg run` and the sensor. Does not: asking what has landed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from seg_assets.calendar import month_of
from seg_assets.catalogs import Catalogue
from seg_assets.segmentation.promotion import Promotion, champion_of


@dataclass(frozen=True)
class KpiPlan:
    """A report that can be made. month_ends: the last landed Monday of every month up to the data month, ascending."""

    data_month: dt.date
    month_ends: tuple[dt.date, ...]
    definition_version: str


def kpi_plan(
    data_month: dt.date, landed: Iterable[dt.date], promotions: Iterable[Promotion], catalogue: Catalogue
) -> KpiPlan | str:
    """What to report of `data_month`, or in a sentence why nothing can be, and what would change that.

    landed: Mondays that have an account snapshot.
    """
    if not catalogue.kpis:
        return f"catalogue {catalogue.name} has no KPIs; name a file of them as kpis_file"
    last = {month_of(week): week for week in sorted(landed) if month_of(week) <= data_month}
    if data_month not in last:
        return f"no snapshot of {data_month:%Y-%m} has landed; materialize account_snapshots for one of its Mondays"
    if len(last) < 2:
        return (
            f"{data_month:%Y-%m} is the first month that has landed, and no period begins with it; report a later one"
        )
    champion = champion_of(promotions, last[data_month])
    if champion is None or champion.before_first_model:
        return f"no model served {data_month:%Y-%m}; refresh that service month, or report a later one"
    return KpiPlan(data_month, tuple(last[month] for month in sorted(last)), champion.definition_version)
