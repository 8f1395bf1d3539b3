"""The landing tables: which weeks are there, and the rows of one.

Belongs here: finding a source's table below the base, in whichever of the contract's formats it lies.
Does not: the formats themselves (delta_table.py, file_table.py), judging rows (contract.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from seg_assets.landing.delta_table import DeltaSource
from seg_assets.landing.file_table import FileSource
from seg_assets.landing.local_files import READ_ERRORS, blamed, local_folder
from seg_assets.landing.problems import LandingError, place

EXPECTED = "a Delta table partitioned by snapshot_date, or Parquet or CSV files below snapshot_date=YYYY-MM-DD/"


@dataclass(frozen=True)
class Landing:
    """The base folder or URI of all landing tables; `<base>/<source>` is one table.

    Delta tables may lie wherever deltalake reads (with `storage_options`), Parquet and CSV files in local folders.
    """

    base: str
    storage_options: Mapping[str, str] | None = None

    def has(self, source: str) -> bool:
        """Whether there is a table of that source, sound or not, with or without weeks."""
        return self._found(source) is not None

    def weeks(self, source: str) -> dict[dt.date, str]:
        """The partitions found, Mondays or not, oldest first, each with the identity of what landed.

        An identity changes when the week's files change, so that equal identities mean unchanged input.
        Raises LandingError for a missing source, a damaged table, and a partition whose name is no date.
        """
        return self._table(source).weeks()

    def scan(self, source: str, week: dt.date, columns: Sequence[str] | None = None) -> pl.LazyFrame:
        """The rows of one week as they landed, with snapshot_date; `columns` narrows them.

        Raises LandingError for a missing source, a week that has not landed, an unknown column, a damaged table.
        Damage inside a file, behind a sound footer, shows only when the frame is collected: `read` names the file then.
        """
        table = self._table(source)
        landed = table.weeks()
        if week not in landed:
            raise LandingError(
                f"{place(source, week)}: the week has not landed at {self._uri(source)}; {_told(landed)}"
            )
        frame = table.scan(week)
        if columns is None:
            return frame
        have = frame.collect_schema().names()
        if missing := [name for name in columns if name not in have]:
            raise LandingError(f"{place(source, week)}: no column {', '.join(missing)}; there are {', '.join(have)}")
        return frame.select(columns)

    def read(self, source: str, week: dt.date) -> pl.DataFrame:
        """The rows of one week as they landed, in memory. Raises LandingError as `scan` does, and for corrupt files."""
        frame = self.scan(source, week)
        try:
            return frame.collect()
        except READ_ERRORS as error:
            raise blamed(source, week, self._table(source).files(week), error) from error

    def _uri(self, source: str) -> str:
        return f"{self.base.rstrip('/')}/{source}"

    def _found(self, source: str) -> DeltaSource | FileSource | None:
        delta = DeltaSource(source, self._uri(source), self.storage_options)
        if delta.exists():
            return delta
        folder = local_folder(self._uri(source))
        files = FileSource(source, folder) if folder else None
        return files if files and files.exists() else None

    def _table(self, source: str) -> DeltaSource | FileSource:
        table = self._found(source)
        if table is not None:
            return table
        where = self._uri(source)
        remedy = f"expected is {EXPECTED}; land it there, or set SEG_LANDING to where it is"
        if local_folder(where) is None:
            remedy = "an object store can hold Delta tables only: write it as Delta, or mount the files as a folder"
        raise LandingError(f"landing/{source}: there is no table at {where}; {remedy}")


def _told(landed: Mapping[dt.date, str]) -> str:
    if not landed:
        return f"the table holds no week at all, expected is {EXPECTED}"
    return f"landed are {len(landed):,} weeks from {min(landed)} to {max(landed)}"
