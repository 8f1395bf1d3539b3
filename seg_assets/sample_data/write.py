"""The sample as landing tables on disk: a folder or Delta table per source, as the landing contract says.

Belongs here: partitions, formats, atomic files, and the record of what a folder holds already.
Does not: generating the frames (population.py).
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Literal, get_args

import polars as pl

from seg_assets.sample_data.events import Event, require_monday
from seg_assets.sample_data.population import SNAPSHOT_SOURCES, conversions, revenue_events, snapshot

Format = Literal["parquet", "csv", "delta"]
RECORD = "_sample.json"
EVENT_SOURCES: tuple[str, ...] = ("pipeline_conversions", "revenue_events")
_VERSION = 1
_WEEK = timedelta(days=7)


class FolderTaken(ValueError):
    """The folder holds something else than the sample asked for; the message says what."""


@dataclass(frozen=True)
class LandingSummary:
    """What a call wrote below `out`: Mondays of the snapshot sources, partitions and rows by source."""

    out: Path
    written: tuple[date, ...]
    skipped: tuple[date, ...]
    partitions: dict[str, int]
    rows: dict[str, int]


@dataclass
class _Record:
    """What lies in a folder: the parameters of the sample, and for each partition what it was written from."""

    parameters: dict[str, int | str]
    mondays: dict[str, list[str]] = field(default_factory=dict)
    weeks: dict[str, list[str]] = field(default_factory=dict)


def write_landing(
    out: Path,
    *,
    accounts: int,
    mondays: Sequence[date],
    seed: int = 7,
    events: Sequence[Event] = (),
    format: Literal["parquet", "csv", "delta"] = "parquet",
    progress: Callable[[str], None] | None = None,
) -> LandingSummary:
    """Write the landing tables of `mondays` below `out`; Mondays that lie there from the same parameters are skipped.

    Snapshot sources get a partition per Monday asked for. Event sources get one per Monday from the first to the last
    that the folder holds: those before the partition's Monday and not before the Monday before it; the first also
    holds all history. A Monday that another set of events touches is written again.
    Raises ValueError for a day that is no Monday, no Mondays at all or an unknown format; FolderTaken, a ValueError,
    for a folder that holds a sample of other accounts, seed or format, or tables that are no sample at all.
    """
    if not mondays:
        raise ValueError("mondays is empty; name at least one Monday, such as 2026-07-20")
    if format not in get_args(Format):
        raise ValueError(f"format is {format!r}; known are {', '.join(get_args(Format))}")
    asked = sorted({require_monday(day) for day in mondays})
    out.mkdir(parents=True, exist_ok=True)
    record = _read_record(out, {"version": _VERSION, "accounts": accounts, "seed": seed, "format": format})
    say = progress or (lambda _: None)
    partitions: dict[str, int] = {}
    rows: dict[str, int] = {}

    def put(source: str, monday: date, frame: pl.DataFrame) -> None:
        _put(out / source, monday, frame, format)
        partitions[source] = partitions.get(source, 0) + 1
        rows[source] = rows.get(source, 0) + frame.height

    written = []
    for monday in asked:
        origin = [str(event) for event in sorted(events, key=str) if event.touches(monday)]
        if record.mondays.get(monday.isoformat()) == origin:
            say(f"{monday}: there already")
            continue
        frames = snapshot(monday, accounts=accounts, seed=seed, events=events)
        for source in SNAPSHOT_SOURCES:
            if source in frames:
                put(source, monday, frames[source])
            else:
                _drop(out / source, monday, format)
        record.mondays[monday.isoformat()] = origin
        _write_record(out, record)
        written.append(monday)
        say(f"{monday}: {frames['sales_lifecycle'].height:,} accounts")
    _put_weeks(out, record, accounts, seed, events, put)
    say(f"{' and '.join(EVENT_SOURCES)}: {partitions.get(EVENT_SOURCES[0], 0)} weeks written")
    skipped = tuple(monday for monday in asked if monday not in written)
    return LandingSummary(out, tuple(written), skipped, partitions, rows)


def _put_weeks(
    out: Path,
    record: _Record,
    accounts: int,
    seed: int,
    events: Sequence[Event],
    put: Callable[[str, date, pl.DataFrame], None],
) -> None:
    """Write what the event sources lack of every week between the first and the last Monday of the record."""
    first, last = (date.fromisoformat(choose(record.mondays)) for choose in (min, max))
    kinds = [event for event in events if event.name == "new_kind"]
    for number in range((last - first).days // 7 + 1):
        monday = first + number * _WEEK
        origin = ["history" if number == 0 else "week", *(str(event) for event in kinds if event.touches(monday))]
        if record.weeks.get(monday.isoformat()) == origin:
            continue
        since = None if number == 0 else monday - _WEEK
        for source, rows_of in zip(EVENT_SOURCES, (conversions, revenue_events), strict=True):
            frame = rows_of(since, monday, accounts=accounts, seed=seed, events=events)
            day = pl.repeat(monday, frame.height, dtype=pl.Date, eager=True).alias("snapshot_date")
            put(source, monday, frame.insert_column(1, day))
        record.weeks[monday.isoformat()] = origin
    _write_record(out, record)


def _read_record(out: Path, parameters: dict[str, int | str]) -> _Record:
    path = out / RECORD
    if not path.exists():
        if _holds_tables(out):
            raise FolderTaken(f"{out} holds tables that are not sample data: choose another folder")
        # Before the first table, so that a call that was killed half way can be repeated.
        record = _Record(parameters)
        _write_record(out, record)
        return record
    there = json.loads(path.read_text(encoding="utf-8"))
    if there["parameters"] != parameters:
        differs = [
            f"{name} {there['parameters'].get(name)} (asked for {value})"
            for name, value in parameters.items()
            if there["parameters"].get(name) != value
        ]
        raise FolderTaken(
            f"{out} holds a sample with {', '.join(differs)}; choose another folder, or delete this one first"
        )
    return _Record(there["parameters"], there["mondays"], there["weeks"])


def _holds_tables(out: Path) -> bool:
    """Whether something in `out` is named as a source of ours, or is laid out as a landing table."""
    named = any((out / source).exists() for source in (*SNAPSHOT_SOURCES, *EVENT_SOURCES))
    layouts = (f"{depth}{name}" for depth in ("", "*/") for name in ("snapshot_date=*", "_delta_log"))
    return named or any(next(out.glob(layout), None) is not None for layout in layouts)


def _write_record(out: Path, record: _Record) -> None:
    text = json.dumps({"parameters": record.parameters, "mondays": record.mondays, "weeks": record.weeks}, indent=1)
    _replace(out / RECORD, lambda path: path.write_text(text + "\n", encoding="utf-8"))


def _replace(path: Path, write: Callable[[Path], object]) -> None:
    """Write beside `path` first, so that a reader meets the old file or the new one, never half of one."""
    half = path.with_name(f".{path.name}.half")
    write(half)
    half.replace(path)


def _put(table: Path, monday: date, frame: pl.DataFrame, format: str) -> None:
    if format == "delta":
        _put_delta(table, monday, frame)
        return
    folder = table / f"snapshot_date={monday.isoformat()}"
    folder.mkdir(parents=True, exist_ok=True)
    if format == "csv":
        _replace(folder / "part-0.csv", lambda path: frame.write_csv(path))
    else:
        _replace(folder / "part-0.parquet", lambda path: frame.write_parquet(path, compression="lz4", statistics=False))


def _put_delta(table: Path, monday: date, frame: pl.DataFrame) -> None:
    options: dict[str, object] = {"partition_by": ["snapshot_date"]}
    if (table / "_delta_log").exists():
        options["predicate"] = f"snapshot_date = '{monday.isoformat()}'"
    table.mkdir(parents=True, exist_ok=True)
    frame.write_delta(str(table), mode="overwrite", delta_write_options=options)


def _drop(table: Path, monday: date, format: str) -> None:
    """Take away what an earlier call landed for a source that does not land now."""
    if format == "delta":
        if (table / "_delta_log").exists():
            from deltalake import DeltaTable

            DeltaTable(str(table)).delete(f"snapshot_date = '{monday.isoformat()}'")
    else:
        shutil.rmtree(table / f"snapshot_date={monday.isoformat()}", ignore_errors=True)
