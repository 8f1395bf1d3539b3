"""One source that lands as Parquet or CSV files below snapshot_date=YYYY-MM-DD/ in a local folder.

Belongs here: which weeks such a folder holds, one week as a lazy frame, and what is wrong with a damaged file.
Does not: Delta tables (delta_table.py), judging rows (contract.py), writing.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from seg_assets.landing.local_files import READ_ERRORS, check_parquet, first_line, partition_date, unreadable
from seg_assets.landing.problems import LandingError, place
from seg_assets.landing.schemas import SNAPSHOT_DATE

PREFIX = f"{SNAPSHOT_DATE}="
SUFFIXES = (".parquet", ".csv")


@dataclass(frozen=True)
class FileSource:
    """The files of `source` below `folder`."""

    source: str
    folder: Path

    def exists(self) -> bool:
        """Whether the folder is there, with or without files."""
        return self.folder.is_dir()

    def weeks(self) -> dict[dt.date, str]:
        """Per partition date with at least one file a hash of its files' names, sizes and times of change."""
        identities = {}
        for folder in sorted(self.folder.glob(f"{PREFIX}*")):
            if files := _data_files(folder):
                marks = [
                    (str(file.relative_to(folder)), file.stat().st_size, file.stat().st_mtime_ns) for file in files
                ]
                week = partition_date(self.source, folder.name.removeprefix(PREFIX))
                identities[week] = hashlib.sha256(repr(marks).encode()).hexdigest()[:16]
        if not identities and _data_files(self.folder):
            raise LandingError(
                f"landing/{self.source}: files lie directly in {self.folder}; "
                f"put those of each week below {PREFIX}YYYY-MM-DD/"
            )
        return identities

    def files(self, week: dt.date) -> list[Path]:
        """The data files of one week, sorted; none if it has not landed."""
        return _data_files(self.folder / f"{PREFIX}{week}")

    def scan(self, week: dt.date) -> pl.LazyFrame:
        """The rows of one week, CSV as text throughout: types are the contract's business, and ids keep their zeros.

        Raises LandingError for a file that is no Parquet or CSV, or whose columns differ from the other files'.
        """
        files = self.files(week)
        suffixes = {file.suffix.lower() for file in files}
        if len(suffixes) > 1:
            raise LandingError(
                f"{place(self.source, week)}: {files[0].parent} holds both Parquet and CSV; leave one kind there"
            )
        read = self._scan_csv if suffixes == {".csv"} else self._scan_parquet
        frames = [read(week, file) for file in files]
        self._check_columns(week, files, frames)
        columns = frames[0].collect_schema().names()
        together = pl.concat([frame.select(columns) for frame in frames], how="vertical_relaxed")
        return together if SNAPSHOT_DATE in columns else together.with_columns(pl.lit(week).alias(SNAPSHOT_DATE))

    def _scan_parquet(self, week: dt.date, file: Path) -> pl.LazyFrame:
        check_parquet(self.source, week, file, file.stat().st_size)
        return pl.scan_parquet(file, hive_partitioning=False, glob=False)

    def _scan_csv(self, week: dt.date, file: Path) -> pl.LazyFrame:
        frame = pl.scan_csv(file, infer_schema=False, glob=False)
        try:
            names = frame.collect_schema().names()
        except READ_ERRORS as error:
            raise unreadable(self.source, week, file, first_line(error)) from error
        if len(names) == 1 and (separator := next((mark for mark in ";\t|" if mark in names[0]), None)):
            raise LandingError(
                f"{place(self.source, week)}: {file} separates its columns by {separator!r}; "
                "the contract is a comma: convert the file"
            )
        return frame

    def _check_columns(self, week: dt.date, files: Sequence[Path], frames: Sequence[pl.LazyFrame]) -> None:
        columns = [set(frame.collect_schema().names()) for frame in frames]
        for file, names in zip(files, columns, strict=True):
            if names != columns[0]:
                raise LandingError(
                    f"{place(self.source, week)}: {file} has other columns than {files[0].name} "
                    f"({', '.join(sorted(names ^ columns[0]))}); the files of one week must agree"
                )


def _data_files(folder: Path) -> list[Path]:
    """Parquet and CSV files below `folder`, sorted, without those that writers hide (_SUCCESS, .tmp, _temporary/)."""
    return sorted(
        file
        for file in folder.rglob("*")
        if file.suffix.lower() in SUFFIXES
        and file.is_file()
        and not any(part.startswith(("_", ".")) for part in file.relative_to(folder).parts)
    )
