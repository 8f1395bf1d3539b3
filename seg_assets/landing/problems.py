"""What can be wrong with landed rows, in words that a person can act on.

Belongs here: problems, reports and errors as values, and the sentences they are told in.
Does not: finding problems (contract.py, accounts.py), taking rows out (quarantine.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import polars as pl

ACCOUNT_SNAPSHOTS = "account_snapshots"


class Severity(StrEnum):
    """What became of the rows with a problem: all accepted, some set aside, or the whole week refused."""

    WARNING = "warning"
    QUARANTINED = "quarantined"
    FATAL = "fatal"


@dataclass(frozen=True)
class Example:
    """One row that shows a problem; `row` counts from 1 in the order landed, `value` is null where there was none."""

    row: int
    account_id: str | None
    value: str | None

    def __str__(self) -> str:
        shown = "null" if self.value is None else self.value
        return (
            f"row {self.row}: {shown}"
            if self.account_id == self.value
            else f"row {self.row}, {self.account_id}: {shown}"
        )


@dataclass(frozen=True)
class Problem:
    """One kind of trouble: `column` (for a rule, the names of all its columns) holds `count` values `what`."""

    severity: Severity
    column: str | None
    what: str
    count: int
    examples: tuple[Example, ...]
    remedy: str

    def __str__(self) -> str:
        subject = f"column {self.column} holds " if self.column else ""
        if self.column and "," in self.column:
            subject = f"columns {self.column} hold "
        more = "; ..." if self.count > len(self.examples) else ""
        shown = f" ({'; '.join(map(str, self.examples))}{more})" if self.examples else ""
        return f"{subject}{self.count:,} {self.what}{shown}. {self.remedy}"


@dataclass(frozen=True)
class Report:
    """What became of the rows of one source's week: landed = accepted + quarantined + dropped.

    `dropped` counts identical duplicates beyond the one that is kept.
    """

    source: str
    week: dt.date
    landed: int
    accepted: int
    quarantined: int
    dropped: int
    problems: tuple[Problem, ...]

    def __str__(self) -> str:
        head = (
            f"{place(self.source, self.week)}: {self.landed:,} rows landed, {self.accepted:,} accepted, "
            f"{self.quarantined:,} quarantined, {self.dropped:,} identical duplicates dropped"
        )
        return "\n".join([head, *(f"- {problem.severity}: {problem}" for problem in self.problems)])


@dataclass(frozen=True, eq=False)
class Validated:
    """A source's week after validation: rows to use, rows set aside (QUARANTINE_SCHEMA), and why."""

    accepted: pl.DataFrame
    quarantined: pl.DataFrame
    report: Report


QUARANTINE_SCHEMA = pl.Schema(
    {
        "source": pl.String(),
        "snapshot_date": pl.Date(),
        "account_id": pl.String(),
        "reason": pl.String(),
        "column": pl.String(),
        "value": pl.String(),
        "row": pl.String(),
    }
)


class LandingError(Exception):
    """A landing table, or one week of it, that cannot be used; the message says where, what and what to do."""


class ContractError(LandingError):
    """A week that breaks the landing contract as a whole; nothing of it may be used.

    `problems` holds at least one fatal problem. `quarantined` has the rows that were set aside before the week was
    refused (QUARANTINE_SCHEMA, maybe empty), for the caller to store.
    """

    def __init__(
        self, source: str, week: dt.date, problems: Sequence[Problem], quarantined: pl.DataFrame | None = None
    ) -> None:
        super().__init__(source, week, problems, quarantined)
        self.source = source
        self.week = week
        self.problems = tuple(problems)
        self.quarantined = QUARANTINE_SCHEMA.to_frame() if quarantined is None else quarantined

    def __str__(self) -> str:
        fatal = [problem for problem in self.problems if problem.severity is Severity.FATAL]
        return f"{place(self.source, self.week)}: {' '.join(map(str, fatal))}"


def place(source: str, week: dt.date) -> str:
    """How messages begin: the table and the week."""
    return f"{source if source == ACCOUNT_SNAPSHOTS else f'landing/{source}'}, week {week}"
