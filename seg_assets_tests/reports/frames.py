"""A made-up conversion-lift report, with names as hostile as data can be.

Belongs here: frames as the tables have them. Does not: what must hold of the page (the tests).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import polars as pl

from seg_assets.catalogs.load import DEFAULT_PATH, load_catalogue
from seg_assets.lift_schemas import (
    CONVERSION_LIFT_CLASSES,
    CONVERSION_LIFT_CONTROLS,
    CONVERSION_LIFT_FUNNEL,
    CONVERSION_LIFT_REPORT,
    CONVERSION_LIFT_VERDICTS,
)
from seg_assets.reports.lift_report import LiftReport
from seg_assets.schemas import SEGMENT_PROFILES, Table

CATALOGUE = load_catalogue(DEFAULT_PATH)
MONTH, AS_OF = dt.date(2026, 4, 1), dt.date(2026, 4, 27)
TRAINED_ON = [dt.date(2026, 1, 26), dt.date(2026, 2, 23)]
VERSION = "2026-04.1"
HOSTILE = "<script>alert('segment')</script> & \"quoted\" $x_1$"
LEVEL = "<img src=x onerror=alert(1)>"
ACCOUNT = "A0000017"
CANDIDATES = (
    ("segments", "Segments", 3, 0.72),
    ("segments_merged", "Segments, merged into 5 classes as tiers have", 3, 0.70),
    ("tiers", "Tiers as they are", 5, 0.55),
    ("tiers_retuned", "Tiers, thresholds re-tuned", 5, 0.56),
    ("motion", "Sales motion", 3, 0.58),
    ("random", "Random classes of the segments' sizes", 3, 0.5),
    ("ceiling", "Ceiling: gradient boosting", None, 0.76),
)
LIFTED = {"auc": 1.0, "gini": 0.6, "lift_20": 3.0, "capture_20": 0.7, "capture_10": 0.4, "capture_30": 0.9}


def lift_report(**changed: Any) -> LiftReport:
    """A whole report; `changed` replaces fields of it."""
    fields: dict[str, Any] = {
        "catalogue": CATALOGUE,
        "data_month": MONTH,
        "figures": figures(),
        "classes": classes(),
        "funnel": funnel(),
        "controls": controls(),
        "verdicts": verdicts(),
        "profiles": profiles(),
        "labels": pl.DataFrame(
            {
                "segment_id": ["SEG-01", "SEG-01", "SEG-02"],
                "label": ["lapsed", LEVEL, "lapsed"],
                "accounts": [900, 40, 3],
            }
        ),
        "reach": pl.DataFrame({"segment_id": ["SEG-01"], "channel": ["e-mail"], "share": [0.913]}),
    }
    return LiftReport(**(fields | changed))


def nothing() -> LiftReport:
    """A month in which nothing has matured and nothing beside the report has landed."""
    empty = {
        name: frame.clear()
        for name, frame in vars(lift_report()).items()
        if isinstance(frame, pl.DataFrame) and name not in ("labels", "reach")
    }
    return lift_report(**empty, labels=None, reach=None)


def figures(left_out: Sequence[str] = (), accounts: int = 6000, conversions: int = 240) -> pl.DataFrame:
    """Three populations: the headline, all eligible accounts, and one level with too few accounts."""
    rows: list[dict[str, Any]] = []
    sizes = {"headline": (accounts, conversions), "eligible": (30_000, 900), "lifecycle_stage=rare": (40, 2)}
    titles = {"headline": "marketing-qualified lead to pipeline", "eligible": "all eligible accounts"}
    for population, (many, converted) in sizes.items():
        common = {
            "data_month": MONTH,
            "as_of": AS_OF,
            "population": population,
            "population_title": titles.get(population, f"lifecycle stage {LEVEL}"),
            "accounts": many,
            "conversions": converted,
            "families": many - 10,
            "unit": "",
            "says": "",
            "status": "monitoring, not verdict",
            "trained_on": TRAINED_ON,
            "definition_version": VERSION,
            "part": "",
        }
        for name, title, count, auc in CANDIDATES:
            own = common | {"candidate": name, "candidate_title": title, "classes": count}
            if name in left_out:
                rows.append(own | {"figure": "left_out", "says": f"{title}: left out, no revenue"})
                continue
            rows += [own | _figure(figure, auc * times) for figure, times in LIFTED.items()]
            rows.append(own | _figure("qualified_per_1000", 100 * auc))
            rows += [own | _figure("auc_within", 0.6, part) for part in ("", "A", "none")]
            if name != "segments":
                rows.append(own | _figure("auc", auc - 0.72, versus="segments"))
            if name != "tiers" and "tiers" not in left_out:
                rows.append(own | _figure("qualified_per_1000", 100 * (auc - 0.55), versus="tiers"))
                rows.append(own | _figure("lift_20", 3 * (auc - 0.55), versus="tiers"))
            rows.append(own | _figure("rank_correlation", 0.9))
    return _frame(rows, CONVERSION_LIFT_REPORT)


def _figure(figure: str, value: float, part: str = "", versus: str | None = None) -> dict[str, Any]:
    ends = {"low": value - 0.011, "high": value + 0.012}
    return {"figure": figure, "value": value, "part": part, "versus": versus, **ends}


def classes() -> pl.DataFrame:
    """Classes of segments and tiers in the headline; one tier has two conversions."""
    rows = []
    for name, title, labels in (
        ("segments", "Segments", (f"SEG-01 {HOSTILE}", "SEG-02 Small", "SEG-03 Rest")),
        ("tiers", "Tiers as they are", ("A", "B", "none")),
    ):
        for rank, (label, accounts, conversions) in enumerate(
            zip(labels, (1000, 9, 4991), (120, 2, 118), strict=True), start=1
        ):
            rows.append(
                {
                    "data_month": MONTH,
                    "population": "headline",
                    "candidate": name,
                    "candidate_title": title,
                    "rank": rank,
                    "label": label,
                    "accounts": accounts,
                    "account_share": accounts / 6000,
                    "conversions": conversions,
                    "expected_rate": 0.1,
                    "conversion_rate": conversions / accounts,
                    "conversion_low": 0.01,
                    "conversion_high": 0.2,
                }
            )
    return _frame(rows, CONVERSION_LIFT_CLASSES)


def funnel() -> pl.DataFrame:
    """Four steps."""
    rows = [
        ("all accounts", 40_000, 0, None, "accounts in the snapshot"),
        ("no opportunity", 35_000, 5_000, None, "neither an open nor a won opportunity"),
        ("eligible", 30_000, 5_000, 900, "not already qualified"),
        ("headline", 6_000, 24_000, 240, "marketing-qualified lead to pipeline"),
    ]
    names = ("step", "accounts", "dropped", "conversions", "says")
    told = [dict(zip(names, row, strict=True)) | {"data_month": MONTH, "position": i} for i, row in enumerate(rows, 1)]
    return _frame(told, CONVERSION_LIFT_FUNNEL)


def controls(*, failed: bool = False) -> pl.DataFrame:
    """Two controls; the second fails where asked to."""
    rows = [
        {"control": "permuted target: segments", "passed": True, "expected": "0.5", "seen": "0.5003"},
        {"control": "leak screen", "passed": not failed, "expected": "none", "seen": "demo_requests (AUC 0.970)"},
    ]
    return _frame([row | {"data_month": MONTH, "population": "headline"} for row in rows], CONVERSION_LIFT_CONTROLS)


def verdicts(verdict: str = "monitoring, not verdict") -> pl.DataFrame:
    """The deciding row and one beside it."""
    common = {
        "data_month": MONTH,
        "quarter": "2026-Q2",
        "look": 2,
        "months": [AS_OF],
        "population": "headline",
        "population_title": "marketing-qualified lead to pipeline",
        "verdict": verdict,
        "says": f"{verdict.capitalize()}: the AUC of segments less that of tiers is +0.170",
        "value": 0.17,
        "low": 0.159,
        "high": 0.182,
        "confidence": 0.95,
        "accounts": 6000,
        "conversions": 240,
        "missing_conversions": 0,
    }
    rows = [
        {"versus": "tiers", "versus_title": "Tiers as they are", "deciding": True},
        {"versus": "motion", "versus_title": "Sales motion", "deciding": False},
    ]
    return _frame([common | row for row in rows], CONVERSION_LIFT_VERDICTS)


def profiles() -> pl.DataFrame:
    """Three segments: hostile words, too few conversions, no rate at all."""
    rows = [
        _segment("SEG-01", HOSTILE, 1000, 5000, 600),
        _segment("SEG-02", "Small", 9, 12, 2),
        _segment("SEG-03", "Rest", 5000, None, None),
    ]
    return _frame(rows, SEGMENT_PROFILES)


def _segment(
    segment_id: str, name: str, accounts: int, eligible: int | None, conversions: int | None
) -> dict[str, Any]:
    rate = None if eligible is None or conversions is None else conversions / eligible
    return {
        "service_month": MONTH,
        "segment_id": segment_id,
        "name": name,
        "definition": f"intent at least 60 and region is {LEVEL}",
        "accounts": accounts,
        "account_share": accounts / 6009,
        "arr": 12_340_000.0,
        "arr_share": 0.4,
        "eligible": eligible,
        "conversions": conversions,
        "conversion_rate": rate,
        "conversion_low": None if rate is None else rate / 2,
        "conversion_high": None if rate is None else rate * 1.5,
        "differences": [f"region {LEVEL} 40 %"],
        "play": "Sales acceleration",
        "action": "Call within one working day",
        "kind": "natural",
        "typical_accounts": [ACCOUNT],
        "definition_version": VERSION,
    }


def _frame(rows: Sequence[dict[str, Any]], table: Table) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=table.schema)
