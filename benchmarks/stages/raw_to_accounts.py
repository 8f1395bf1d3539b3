"""Raw to accounts: one Monday of the catalogue's sources, from landing tables to account_snapshots.

Belongs here: the calls that the assets raw/<source> and account_snapshots make, in their order, without Dagster.
Does not: events and account_master, which no account row needs.
"""

from __future__ import annotations

import datetime as dt
import shutil
from functools import partial
from itertools import count

from benchmarks.prepared import WEEK, Prepared
from benchmarks.stages import Repeats
from resources.lakehouse import Lakehouse
from seg_assets.assets.raw import keep_quarantine, raw_table
from seg_assets.catalogs import default_catalogue
from seg_assets.landing import Landing, account_snapshot, validate
from seg_assets.schemas import account_snapshots


def repeats(prepared: Prepared) -> Repeats:
    """Each repeat writes the first week of a lakehouse of its own."""
    for number in count():
        folder = prepared.scratch(f"lakehouse-{number}")
        yield partial(take_week, prepared.landing, Lakehouse(str(folder)), WEEK)
        shutil.rmtree(folder)


def take_week(landing: Landing, lakehouse: Lakehouse, week: dt.date) -> int:
    """Read, validate and write each source, then join them and write the accounts; the accounts."""
    catalogue = default_catalogue()
    for source in catalogue.sources:
        checked = validate(landing.read(source.name, week), source.name, catalogue, week)
        lakehouse.replace(raw_table(catalogue, source.name), checked.accepted, week)
        keep_quarantine(lakehouse, source.name, week, checked)
    raw = {source.name: lakehouse.scan(f"raw/{source.name}", [week]) for source in catalogue.sources}
    joined = account_snapshot(raw, catalogue, week)
    lakehouse.replace(account_snapshots(catalogue), joined.accepted, week)
    keep_quarantine(lakehouse, "account_snapshots", week, joined)
    return joined.accepted.height
