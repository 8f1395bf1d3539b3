"""The report of a month: every KPI of every period up to it, by the segments of one set of definitions.

Belongs here: series put together from the sums of their periods. Does not: reading snapshots (assets/kpis.py), the
arithmetic (sums.py, figures.py, limits.py), how a figure is told (sentences.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from seg_assets.catalogs import Catalogue
from seg_assets.catalogs.kpi import Grain, Kpi, KpiKind
from seg_assets.catalogs.model import SEGMENT_ID
from seg_assets.segmentation.kpis.figures import by_segment, with_figures
from seg_assets.segmentation.kpis.limits import Limits, Series, limits
from seg_assets.segmentation.kpis.periods import Period
from seg_assets.segmentation.kpis.sentences import sentence, unit_of

ALL = "all accounts"
ABOVE = "above"


@dataclass(frozen=True)
class PeriodSums:
    """A period with the sums of its KPIs (sums.period_sums), and the version that served at its end; None without."""

    period: Period
    sums: pl.DataFrame
    version_then: str | None


@dataclass(frozen=True)
class Definitions:
    """The definitions of the report. names: of their segments by segment_id, in their order."""

    version: str
    names: Mapping[str, str]


def report(
    catalogue: Catalogue, definitions: Definitions, periods: Sequence[PeriodSums], schema: pl.Schema
) -> pl.DataFrame:
    """The rows of segment_kpis for one data month, by KPI, grain, segment (all accounts first) and time.

    A series is one KPI, grain and segment under these definitions alone, so that it never mixes versions. It has no row
    of a period in which nobody is asked. schema: the columns of the rows, in order.
    """
    kpis = {kpi.name: kpi for kpi in catalogue.kpis}
    found: dict[tuple[str, Grain, str | None], list[tuple[PeriodSums, dict[str, Any]]]] = {}
    is_share = pl.col("kpi").is_in([name for name, kpi in kpis.items() if kpi.value is None])
    for one in sorted(periods, key=lambda one: one.period.first):
        for row in with_figures(by_segment(one.sums), is_share).iter_rows(named=True):
            found.setdefault((row["kpi"], one.period.grain, row[SEGMENT_ID]), []).append((one, row))
    rows = [
        told
        for name, kpi in kpis.items()
        for grain in (one for one in Grain if one in kpi.periods)
        for segment in (None, *definitions.names)
        for told in _series(catalogue, kpi, definitions, segment, found.get((name, grain, segment), []))
    ]
    return pl.DataFrame(rows, schema=schema)


def _series(
    catalogue: Catalogue,
    kpi: Kpi,
    definitions: Definitions,
    segment: str | None,
    rows: Sequence[tuple[PeriodSums, dict[str, Any]]],
) -> Iterator[dict[str, Any]]:
    chart = _chart(kpi, [row for _, row in rows])
    place = 0
    for one, row in rows:
        told = _figures(catalogue, kpi, one, row) | {
            "segment_name": ALL if segment is None else definitions.names[segment],
            "definition_version": definitions.version,
            "restated": one.version_then != definitions.version,
        }
        rule = None
        if isinstance(chart, Limits) and row["value"] is not None:
            rule = chart.rules[place]
            told |= {
                "centre": chart.centre,
                "lower_limit": chart.lower[place],
                "upper_limit": chart.upper[place],
                "signal": rule is not None,
                "turn": None if rule is None else _turn(kpi, rule),
            }
            place += 1
        told["says"] = sentence(catalogue, kpi, told, rule, chart if isinstance(chart, str) else None)
        yield told


def _chart(kpi: Kpi, rows: Sequence[Mapping[str, Any]]) -> Limits | str:
    known = [row for row in rows if row["value"] is not None]
    return limits(
        Series(
            values=tuple(row["value"] for row in known),
            accounts=tuple(row["accounts"] for row in known),
            errors=tuple(row["error"] or 0.0 for row in known),
            share=kpi.value is None,
            flow=kpi.follows,
            most=_most(kpi),
        )
    )


def _most(kpi: Kpi) -> float | None:
    """The largest figure that there can be."""
    return 1.0 if kpi.value is None or kpi.kind is KpiKind.GROSS_RETENTION else None


def _figures(catalogue: Catalogue, kpi: Kpi, one: PeriodSums, row: Mapping[str, Any]) -> dict[str, Any]:
    period, most = one.period, _most(kpi)
    return {
        "kpi": kpi.name,
        "title": kpi.title,
        "grain": period.grain.value,
        "period": period.name,
        "period_start": period.first,
        "begins_on": period.begins_on if kpi.follows else None,
        "ends_on": period.ends_on,
        "numerator": row["y"],
        "denominator": row["x"],
        "unit": unit_of(catalogue, kpi),
        "leads": kpi.leads,
        "version_then": one.version_then,
        **{name: row[name] for name in (SEGMENT_ID, "value", "low", "accounts", "unknown", "gone")},
        "high": row["high"] if most is None or row["high"] is None else min(row["high"], most),
    }


def _turn(kpi: Kpi, rule: str) -> str:
    return "better" if (ABOVE in rule) == (kpi.direction == "up") else "worse"
