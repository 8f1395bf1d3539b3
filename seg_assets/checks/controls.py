"""Controls of a lift report: what must come out as known, on every run.

Belongs here: the verdict on a stored report, and its words. Does not: the controls (segmentation/conversion).
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from resources.lakehouse import Lakehouse
from seg_assets.calendar import month_before
from seg_assets.checks.commands import show
from seg_assets.checks.finding import DOES_NOT_APPLY, Finding
from seg_assets.lift_schemas import CONVERSION_LIFT_CONTROLS

CONTROLS = "controls"
CAUSES = {
    "leak screen": "a feature is filled after the outcome, or by it",
    "permuted target": "ranks, ties or families are counted wrongly: a bug in the report",
    "random partition": "chance, where the month has few conversions; else the judged accounts were chosen by outcome",
    "same twice": "figures depend on more than the ranking: a bug in the report",
}
"""What each kind of control finds; the kind is what its name begins with."""


def controls_hold(lakehouse: Lakehouse, month: dt.date) -> Finding:
    """The verdict on the report of one data month, which is stored."""
    done = lakehouse.scan(CONVERSION_LIFT_CONTROLS.name, [month]).collect()
    failed = _failed(done)
    expected = f"all {done.height} controls come out as known"
    if failed.is_empty():
        return Finding("every control came out as known", expected, f"{done.height} of {done.height} did")
    told = [
        f"{row['control']} ({row['population']}): expected {row['expected']}, seen {row['seen']}"
        for row in failed.iter_rows(named=True)
    ]
    kinds = list(dict.fromkeys(_kind(name) for name in failed["control"]))
    return Finding(
        told="; ".join(told),
        expected=expected,
        seen=f"{failed.height} of {done.height} did not",
        passed=False,
        blocks=True,
        since=_since(lakehouse, month, set(failed["control"])),
        accounts=f"{DOES_NOT_APPLY}: figures of a report, no scores and no lists",
        arr=DOES_NOT_APPLY,
        causes=tuple(CAUSES.get(kind, kind) for kind in kinds),
        look_closer=show(CONVERSION_LIFT_CONTROLS.name, month),
        table="\n".join(f"- {line}" for line in told),
    )


def _failed(done: pl.DataFrame) -> pl.DataFrame:
    return done.filter(~pl.col("passed")).sort("control", "population")


def _kind(control: str) -> str:
    return control.split(":", 1)[0]


def _since(lakehouse: Lakehouse, month: dt.date, controls: set[str]) -> dt.date:
    """The first of the data months in a row, `month` the last, whose report failed one of `controls`."""
    stored = lakehouse.partitions(CONVERSION_LIFT_CONTROLS.name)
    first = month
    while (before := month_before(first)) in stored:
        failed = _failed(lakehouse.scan(CONVERSION_LIFT_CONTROLS.name, [before]).collect())
        if controls.isdisjoint(failed["control"]):
            break
        first = before
    return first
