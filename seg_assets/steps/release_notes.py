"""Release notes as rows: what each decision that changed definitions meant, stored beside the decision.

Belongs here: which decisions lack their note, reading what a note compares, appending its row.
Does not: the comparison (segmentation/definition_change.py), how it reads (seg_assets/reports/release_note.py).
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import polars as pl

from resources.lakehouse import Lakehouse
from seg_assets.catalogs import Catalogue
from seg_assets.notice_schemas import RELEASE_NOTES
from seg_assets.schemas import SEGMENT_MODEL
from seg_assets.segmentation.definition_change import DefinitionChange, definition_change
from seg_assets.segmentation.promotion import Promotion
from seg_assets.steps.models import read_segmentation
from seg_assets.steps.refresh_data import read_outcomes


def notes_of_version(lakehouse: Lakehouse, definition_version: str) -> list[dict[str, Any]]:
    """The notes by which a version came into force, the newest first: columns as RELEASE_NOTES."""
    if not lakehouse.exists(RELEASE_NOTES.name):
        return []
    rows = lakehouse.scan(RELEASE_NOTES.name).filter(pl.col("definition_version") == definition_version)
    return rows.sort("at", descending=True).collect().to_dicts()


def without_note(lakehouse: Lakehouse, promotions: list[Promotion], service_month: dt.date) -> list[Promotion]:
    """The decisions of a month that changed definitions and have no note yet, in their order."""
    told: set[tuple[dt.datetime, str]] = set()
    if lakehouse.exists(RELEASE_NOTES.name):
        rows = lakehouse.scan(RELEASE_NOTES.name).select("at", "definition_version").collect()
        told = {(at, version) for at, version in rows.iter_rows()}
    return [
        decision
        for decision in promotions
        if decision.service_month == service_month
        and decision.to_version not in (None, decision.from_version)
        and (decision.at, decision.to_version) not in told
    ]


def add_note(lakehouse: Lakehouse, catalogue: Catalogue, decision: Promotion) -> None:
    """Compare the definitions before and after `decision`, on the newest training snapshot of its month; append a row.

    Raises TableError where a version or that snapshot is not there any more.
    """
    version = decision.to_version or decision.definition_version
    week = _trained_on(lakehouse, decision.service_month)
    after = read_segmentation(lakehouse, version)
    before = None if decision.from_version is None else read_segmentation(lakehouse, decision.from_version)
    columns = {"account_id", *after.required_columns, *(before.required_columns if before else ())}
    if catalogue.value_feature is not None:
        columns.add(catalogue.value_feature)
    change = definition_change(
        before,
        after,
        lakehouse.scan("account_snapshots", [week]).select(sorted(columns)).collect(),
        catalogue.value_feature,
        read_outcomes(lakehouse, catalogue, week),
        horizon_days=catalogue.objective.horizon_days + catalogue.outcome_lag_days,
    )
    row = _row(decision, version, week, change)
    lakehouse.append(RELEASE_NOTES, pl.DataFrame([row], schema=RELEASE_NOTES.schema))


def _trained_on(lakehouse: Lakehouse, service_month: dt.date) -> dt.date:
    rows = lakehouse.scan(SEGMENT_MODEL.name, [service_month]).sort("fitted_at").select("trained_on").collect()
    newest: dt.date = rows["trained_on"].to_list()[-1]
    return newest


def _row(decision: Promotion, version: str, week: dt.date, change: DefinitionChange) -> dict[str, Any]:
    return {
        "service_month": decision.service_month,
        "definition_version": version,
        "action": decision.action,
        "by": decision.by,
        "at": decision.at,
        "reason": decision.reason,
        "from_version": decision.from_version,
        "snapshot_date": week,
        "accounts": change.accounts,
        "moved": change.moved,
        "moved_arr": change.moved_arr,
        "segments": [dataclasses.asdict(segment) for segment in change.segments],
        "moves": change.moves.to_dicts(),
        "figures": [dataclasses.asdict(figure) for figure in change.figures],
        "borders": list(change.borders),
        "plays_added": list(change.plays_added),
        "plays_dropped": list(change.plays_dropped),
        "retired": [dataclasses.asdict(tombstone) | {"heirs": list(tombstone.heirs)} for tombstone in change.retired],
    }
