"""Making the shared data: `python -m benchmarks.preparing FOLDER ACCOUNTS`, a process of its own.

Belongs here: the order of the graph's steps from sample data to one scored week, by the project's own functions.
Does not: measuring any of it (stages/).
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
from pathlib import Path

import polars as pl

from benchmarks.prepared import DATA_MONTH, DEFINITION_VERSION, MONDAYS, SERVICE_MONTH, WEEK, Prepared
from benchmarks.stages.fit import refit
from benchmarks.stages.raw_to_accounts import take_week
from benchmarks.stages.scoring import TASK
from seg_assets.assets.raw import raw_table
from seg_assets.catalogs import default_catalogue
from seg_assets.landing import validate_events
from seg_assets.sample_data import write_landing
from seg_assets.schemas import PREPROCESSORS, SEGMENT_MODEL
from seg_assets.segmentation import Preprocessor, Reference
from seg_assets.steps.score import score_week

CONVERSIONS = "pipeline_conversions"


def prepare(prepared: Prepared) -> None:
    """Landing tables of all Mondays, their raw tables and accounts, one model and one scored week."""
    write_landing(prepared.folder / "landing", accounts=prepared.accounts, mondays=MONDAYS)
    for monday in MONDAYS:
        take_week(prepared.landing, prepared.lakehouse, monday)
    _take_conversions(prepared)
    _store_preprocessor(prepared)
    _store_model(prepared)
    score_week(prepared.lakehouse, TASK, prepared.segmentation, hold_weeks=0)


def _take_conversions(prepared: Prepared) -> None:
    table = raw_table(default_catalogue(), CONVERSIONS)
    weeks = prepared.landing.weeks(CONVERSIONS)
    for week in weeks:
        landed = prepared.landing.read(CONVERSIONS, week)
        checked = validate_events(landed, CONVERSIONS, week, earliest=week == min(weeks))
        prepared.lakehouse.replace(table, checked.accepted, week)


def _store_preprocessor(prepared: Prepared) -> None:
    catalogue = default_catalogue()
    snapshot = prepared.lakehouse.scan("account_snapshots", [WEEK]).collect()
    preprocessor = Preprocessor.fit(snapshot, catalogue, Reference.fit(snapshot, catalogue))
    row = pl.DataFrame({"trained_on": WEEK, "preprocessor": json.dumps(preprocessor.to_dict())})
    prepared.lakehouse.replace(PREPROCESSORS, row, DATA_MONTH)


def _store_model(prepared: Prepared) -> None:
    data, segmentation = refit(prepared)
    row = {
        "definition_version": DEFINITION_VERSION,
        "trained_on": WEEK,
        "fitted_at": dt.datetime.now(dt.UTC),
        "accounts": data.snapshot.height,
        "segments": len(segmentation.segments),
        "champion_before": None,
        "model_uri": None,
        "metrics": json.dumps(segmentation.metrics),
        "segmentation": segmentation.to_json(),
    }
    schema = {name: dtype for name, dtype in SEGMENT_MODEL.schema.items() if name != SEGMENT_MODEL.partition_column}
    prepared.lakehouse.replace(SEGMENT_MODEL, pl.DataFrame([row], schema=schema), SERVICE_MONTH)


def main() -> None:
    """The program."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("accounts", type=int)
    given = parser.parse_args()
    prepare(Prepared(given.folder, given.accounts))


if __name__ == "__main__":
    main()
