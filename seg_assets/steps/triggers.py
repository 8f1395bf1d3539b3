"""Score single accounts between weeks, each after an event, on the newest snapshot and the values that came with it.

Belongs here: reading these accounts alone, scoring, storing, and the tables of files and of rows that were not used.
Does not: what a file holds (landing/triggers.py), when it is read (automation/triggers.py).
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from resources.lakehouse import Lakehouse
from seg_assets.calendar import remembered_mondays
from seg_assets.catalogs import Catalogue
from seg_assets.catalogs.model import TIER
from seg_assets.landing.accounts import changed_accounts
from seg_assets.landing.triggers import BadRow, TriggerFile, TriggerRow, TriggerRows
from seg_assets.schemas import SEGMENT_SCORES, feature_dtype
from seg_assets.segmentation.labels import Labels
from seg_assets.segmentation.overridden import with_overrides
from seg_assets.steps.inputs import WeekToScore
from seg_assets.steps.models import read_segmentation
from seg_assets.steps.overrides import week_overrides
from seg_assets.steps.week_reads import SNAPSHOTS, newest_tiers
from seg_assets.tier_schemas import ACCOUNT_TIERS
from seg_assets.trigger_schemas import TRIGGER_FILES, TRIGGER_QUARANTINE, TRIGGERED_SCORES

Key = tuple[str, str, dt.datetime]
"""Account, event and moment: what makes a trigger the same one, in whatever file it comes again."""


@dataclass(frozen=True)
class Triggered:
    """What became of the rows of files: scored, repeated (scored before) and not used."""

    scored: tuple[TriggerRow, ...]
    repeated: tuple[TriggerRow, ...]
    bad: tuple[BadRow, ...]


def files_read(lakehouse: Lakehouse) -> set[str]:
    """The identities of the files that have been read."""
    if not lakehouse.exists(TRIGGER_FILES.name):
        return set()
    return set(lakehouse.scan(TRIGGER_FILES.name).select("identity").collect().to_series())


def score_triggers(
    lakehouse: Lakehouse, catalogue: Catalogue, task: WeekToScore, rows: Sequence[TriggerRow], now: dt.datetime
) -> Triggered:
    """Score the accounts of `rows` in the order of their events, and store that in the partition of the task's week.

    Scores of the week itself stay as they are. What has been scored before is not scored again, so that a file may land
    twice and a run be repeated.
    """
    done, carried, shown = _before(lakehouse, task.week, {row.account_id for row in rows})
    new: dict[Key, TriggerRow] = {}
    for row in sorted(rows, key=lambda row: (row.at, row.file, row.row)):
        if (key := (row.account_id, row.event, row.at)) not in done:
            new.setdefault(key, row)
    used = {id(row) for row in new.values()}
    repeated = tuple(row for row in rows if id(row) not in used)
    if not new:
        return Triggered((), repeated, ())
    scoring = _Scoring(lakehouse, catalogue, task, now, carried, shown)
    frames, scored, bad = [], [], []
    for turn in _turns(new.values()):
        frame, unused = scoring.turn(turn)
        gone = {(one.file, one.row) for one in unused}
        frames.append(frame)
        scored += [row for row in turn if (row.file, row.row) not in gone]
        bad += unused
    if scored:
        stored = [lakehouse.scan(TRIGGERED_SCORES.name, [task.week]).collect()] if _has(lakehouse, task.week) else []
        together = pl.concat([*stored, *frames], how="diagonal_relaxed").select(TRIGGERED_SCORES.schema.names())
        lakehouse.replace(TRIGGERED_SCORES, together.cast(TRIGGERED_SCORES.schema), task.week)
    return Triggered(tuple(scored), repeated, tuple(bad))


def record_file(lakehouse: Lakehouse, file: TriggerFile, found: TriggerRows, made: Triggered, now: dt.datetime) -> None:
    """Keep the rows that were not used, then that the file has been read."""
    bad = [one for one in (*found.bad, *made.bad) if one.file == file.name]
    if bad:
        kept = [{**vars(one), "read_at": now} for one in bad]
        lakehouse.append(TRIGGER_QUARANTINE, pl.DataFrame(kept, schema=TRIGGER_QUARANTINE.schema))
    row = {
        "file": file.name,
        "identity": file.identity,
        "read_at": now,
        "rows": found.rows,
        "scored": sum(one.file == file.name for one in made.scored),
        "repeated": sum(one.file == file.name for one in made.repeated),
        "quarantined": len(bad),
        "ignored": list(found.ignored),
    }
    lakehouse.append(TRIGGER_FILES, pl.DataFrame([row], schema=TRIGGER_FILES.schema))


def _has(lakehouse: Lakehouse, week: dt.date) -> bool:
    return week in lakehouse.partitions(TRIGGERED_SCORES.name)


def _before(
    lakehouse: Lakehouse, week: dt.date, accounts: Collection[str]
) -> tuple[set[Key], dict[str, dict[str, Any]], dict[str, str]]:
    """Of these accounts: the triggers scored before, values newer than the week's snapshot, the segment shown last."""
    ours = pl.col("account_id").is_in(list(accounts))
    shown: dict[str, str] = {}
    scored = [monday for monday in lakehouse.partitions(SEGMENT_SCORES.name) if monday <= week]
    if scored:
        rows = lakehouse.scan(SEGMENT_SCORES.name, [max(scored)]).filter(ours).select("account_id", "segment_id")
        shown = dict(rows.collect().iter_rows())
    if not lakehouse.exists(TRIGGERED_SCORES.name):
        return set(), {}, shown
    columns = ["account_id", "event", "at", "snapshot_date", "carried", "segment_id"]
    past = lakehouse.scan(TRIGGERED_SCORES.name).filter(ours).select(columns).sort("at", maintain_order=True).collect()
    of_week = past.filter(pl.col("snapshot_date") == week)
    carried = {account: json.loads(text) for account, text in of_week.select("account_id", "carried").iter_rows()}
    shown |= dict(of_week.select("account_id", "segment_id").iter_rows())
    return set(past.select("account_id", "event", "at").iter_rows()), carried, shown


