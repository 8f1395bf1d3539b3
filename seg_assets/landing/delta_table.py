"""One source that lands as a Delta table partitioned by snapshot_date.

Belongs here: which weeks a Delta table holds, one week as a lazy frame, and what is wrong with a damaged table.
Does not: Parquet or CSV folders (file_table.py), judging rows (contract.py), writing.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import polars as pl
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from seg_assets.landing.local_files import check_parquet, first_line, local_folder, partition_date
from seg_assets.landing.problems import LandingError, place
from seg_assets.landing.schemas import SNAPSHOT_DATE


@dataclass(frozen=True)
class DeltaSource:
    """The Delta table of `source` at `uri`, a local folder or an object store."""

    source: str
    uri: str
    storage_options: Mapping[str, str] | None

    def exists(self) -> bool:
        """Whether there is a Delta table, damaged or not."""
        if (folder := local_folder(self.uri)) is not None:
            return (folder / "_delta_log").is_dir()
        try:
            return bool(DeltaTable.is_deltatable(self.uri, storage_options=self._options()))
        except (DeltaError, OSError) as error:
            raise LandingError(
                f"landing/{self.source}: {self.uri} cannot be reached: {first_line(error)}; "
                "check SEG_LANDING and the storage credentials"
            ) from error

    def weeks(self) -> dict[dt.date, str]:
        """Per partition date a hash of its active files: it changes when, and only when, the week was rewritten."""
        files = _active_files(self._open())
        identities = {}
        for text, group in files.group_by("week", maintain_order=True):
            identity = hashlib.sha256(group.sort("path").drop("week").write_json().encode()).hexdigest()[:16]
            identities[partition_date(self.source, str(text[0]))] = identity
        return dict(sorted(identities.items()))

    def files(self, week: dt.date) -> list[Path]:
        """The local data files of one week; none on an object store."""
        return list(self._local_files(self._open(), week))

    def scan(self, week: dt.date) -> pl.LazyFrame:
        """The rows of one week; an empty frame if the week has not landed. Raises LandingError for a damaged table."""
        table = self._open()
        self._check_files(table, week)
        frame = pl.scan_delta(table)
        date = pl.col(SNAPSHOT_DATE)
        dtype = frame.collect_schema()[SNAPSHOT_DATE]
        if dtype == pl.String():
            return frame.filter(date == week.isoformat())
        return frame.filter(date == week if dtype == pl.Date() else date.dt.date() == week)

    def _options(self) -> dict[str, str] | None:
        return dict(self.storage_options) if self.storage_options else None

    def _open(self) -> DeltaTable:
        folder = local_folder(self.uri)
        try:
            if folder is not None:
                # delta-rs reads an empty last commit as one that changed nothing.
                self._check_commits(sorted((folder / "_delta_log").glob("*.json"))[-1:], folder)
            table = DeltaTable(self.uri, storage_options=self._options())
        except (DeltaError, OSError) as error:
            if folder is not None:
                self._check_commits(sorted((folder / "_delta_log").glob("*.json")), folder)
            raise LandingError(
                f"landing/{self.source}: the Delta log at {self.uri} cannot be read: {first_line(error)}; "
                "repair or rewrite the table, then land the week again"
            ) from error
        if table.metadata().partition_columns != [SNAPSHOT_DATE]:
            columns = ", ".join(table.metadata().partition_columns) or "nothing"
            raise LandingError(
                f"landing/{self.source}: the Delta table at {self.uri} is partitioned by {columns}; "
                f"the contract is {SNAPSHOT_DATE}: write it with partition_by=['{SNAPSHOT_DATE}']"
            )
        return table

    def _check_commits(self, commits: list[Path], folder: Path) -> None:
        newest = max((folder / "_delta_log").glob("*.json"), default=None)
        for commit in commits:
            text = commit.read_text(encoding="utf-8", errors="replace")
            broken = _broken_line(text)
            if broken is None:
                continue
            remedy = (
                f"if its writer is not at work any more, move {commit.name} away (the table is then as it was before "
                "that commit) and land the week again"
                if commit == newest
                else "later commits build on it: restore it from a backup, or rewrite the table"
            )
            raise LandingError(
                f"landing/{self.source}: Delta commit {commit} is half written (line {broken} is cut off); {remedy}"
            )

    def _check_files(self, table: DeltaTable, week: dt.date) -> None:
        """Local data files are all there, whole and Parquet; on an object store the read itself will tell."""
        for file, size in self._local_files(table, week).items():
            if not file.exists():
                raise LandingError(
                    f"{place(self.source, week)}: data file {file} is gone, but the Delta log lists it; "
                    "restore it, or land the week again"
                )
            check_parquet(self.source, week, file, size)

    def _local_files(self, table: DeltaTable, week: dt.date) -> dict[Path, int]:
        """The week's active files and their sizes in bytes; none on an object store."""
        if (folder := local_folder(self.uri)) is None:
            return {}
        files = _active_files(table).filter(pl.col("week") == week.isoformat()).sort("path")
        return {folder / unquote(path): size for path, size in files.select("path", "size_bytes").iter_rows()}


def _active_files(table: DeltaTable) -> pl.DataFrame:
    """Columns week (the partition's text, YYYY-MM-DD), path, size_bytes, modification_time."""
    actions = pl.DataFrame(table.get_add_actions(flatten=True))
    week = pl.col(f"partition.{SNAPSHOT_DATE}").cast(pl.String).str.slice(0, 10).fill_null("null")
    return actions.select(week.alias("week"), "path", "size_bytes", "modification_time")


def _broken_line(text: str) -> int | None:
    """The 1-based line of a commit that is no JSON object; 1 for an empty commit; None if all is well."""
    lines = text.splitlines()
    for number, line in enumerate(lines, start=1):
        try:
            json.loads(line or "{}")
        except json.JSONDecodeError:
            return number
    return None if text.strip() else 1
