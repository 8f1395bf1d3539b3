"""Lists of accounts that a person keeps in the home: who must not be contacted, who was.

Belongs here: reading a CSV of account_id and one column more, with errors that name file, line and remedy.
Does not: what follows from being listed (seg_assets/segmentation/audiences.py, experiment/contamination.py).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import polars as pl

SUPPRESSED = "suppressed.csv"
CONTACTED = "contacted.csv"


class AccountListError(ValueError):
    """A list that cannot be used; the message names file and line."""


@dataclass(frozen=True)
class AccountList:
    """The CSV file `path` with a header `account_id,<column>`; other columns are passed over. It need not exist."""

    path: str
    column: str

    def exists(self) -> bool:
        """Whether the file is there."""
        return Path(self.path).exists()

    def read(self) -> pl.DataFrame:
        """account_id and the column, String both, in the order of the file; without rows where there is no file.

        Raises AccountListError for a file that cannot be read, lacks a column or has a line without an account_id:
        a list of people not to contact that was half read would be worse than none.
        """
        schema = {"account_id": pl.String, self.column: pl.String}
        if not self.exists():
            return pl.DataFrame(schema=schema)
        try:
            # utf-8-sig: spreadsheets begin their CSV with a byte order mark.
            with Path(self.path).open(encoding="utf-8-sig", newline="") as file:
                return pl.DataFrame(self._rows(csv.DictReader(file, strict=True)), schema=schema, orient="row")
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise AccountListError(f"{self.path}: cannot be read ({error}); save it as CSV in UTF-8") from error

    def _rows(self, reader: csv.DictReader[str]) -> list[tuple[str, str]]:
        header = [name.strip() for name in reader.fieldnames or ()]
        if missing := [name for name in ("account_id", self.column) if name not in header]:
            raise AccountListError(
                f"{self.path}:1: no column {missing[0]}; the first line has to be account_id,{self.column}, "
                "with commas between"
            )
        reader.fieldnames = header
        rows = []
        for row in reader:
            account = (row["account_id"] or "").strip()
            if not account:
                raise AccountListError(f"{self.path}:{reader.line_num}: no account_id; write one, or take the line out")
            rows.append((account, (row[self.column] or "").strip()))
        return rows
