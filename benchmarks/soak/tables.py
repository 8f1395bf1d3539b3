"""What lies in the tables at the end, read by DuckDB from Delta's own list of files: no code of the project.

Belongs here: which weeks were scored with what, what each refresh decided, and what must hold of them.
Does not: messages (verdicts.py).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
from deltalake import DeltaTable

CHURN = re.compile(r"the refresh alone moves ([\d.]+ ?%)")


@dataclass(frozen=True)
class ScoredWeek:
    """One week of segment_scores, counted: accounts landed, rows, accounts among them, accounts on one side only."""

    week: dt.date
    version: str
    landed: int
    rows: int
    accounts: int
    not_scored: int
    not_landed: int
    nulls: int
    segments: int


@dataclass(frozen=True)
class Decision:
    """One row of promotions."""

    month: dt.date
    version: str
    action: str
    reason: str
    in_force: str | None
    at: dt.datetime

    @property
    def churn(self) -> str:
        """The share of accounts that the refresh alone moves, as its gate says; empty where it was not asked."""
        found = CHURN.search(self.reason)
        return found[1] if found else ""


def decisions(lakehouse: Path) -> list[Decision]:
    """What was decided about challengers, oldest first."""
    files = _files(lakehouse / "promotions")
    if not files:
        return []
    rows = _ask(
        'SELECT service_month, definition_version, action, reason, to_version, epoch("at") FROM read_parquet($files) '
        'ORDER BY "at"',
        files=files,
    )
    return [
        Decision(month, version, action, reason, in_force, dt.datetime.fromtimestamp(at, dt.UTC))
        for month, version, action, reason, in_force, at in rows
    ]


def scored_weeks(
    lakehouse: Path, weeks: Sequence[dt.date], landed: Callable[[dt.date], list[Path]]
) -> list[ScoredWeek]:
    """Each of `weeks` that has scores. landed: the files whose account_ids are the population of a week."""
    found = []
    for week in weeks:
        files = _files(lakehouse / "segment_scores", ("snapshot_date", "=", week.isoformat()))
        if not files:
            continue
        row = _ask(
            """
            WITH scores AS (SELECT * FROM read_parquet($files)),
                 landed AS (SELECT DISTINCT account_id FROM read_parquet($landed, union_by_name = true))
            SELECT string_agg(DISTINCT definition_version, ' and '),
                   (SELECT count(*) FROM landed),
                   count(*),
                   count(DISTINCT account_id),
                   (SELECT count(*) FROM landed WHERE account_id NOT IN (SELECT account_id FROM scores)),
                   count(DISTINCT account_id) FILTER (WHERE account_id NOT IN (SELECT account_id FROM landed)),
                   count(*) FILTER (WHERE account_id IS NULL OR segment_id IS NULL OR segment_name IS NULL
                                    OR definition_version IS NULL),
                   count(DISTINCT segment_id)
            FROM scores
            """,
            files=files,
            landed=[str(path) for path in landed(week)],
        )[0]
        found.append(ScoredWeek(week, *row))
    return found


def broken(
    weeks: Sequence[dt.date], months: Sequence[dt.date], scored: Sequence[ScoredWeek], decided: Sequence[Decision]
) -> list[str]:
    """What does not hold, in words: every week scored once and whole by the version in force, every month refreshed."""
    there = {one.week for one in scored}
    found = [f"week {week} is not scored" for week in weeks if week not in there]
    found += [f"month {month:%Y-%m} has no refresh" for month in months if month not in {one.month for one in decided}]
    for one in scored:
        if one.rows != one.accounts or one.not_scored or one.not_landed:
            found.append(
                f"week {one.week}: {one.landed:,} accounts landed, {one.rows:,} rows of {one.accounts:,} accounts are "
                f"stored; {one.not_scored:,} landed ones are missing, {one.not_landed:,} never landed"
            )
        if one.nulls:
            found.append(f"week {one.week}: {one.nulls:,} rows lack a segment or a version")
        if one.version != (wanted := _in_force(one.week, decided)):
            found.append(f"week {one.week} was scored by {one.version}, and {wanted} was in force")
    return found


def _in_force(week: dt.date, decided: Sequence[Decision]) -> str | None:
    """The version of the newest decision of the greatest service month that is not after the week's own.

    Weeks before the first month have its version.
    """
    made = [one for one in decided if one.action != "reject"]
    until = [one.month for one in made if one.month <= week.replace(day=1)]
    month = max(until) if until else min((one.month for one in made), default=None)
    rows = [one for one in made if one.month == month]
    return rows[-1].in_force if rows else None


def _files(table: Path, *where: tuple[str, str, str]) -> list[str]:
    """The files of a table, or of a partition; none where there is no such table yet."""
    if not DeltaTable.is_deltatable(str(table)):
        return []
    return list(DeltaTable(str(table)).file_uris(partition_filters=list(where) or None))


def _ask(sql: str, **values: object) -> list[tuple]:  # type: ignore[type-arg]
    with duckdb.connect() as connection:
        return connection.execute(sql, values).fetchall()
