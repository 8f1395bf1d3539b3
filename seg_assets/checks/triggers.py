"""Triggers that could not be used: the verdict on the files of one run.

Belongs here: the words. Does not: finding what is wrong with a row (landing/triggers.py, steps/triggers.py).
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence

import polars as pl

from resources.lakehouse import Lakehouse
from seg_assets.catalogs import Catalogue
from seg_assets.checks.affected import affected
from seg_assets.checks.commands import show
from seg_assets.checks.finding import DOES_NOT_APPLY, Finding
from seg_assets.landing.triggers import BadRow
from seg_assets.trigger_schemas import TRIGGER_QUARANTINE

UNUSED_TRIGGERS = "unused_triggers"
EXPECTED = "every row of a trigger file scores an account"
MOST_CAUSES = 3


def unused_triggers(
    lakehouse: Lakehouse, catalogue: Catalogue, week: dt.date, used: int, bad: Sequence[BadRow]
) -> Finding:
    """The verdict on what a run read: it warns of every row that is not used."""
    seen = f"{_rows(used)} used, {len(bad):,} not"
    if not bad:
        return Finding("every row was used", EXPECTED, seen)
    who = affected(lakehouse, catalogue, pl.Series([one.account_id for one in bad], dtype=pl.String), week)
    shown = "; ".join(f"{one.file}, row {one.row}: {one.reason}" for one in bad)
    reasons = Counter(one.reason for one in bad).most_common(MOST_CAUSES)
    return Finding(
        told=f"{TRIGGER_QUARANTINE.name} has {_rows(len(bad))} more, whose accounts wait for the week: {shown}",
        expected=EXPECTED,
        seen=seen,
        passed=False,
        since=week,
        accounts=who.accounts,
        arr=who.arr if who.arr is not None else f"{DOES_NOT_APPLY}: none of them is an account of {week}",
        causes=tuple(f"{reason} ({_rows(number)})" for reason, number in reasons),
        look_closer=show(TRIGGER_QUARANTINE.name),
    )


def _rows(number: int) -> str:
    return "1 row" if number == 1 else f"{number:,} rows"
