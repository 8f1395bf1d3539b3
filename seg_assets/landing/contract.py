"""Whether one source's week holds what the landing contract says, row by row.

Belongs here: the checks of a single source, as pure functions from a frame to accepted and quarantined rows.
Does not: opening tables (read.py), judging single values (values.py), the mechanics of quarantine (quarantine.py),
what holds between sources (accounts.py).
"""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Iterator, Sequence

import polars as pl

from seg_assets.catalogs import Catalogue
from seg_assets.landing.casting import cast, given
from seg_assets.landing.duplicates import duplicates, fingerprint
from seg_assets.landing.local_files import READ_ERRORS, first_line
from seg_assets.landing.problems import ContractError, Problem, Severity, Validated
from seg_assets.landing.quarantine import FIX_AT_SOURCE, Defect, Week
from seg_assets.landing.schemas import (
    ACCOUNT_ID,
    EVENT_SOURCES,
    SNAPSHOT_DATE,
    Column,
    TableSchema,
    schema_of,
)
from seg_assets.landing.values import bad_values, not_numbers, told_about_nan, unknown_levels

WEEK_LENGTH = dt.timedelta(days=7)


def validate(
    frame: pl.LazyFrame | pl.DataFrame,
    source: str,
    catalogue: Catalogue,
    week: dt.date,
    *,
    accounts_last_week: pl.Series | None = None,
) -> Validated:
    """Hold one week of a snapshot source against the catalogue.

    frame: the rows as landed, any dtypes, with account_id, the source's features and maybe snapshot_date.
    source: a source of the catalogue, or account_master. accounts_last_week: the ids of the source a week before;
    None accepts any loss. Accepted rows have exactly `schema_of(source, catalogue).polars`, in landed order.
    Raises LandingError for an unknown source; ContractError where the week as a whole must not be used: no Monday,
    missing column, no rows, accounts lost beyond the catalogue's limit, more than half of the rows in quarantine.
    """
    schema = schema_of(source, catalogue)
    rows, warnings = _as_contracted(frame, schema, week)
    if rows.landed.is_empty():
        raise _refused(source, week, 0, "rows landed: the snapshot is empty", "Land the week again, with its accounts.")
    if accounts_last_week is not None:
        _refuse_lost_accounts(rows, catalogue.limits.lost_accounts_at_most, accounts_last_week)
    other_dates = _other_dates(rows)
    conflicting, identical = duplicates(rows, usable=~other_dates.rows)
    defects = [_without_id(rows), other_dates, conflicting, *bad_values(rows, schema)]
    return rows.settle(defects, identical, [*warnings, *unknown_levels(rows, schema)])


def validate_events(frame: pl.LazyFrame | pl.DataFrame, source: str, week: dt.date, earliest: bool) -> Validated:
    """Hold one week of an event source against its fixed schema; a week without events is legal.

    Events lie in week - 7 days <= date < week; with `earliest`, the first partition, any date before the week will do.
    Rows are unique on all columns. Accepted rows have exactly `EVENT_SOURCES[source].polars`, snapshot_date = week.
    Raises KeyError for a source that is not in EVENT_SOURCES, ContractError as `validate` does.
    """
    schema = EVENT_SOURCES[source]
    rows, warnings = _as_contracted(frame, schema, week)
    identical = ~fingerprint(rows).select(pl.struct(pl.all()).is_first_distinct()).to_series()
    defects = [_without_id(rows), _without_date(rows, schema), _outside_window(rows, schema, earliest)]
    defects += bad_values(rows, schema)
    return rows.settle(defects, identical, warnings)


def _as_contracted(
    frame: pl.LazyFrame | pl.DataFrame, schema: TableSchema, week: dt.date
) -> tuple[Week, list[Problem]]:
    """The week as landed and as typed, and what is to be told about its columns."""
    if week.weekday() != 0:
        monday = week - dt.timedelta(days=week.weekday())
        what = f"snapshot_date is no Monday: {week} is a {week:%A}"
        remedy = f"A week is its Monday: land the rows below snapshot_date={monday}, or the Monday that they describe."
        raise _refused(schema.source, week, 1, what, remedy)
    try:
        landed = frame.lazy().collect()
    except READ_ERRORS as error:
        what = f"table cannot be read: {first_line(error)}"
        remedy = "A file is likely corrupt or half written: land the week again."
        raise _refused(schema.source, week, 1, what, remedy) from error
    _refuse_missing_columns(landed.columns, schema, week)
    have = landed.schema
    wanted = {ACCOUNT_ID: pl.String()} | {column.name: column.dtype for column in schema.columns}
    if schema.event_date is None and SNAPSHOT_DATE in have:
        wanted[SNAPSHOT_DATE] = pl.Date()
    typed = landed.select(cast(name, have[name], dtype) for name, dtype in wanted.items() if name in have)
    absent = [column for column in schema.columns if column.name not in have]
    typed = typed.with_columns(
        [pl.lit(None, dtype=column.dtype).alias(column.name) for column in absent]
        + ([] if SNAPSHOT_DATE in wanted else [pl.lit(week).alias(SNAPSHOT_DATE)])
    ).select(schema.polars.names())
    # NaN is missing; it must be gone before rows are compared, because it equals nothing.
    nan = not_numbers(typed)
    rows = Week(schema.source, week, landed, typed.with_columns(pl.col(name).fill_nan(None) for name in nan))
    return rows, [*_told_about_columns(landed, schema, absent), *told_about_nan(typed, nan, rows)]


