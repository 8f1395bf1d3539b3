"""Trigger files: events between weeks after which an account is to be scored at once.

Belongs here: which files there are, one file's rows as values, and what is wrong with a row. Does not: scoring
(steps/triggers.py), which files were read before (assets/triggers.py).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from seg_assets.catalogs import Catalogue
from seg_assets.landing.casting import WHAT_DOES_NOT_CAST, cast, given, shown
from seg_assets.landing.local_files import READ_ERRORS, first_line, local_folder
from seg_assets.landing.problems import LandingError
from seg_assets.schemas import feature_dtype

FOLDER = "triggers"
KEYS = ("account_id", "event", "at")
SUFFIXES = (".parquet", ".csv", ".jsonl")
MOMENT = "write it as 2026-07-08T09:30:00Z"


@dataclass(frozen=True)
class TriggerFile:
    """One file. identity: a hash of its content."""

    name: str
    path: Path
    identity: str


@dataclass(frozen=True)
class TriggerRow:
    """An event of one account. carried: feature values that it brings, those alone that it has."""

    file: str
    row: int
    account_id: str
    event: str
    at: dt.datetime
    carried: Mapping[str, Any]


@dataclass(frozen=True)
class BadRow:
    """A row that is not used. reason: why, and what to do; landed: the row as JSON."""

    file: str
    row: int
    account_id: str | None
    reason: str
    landed: str


@dataclass(frozen=True)
class TriggerRows:
    """What a file holds. ignored: columns that are no features."""

    good: tuple[TriggerRow, ...]
    bad: tuple[BadRow, ...]
    ignored: tuple[str, ...]

    @property
    def rows(self) -> int:
        return len(self.good) + sum(bad.row > 0 for bad in self.bad)


def trigger_files(base: str) -> list[TriggerFile]:
    """The files in `<base>/triggers`, by name, without those that writers hide; none on an object store."""
    folder = local_folder(f"{base.rstrip('/')}/{FOLDER}")
    if folder is None or not folder.is_dir():
        return []
    return [
        TriggerFile(file.name, file, hashlib.sha256(file.read_bytes()).hexdigest()[:16])
        for file in sorted(folder.iterdir())
        if file.suffix.lower() in SUFFIXES and file.is_file() and not file.name.startswith(("_", "."))
    ]


def read_triggers(file: TriggerFile, catalogue: Catalogue, now: dt.datetime) -> TriggerRows:
    """The rows of a file. Raises LandingError for one that is corrupt or half written: it is not read yet."""
    landed = _read(file.path)
    missing = [name for name in KEYS if name not in landed.columns]
    if missing:
        remedy = f"column {', '.join(missing)} is missing; a trigger has {', '.join(KEYS)}: write the file again"
        return TriggerRows((), (BadRow(file.name, 0, None, remedy, json.dumps(landed.columns)),), ())
    features = [name for name in landed.columns if name in catalogue.feature_names]
    ignored = tuple(name for name in landed.columns if name not in (*KEYS, *features))
    names = {trigger.name for trigger in catalogue.triggers}
    values, faults = _values(landed, features, catalogue)
    keys = landed.select(*(cast(name, landed.schema[name], pl.String()) for name in KEYS[:2]), "at").rows()
    texts = landed.select(shown(name, landed.schema[name]) for name in landed.columns).rows(named=True)
    good, bad = [], []
    for number, (account_id, event, landed_at) in enumerate(keys):
        at = _moment(landed_at)
        fault = _fault(account_id, event, at, names, now) or faults[number]
        if fault is not None or at is None:
            bad.append(BadRow(file.name, number + 1, account_id, str(fault), json.dumps(texts[number])))
        else:
            good.append(TriggerRow(file.name, number + 1, account_id, event, at, values[number]))
    return TriggerRows(tuple(good), tuple(bad), ignored)


def _read(file: Path) -> pl.DataFrame:
    try:
        match file.suffix.lower():
            case ".parquet":
                return pl.read_parquet(file, hive_partitioning=False, glob=False)
            case ".csv":
                return pl.read_csv(file, infer_schema=False, glob=False)
            case _:
                return pl.read_ndjson(file, infer_schema_length=None)
    except READ_ERRORS as error:
        raise LandingError(
            f"landing/{FOLDER}: {file} cannot be read: {first_line(error)}. The file is corrupt or half written: write "
            "it again; files beside it are read"
        ) from error


def _fault(
    account_id: str | None, event: str | None, at: dt.datetime | None, names: set[str], now: dt.datetime
) -> str | None:
    """What is wrong with the keys of a row, and what to do; None where nothing is."""
    if account_id is None:
        return "account_id is missing: the source has to name the account"
    if event not in names:
        known = ", ".join(sorted(names)) or "none"
        return f"event {event!r} is none of the catalogue's triggers ({known}): correct it, or add it to the catalogue"
    if at is None:
        return f"at is no moment: {MOMENT}"
    if at > now:
        return f"at {at:%Y-%m-%d %H:%M} UTC is in the future: correct the source's clock, or its time zone"
    return None


def _moment(value: object) -> dt.datetime | None:
    """A moment in UTC; without a time zone it is taken as UTC."""
    if isinstance(value, str):
        try:
            value = dt.datetime.fromisoformat(value.strip())
        except ValueError:
            return None
    if isinstance(value, dt.datetime):
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)
    return dt.datetime.combine(value, dt.time(), dt.UTC) if isinstance(value, dt.date) else None


def _values(
    landed: pl.DataFrame, features: Sequence[str], catalogue: Catalogue
) -> tuple[list[dict[str, Any]], list[str | None]]:
    """Of every row the feature values that it has, and what is wrong with the first that is."""
    types = {name: feature_dtype(catalogue, name) for name in features}
    typed = landed.select(cast(name, landed.schema[name], dtype) for name, dtype in types.items())
    there = landed.select(given(name, landed.schema[name]) for name in features)
    values: list[dict[str, Any]] = [{} for _ in range(landed.height)]
    faults: list[str | None] = [None] * landed.height
    for name, dtype in types.items():
        feature = catalogue.feature(name)
        expected, levels = feature.expectations, feature.levels + feature.unordered_levels
        low = float("-inf") if expected.minimum is None else expected.minimum
        high = float("inf") if expected.maximum is None else expected.maximum
        for number, (value, has_one) in enumerate(zip(typed[name], there[name], strict=True)):
            if not has_one:
                continue
            values[number][name] = value
            if value is None:
                faults[number] = faults[number] or f"{name} is {WHAT_DOES_NOT_CAST[dtype]}: correct it at the source"
            elif isinstance(value, float) and not (low <= value <= high and abs(value) != float("inf")):
                told = f"{name} {value:g} is outside {low:g}..{high:g}"
                faults[number] = faults[number] or f"{told}: see whether the source changed the unit"
            elif levels and value not in levels:
                told = f"{name} {value!r} is none of the catalogue's levels ({', '.join(levels)})"
                faults[number] = faults[number] or f"{told}: correct it, or add it to the catalogue"
    return values, faults
