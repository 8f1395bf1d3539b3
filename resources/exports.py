"""Files for people and tools outside: a folder a week, one CSV a list.

Belongs here: writing them so that a reader meets the old folder or the new one, and so that no cell is a formula.
Does not: what is in them (seg_assets/assets/audiences.py).
"""

from __future__ import annotations

import datetime as dt
import shutil
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

FORMULA = r"^[=+\-@\t\r\n]"
"""What a spreadsheet takes for a formula, or strips to find one. Source: OWASP, CSV Injection."""


@dataclass(frozen=True)
class Exports:
    """The folders of weeks below `folder`."""

    folder: str

    def path(self, week: dt.date) -> Path:
        """Where a week's files lie."""
        return Path(self.folder) / week.isoformat()

    def replace(self, week: dt.date, files: Mapping[str, pl.DataFrame]) -> Path:
        """Put `files`, by name, in the place of the week's folder; where that is.

        Written beside it first and renamed then: a write that fails leaves the folder as it was. Text that begins as a
        formula gets an apostrophe before it, in every column. Raises OSError where the folder cannot be written.
        """
        target = self.path(week)
        new, old = (target.with_name(f".{week}.{uuid.uuid4().hex[:8]}.{name}") for name in ("new", "old"))
        new.mkdir(parents=True)
        try:
            for name, frame in files.items():
                without_formulas(frame).write_csv(new / name)
            if target.exists():
                target.rename(old)
            new.rename(target)
        except BaseException:
            if old.exists() and not target.exists():
                old.rename(target)
            shutil.rmtree(new, ignore_errors=True)
            raise
        for left in target.parent.glob(f".{week}.*.old"):
            shutil.rmtree(left, ignore_errors=True)
        return target


def without_formulas(frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` with an apostrophe before every text that a spreadsheet would run."""
    texts = [name for name, dtype in frame.schema.items() if dtype == pl.String]
    return frame.with_columns(
        pl.when(pl.col(name).str.contains(FORMULA)).then("'" + pl.col(name)).otherwise(name).alias(name)
        for name in texts
    )