def _refuse_missing_columns(names: Sequence[str], schema: TableSchema, week: dt.date) -> None:
    required = [ACCOUNT_ID, *(column.name for column in schema.columns if column.required)]
    missing = [name for name in required if name not in names]
    if not missing:
        return
    unknown = sorted(set(names) - set(schema.polars.names()))
    spoken = []
    for name in missing:
        close = difflib.get_close_matches(name, unknown, n=1)
        spoken.append(f"{name} (did you mean {close[0]!r}?)" if close else name)
    what = f"{'columns are' if len(missing) > 1 else 'column is'} missing: {', '.join(spoken)}"
    remedy = "Land the column under this name, all null if it has no values, or take it out of the catalogue."
    raise _refused(schema.source, week, len(missing), what, remedy)


def _told_about_columns(landed: pl.DataFrame, schema: TableSchema, absent: Sequence[Column]) -> Iterator[Problem]:
    rows = landed.height
    for name in landed.columns:
        if name not in schema.polars:
            remedy = "It was ignored; name it in the catalogue to use it."
            yield Problem(Severity.WARNING, name, "values, but the contract has no such column", rows, (), remedy)
    for column in absent:
        remedy = "The column was taken as all null; land it if there are values."
        yield Problem(
            Severity.WARNING, column.name, "missing values: the optional column did not land", rows, (), remedy
        )


def _refuse_lost_accounts(rows: Week, at_most: float, before: pl.Series) -> None:
    """Compares ids, not counts: a source that suddenly sends other ids lost every account it had."""
    now = rows.typed[ACCOUNT_ID].unique()
    gone = before.filter(~before.is_in(now.implode()))
    share = len(gone) / max(len(before), 1)
    if share > at_most:
        examples = ", ".join(gone.sort().head(3))
        what = (
            f"of {len(before):,} accounts of the week before are gone ({share:.0%}; the catalogue's limit "
            f"lost_accounts_at_most is {at_most:.0%}), such as {examples}; {now.drop_nulls().len():,} landed"
        )
        remedy = (
            "Nothing was written. Land the week again in full and under the same ids, or, if the accounts did go, "
            f"materialize raw/{rows.source} and account_snapshots for this week in the Dagster UI, the former with "
            "config `accept_loss: true`."
        )
        raise _refused(rows.source, rows.week, len(gone), what, remedy)


def _without_id(rows: Week) -> Defect:
    missing = rows.typed[ACCOUNT_ID].is_null()
    return Defect((ACCOUNT_ID,), "account_id is missing", "rows without an id", missing, FIX_AT_SOURCE)


def _other_dates(rows: Week) -> Defect:
    other = rows.typed[SNAPSHOT_DATE].ne_missing(rows.week)
    remedy = f"Land them below their own Monday; only snapshot_date {rows.week} belongs here."
    columns = (SNAPSHOT_DATE,) if SNAPSHOT_DATE in rows.landed.columns else ()
    return Defect(columns, f"snapshot_date is not {rows.week}", f"dates other than {rows.week}", other, remedy)


def _without_date(rows: Week, schema: TableSchema) -> Defect:
    name = str(schema.event_date)
    missing = rows.landed.select(~given(name, rows.landed.schema[name])).to_series()
    return Defect((name,), f"{name} is missing", "events without a date", missing, FIX_AT_SOURCE)


def _outside_window(rows: Week, schema: TableSchema, earliest: bool) -> Defect:
    name = str(schema.event_date)
    date, first = rows.typed[name], rows.week - WEEK_LENGTH
    outside = date >= rows.week if earliest else (date >= rows.week) | (date < first)
    window = f"before {rows.week}" if earliest else f"{first} <= date < {rows.week}"
    return Defect(
        (name,),
        f"{name} outside {window}",
        f"dates outside {window}",
        outside.fill_null(False),
        f"Week {rows.week} holds the events of the seven days before it: land each event in its own week.",
    )


def _refused(source: str, week: dt.date, count: int, what: str, remedy: str) -> ContractError:
    return ContractError(source, week, [Problem(Severity.FATAL, None, what, count, (), remedy)])
