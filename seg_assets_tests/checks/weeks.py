"""Real weeks of the sample in a lakehouse, under one champion, for the checks.

Belongs here: landing weeks, disturbed or not, through the contract, and a model. Does not: what must hold (the tests).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import polars as pl

from resources.lakehouse import Lakehouse
from seg_assets.calendar import mondays, month_of
from seg_assets.catalogs import default_catalogue
from seg_assets.checks.week import Week
from seg_assets.landing import account_snapshot, validate
from seg_assets.sample_data import Event, snapshot
from seg_assets.schemas import PROMOTIONS, SEGMENT_MODEL, account_snapshots
from seg_assets.segmentation import Preprocessor, Reference, Segmentation, fit

CATALOGUE = default_catalogue()
TRAINED_ON, EVENT_WEEK = dt.date(2026, 3, 30), dt.date(2026, 4, 20)
QUIET = tuple(mondays(TRAINED_ON, dt.date(2026, 4, 13)))
ACCOUNTS, SEED = 3_000, 7


def accounts_on(monday: dt.date, events: Sequence[Event] = (), accounts: int = ACCOUNTS) -> pl.DataFrame:
    """The account snapshot of a Monday, through the landing contract. Raises ContractError where that refuses it."""
    frames = snapshot(monday, accounts=accounts, seed=SEED, events=events)
    names = [source.name for source in CATALOGUE.sources if source.name in frames]
    accepted = {name: validate(frames[name], name, CATALOGUE, monday).accepted for name in names}
    return account_snapshot(accepted, CATALOGUE, monday).accepted


@cache
def segmentation(accounts: int = ACCOUNTS, trained_on: dt.date = TRAINED_ON) -> Segmentation:
    """Segments of that Monday's accounts."""
    people = accounts_on(trained_on, accounts=accounts)
    preprocessor = Preprocessor.fit(people, CATALOGUE, Reference.fit(people, CATALOGUE))
    return fit(people, CATALOGUE, None, None, preprocessor=preprocessor)


class Weeks:
    """A lakehouse of account snapshots and champions."""

    def __init__(self, folder: Path) -> None:
        self.lakehouse = Lakehouse(str(folder))

    def land(self, monday: dt.date, frame: pl.DataFrame) -> None:
        self.lakehouse.replace(account_snapshots(CATALOGUE), frame, monday)

    def promote(self, fitted: Segmentation, trained_on: dt.date) -> None:
        """Make `fitted` the champion from the month after its training on."""
        month = month_of(trained_on + dt.timedelta(days=31))
        version = f"{month:%Y-%m}.1"
        row = dict.fromkeys(SEGMENT_MODEL.schema) | {
            "definition_version": version,
            "trained_on": trained_on,
            "segmentation": fitted.to_json(),
        }
        self.lakehouse.replace(SEGMENT_MODEL, pl.DataFrame([row], schema=SEGMENT_MODEL.schema), month)
        promotion = {
            "service_month": month,
            "definition_version": version,
            "action": "promote",
            "by": "automatic",
            "at": dt.datetime.combine(month, dt.time(), dt.UTC),
            "reason": "a test",
            "from_version": None,
            "to_version": version,
        }
        self.lakehouse.append(PROMOTIONS, pl.DataFrame([promotion], schema=PROMOTIONS.schema))

    def week(self, monday: dt.date) -> Week:
        return Week(self.lakehouse, CATALOGUE, monday)
