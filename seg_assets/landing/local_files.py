"""Local folders and files of a landing table, and what is wrong with a file that cannot be read.

Belongs here: telling local places from object stores, partition names, checking one file.
Does not: what makes a table of files (file_table.py, delta_table.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlparse

import polars as pl
from polars.exceptions import PanicException, PolarsError

from seg_assets.landing.problems import LandingError, place
from seg_assets.landing.schemas import SNAPSHOT_DATE

# delta-rs and Polars panic on some damaged files; a panic is no Exception.
READ_ERRORS = (PolarsError, PanicException, OSError)


def local_folder(uri: str) -> Path | None:
    """The folder that `uri` means on this machine, None for an object store."""
    if "://" not in uri:
        return Path(uri)
    return Path(unquote(urlparse(uri).path)) if uri.startswith("file://") else None


def partition_date(source: str, text: str) -> dt.date:
    """The date of a partition. Raises LandingError for a name that is no YYYY-MM-DD."""
    try:
        return dt.date.fromisoformat(unquote(text))
    except ValueError as error:
        raise LandingError(
            f"landing/{source}: partition {SNAPSHOT_DATE}={text} is no date; rename it to {SNAPSHOT_DATE}=YYYY-MM-DD, "
            "or take it out of the table"
        ) from error


def first_line(error: BaseException) -> str:
    """The first line of an error's message, without the stack that delta-rs appends."""
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def check_parquet(source: str, week: dt.date, file: Path, size: int) -> None:
    """Raises LandingError where `file` is not `size` bytes of Parquet, as far as its footer tells."""
    found = file.stat().st_size
    if found != size:
        raise unreadable(source, week, file, f"it has {found:,} bytes, the Delta log says {size:,}")
    try:
        pl.read_parquet_schema(file)
    except READ_ERRORS as error:
        raise unreadable(source, week, file, first_line(error)) from error


def blamed(source: str, week: dt.date, files: Sequence[Path], error: BaseException) -> LandingError:
    """The error of a week that did not read, naming the first file that cannot be read by itself."""
    for file in files:
        try:
            if file.suffix.lower() == ".csv":
                pl.scan_csv(file, infer_schema=False, glob=False).collect()
            else:
                pl.read_parquet(file, hive_partitioning=False, glob=False)
        except READ_ERRORS as cause:
            return unreadable(source, week, file, first_line(cause))
    return LandingError(f"{place(source, week)}: the table cannot be read: {first_line(error)}; land the week again")


def unreadable(source: str, week: dt.date, file: Path, why: str) -> LandingError:
    """The error of a corrupt or half-written file."""
    kind = "CSV in UTF-8" if file.suffix.lower() == ".csv" else "Parquet"
    return LandingError(
        f"{place(source, week)}: {file} is no readable {kind}: {why}. "
        "The file is corrupt or half written: write it again and rerun; nothing else is affected."
    )