def _turns(rows: Iterable[TriggerRow]) -> list[list[TriggerRow]]:
    """`rows`, which are in order, so that an account is in each part once: its next event in the next part."""
    turns: list[list[TriggerRow]] = []
    met: dict[str, int] = {}
    for row in rows:
        number = met.get(row.account_id, 0)
        met[row.account_id] = number + 1
        if number == len(turns):
            turns.append([])
        turns[number].append(row)
    return turns


class _Scoring:
    """Scores turns of one run, one after another. carried, shown: by account, kept up from turn to turn."""

    def __init__(
        self,
        lakehouse: Lakehouse,
        catalogue: Catalogue,
        task: WeekToScore,
        now: dt.datetime,
        carried: Mapping[str, Mapping[str, Any]],
        shown: Mapping[str, str],
    ) -> None:
        self._lakehouse = lakehouse
        self._catalogue = catalogue
        self._task = task
        self._now = now
        self._carried = {account: dict(values) for account, values in carried.items()}
        self._shown = dict(shown)
        self._segmentation = read_segmentation(lakehouse, task.definition_version)
        self._labels = Labels.of(catalogue.labels)

    def turn(self, rows: Sequence[TriggerRow]) -> tuple[pl.DataFrame, list[BadRow]]:
        """Rows of triggered_scores, and those that could not be scored."""
        ids = [row.account_id for row in rows]
        ours = pl.col("account_id").is_in(ids)
        snapshot = self._lakehouse.scan(SNAPSHOTS, [self._task.week]).filter(ours).collect()
        there = {row["account_id"]: row for row in snapshot.iter_rows(named=True)}
        bad = [_bad(row, self._unknown(row)) for row in rows if row.account_id not in there]
        known = [row for row in rows if row.account_id in there]
        if not known:
            return TRIGGERED_SCORES.schema.to_frame(), bad
        newer = {row.account_id: self._newer(row) for row in known}
        accounts, broken = changed_accounts(self._overlaid(snapshot, newer), self._catalogue)
        why = dict(zip(accounts["account_id"], broken, strict=True))
        remedy = "its values contradict the account's others: have the trigger bring those too, or correct it"
        bad += [_bad(row, f"{why[row.account_id]}; {remedy}") for row in known if why[row.account_id]]
        scored = [row for row in known if not why[row.account_id]]
        if not scored:
            return TRIGGERED_SCORES.schema.to_frame(), bad
        told = pl.DataFrame([self._told(row, there[row.account_id], newer[row.account_id]) for row in scored])
        scores = self._scores(accounts.filter(pl.col("account_id").is_in(told["account_id"].implode())))
        frame = scores.join(told, on="account_id", how="inner", maintain_order="right")
        for row in scored:
            self._carried[row.account_id] = newer[row.account_id]
        self._shown |= dict(frame.select("account_id", "segment_id").iter_rows())
        return frame, bad

    def _newer(self, row: TriggerRow) -> dict[str, Any]:
        """The values that count beside the snapshot: none that are older than it."""
        kept = self._carried.get(row.account_id, {})
        return {**kept, **(row.carried if row.at.date() >= self._task.week else {})}

    def _overlaid(self, snapshot: pl.DataFrame, newer: Mapping[str, Mapping[str, Any]]) -> pl.DataFrame:
        """`snapshot` with newer values in the place of its own."""
        for name in sorted({name for values in newer.values() for name in values}):
            dtype = feature_dtype(self._catalogue, name)
            own = {account: values[name] for account, values in newer.items() if name in values}
            column = pl.DataFrame({"account_id": list(own), "__new": pl.Series(list(own.values()), dtype=dtype)})
            snapshot = snapshot.join(column, on="account_id", how="left", maintain_order="left")
            old = pl.col(name) if name in snapshot.columns else pl.lit(None, dtype)
            snapshot = snapshot.with_columns(pl.coalesce("__new", old).alias(name)).drop("__new")
        return snapshot

    def _scores(self, accounts: pl.DataFrame) -> pl.DataFrame:
        """Scores of these accounts as their week would have them."""
        task, hold_weeks = self._task, self._catalogue.limits.hold_weeks
        known, labels, segmentation = self._with_tiers(accounts.lazy()), self._labels, self._segmentation
        landed = self._lakehouse.partitions(SNAPSHOTS)
        ours = pl.col("account_id").is_in(accounts["account_id"].implode())
        earlier = [
            self._lakehouse.scan(SNAPSHOTS, [monday]).filter(ours).select(segmentation.remembered_columns)
            if monday in landed
            else None
            for monday in remembered_mondays(task.week, hold_weeks)
        ]
        overrides = week_overrides(self._lakehouse, task.week, known, segmentation, labels)
        scores = with_overrides(segmentation.assign(known, earlier, hold_weeks, labels), overrides.patch)
        versions = {"definition_version": task.definition_version, "before_first_model": task.before_first_model}
        return scores.with_columns(pl.lit(value).alias(name) for name, value in versions.items()).collect()

    def _with_tiers(self, accounts: pl.LazyFrame) -> pl.LazyFrame:
        if TIER not in self._labels.columns:
            return accounts
        month = newest_tiers(self._lakehouse.partitions(ACCOUNT_TIERS.name), self._task.week)
        if month is None:
            return accounts
        tiers = self._lakehouse.scan(ACCOUNT_TIERS.name, [month]).select("account_id", TIER)
        return accounts.join(tiers, on="account_id", how="left", maintain_order="left")

    def _told(self, row: TriggerRow, was: Mapping[str, Any], newer: Mapping[str, Any]) -> dict[str, Any]:
        """The columns of a row that are about its trigger."""
        described = {trigger.name: trigger.description for trigger in self._catalogue.triggers}[row.event]
        parts = [f"{row.event} at {row.at:%Y-%m-%d %H:%M} UTC: {described}"]
        if row.carried and row.at.date() < self._task.week:
            parts.append(f"its values are older than the snapshot of {self._task.week}, which counts")
        else:
            parts += [f"{name} is {value}, was {was.get(name)}" for name, value in row.carried.items()]
        return {
            "account_id": row.account_id,
            "event": row.event,
            "at": row.at,
            "reason": "; ".join(parts),
            "before_segment_id": self._shown.get(row.account_id),
            "carried": json.dumps(newer, sort_keys=True),
            "file": row.file,
            "row": row.row,
            "scored_at": self._now,
        }

    def _unknown(self, row: TriggerRow) -> str:
        return (
            f"account {row.account_id!r} is not among the accounts of week {self._task.week}, the newest: correct the "
            "id, or leave it; a new account is scored with the first week that has it"
        )


def _bad(row: TriggerRow, reason: str) -> BadRow:
    landed = {"account_id": row.account_id, "event": row.event, "at": row.at.isoformat(), **row.carried}
    return BadRow(row.file, row.row, row.account_id, reason, json.dumps(landed))
