"""Rows that do not fit: the verdict on what landed, and on the rules between columns.

Belongs here: the words of landing_contract and cross_field_rules, of a week with problems and of one that was refused.
Does not: finding problems (landing/), taking rows out and storing them (assets/).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Sequence

import polars as pl

from resources.lakehouse import Lakehouse
from seg_assets.catalogs import Catalogue
from seg_assets.checks.affected import Affected, affected
from seg_assets.checks.commands import show
from seg_assets.checks.finding import Finding
from seg_assets.landing import ContractError, Problem, Report, Severity
from seg_assets.schemas import LANDINGS

LANDING_CONTRACT, CROSS_FIELD_RULES = "landing_contract", "cross_field_rules"
EXPECTED = "every row fits the catalogue"
WEEKS_BACK = 12

ProblemsOf = Callable[[dt.date], Collection[str]]
"""The problems of an earlier week as texts: none where it had none or has not landed."""


def problems_found(
    lakehouse: Lakehouse,
    catalogue: Catalogue,
    report: Report,
    touched: pl.Series,
    problems_of: ProblemsOf,
    look_closer: str,
) -> Finding:
    """The verdict on a week that was taken: it warns of every problem.

    touched: the ids of the accounts that a problem is about, as far as they are known; look_closer: a command for a
    week of which no rows are in quarantine.
    """
    seen = f"{report.landed:,} rows: {report.accepted:,} taken, {report.quarantined:,} in quarantine, " + (
        f"{report.dropped:,} repeated"
    )
    if not report.problems:
        return Finding("every row fits", EXPECTED, seen)
    problems = _worst_first(report.problems)
    who = affected(lakehouse, catalogue, touched, report.week)
    # Without ids, the rows of a problem of the catalogue's own columns are accounts; other columns touch none.
    most = max((problem.count for problem in problems if _of_features(catalogue, problem)), default=0)
    known = touched.len() > 0
    return Finding(
        told=" ".join(map(str, problems)),
        expected=EXPECTED,
        seen=seen,
        passed=False,
        since=_since(report.week, problems[0], problems_of),
        accounts=who.accounts if known else most,
        arr=who.arr if known else None if most else 0.0,
        causes=_causes(problems, who),
        look_closer=show(f"quarantine/{report.source}", report.week) if report.quarantined else look_closer,
        table=_table(problems),
    )


def week_refused(
    lakehouse: Lakehouse,
    catalogue: Catalogue,
    table: str,
    error: ContractError,
    problems_of: ProblemsOf,
    look_closer: str,
) -> Finding:
    """The verdict on a week of which nothing was taken: `table` keeps what it had, so all of its accounts do.

    look_closer: a command for a week that was refused before rows could be set aside.
    """
    problems = _worst_first(error.problems)
    aside = error.quarantined.height
    who = affected(lakehouse, catalogue, _stored_accounts(lakehouse, table, error), error.week)
    return Finding(
        told=str(error),
        expected=EXPECTED,
        seen=f"the whole week refused, {aside:,} rows in quarantine",
        passed=False,
        blocks=True,
        since=_since(error.week, problems[0], problems_of),
        accounts=who.accounts,
        arr=who.arr,
        causes=_causes(problems, who),
        look_closer=show(f"quarantine/{error.source}", error.week) if aside else look_closer,
        table=_table(problems),
    )


def problems_read(lakehouse: Lakehouse, source: str) -> ProblemsOf:
    """What was wrong when a source's weeks were read, by the newest reading of each."""
    if not lakehouse.exists(LANDINGS.name):
        return lambda _: ()
    rows = lakehouse.scan(LANDINGS.name).filter(pl.col("source") == source).sort("read_at")
    found = dict(rows.select("snapshot_date", "problems").collect().iter_rows())
    return lambda monday: found.get(monday) or ()


def _worst_first(problems: Sequence[Problem]) -> list[Problem]:
    gravity = {Severity.FATAL: 0, Severity.QUARANTINED: 1, Severity.WARNING: 2}
    return sorted(problems, key=lambda problem: (gravity[problem.severity], -problem.count))


def _of_features(catalogue: Catalogue, problem: Problem) -> bool:
    """Whether it is about the catalogue's own columns: what else landed touches no account."""
    names = (problem.column or "").split(", ")
    return all(name in catalogue.feature_names for name in names)


def _stored_accounts(lakehouse: Lakehouse, table: str, error: ContractError) -> pl.Series:
    """The accounts of the newest stored week of `table`; of the quarantine where there is none."""
    stored = [week for week in lakehouse.partitions(table) if week <= error.week]
    if not stored:
        return error.quarantined["account_id"]
    return lakehouse.scan(table, [max(stored)]).select("account_id").collect().to_series()


def _since(week: dt.date, problem: Problem, problems_of: ProblemsOf) -> dt.date:
    """The first of the Mondays in a row, `week` the last, that had the same trouble in the same column."""
    first = week
    for back in range(1, WEEKS_BACK + 1):
        monday = week - dt.timedelta(weeks=back)
        if not any(_alike(problem, text) for text in problems_of(monday)):
            break
        first = monday
    return first


def _alike(problem: Problem, text: str) -> bool:
    return problem.what in text and (problem.column or "") in text


def _causes(problems: Sequence[Problem], who: Affected) -> tuple[str, ...]:
    """The problems with most rows, then the slices that their accounts share."""
    told = [f"{problem.column or 'the load'}: {problem.count:,} {problem.what}" for problem in problems[:2]]
    return (*told, *who.causes)


def _table(problems: Sequence[Problem]) -> str:
    lines = ["| column | what | rows | became | examples | remedy |", "| --- | --- | ---: | --- | --- | --- |"]
    for problem in problems:
        examples = "; ".join(map(str, problem.examples))
        cells = (problem.column or "", problem.what, f"{problem.count:,}", problem.severity, examples, problem.remedy)
        lines.append("| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)
