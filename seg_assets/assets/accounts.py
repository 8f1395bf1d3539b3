"""Account snapshots: the sources of one Monday as one row an account.

Belongs here: the asset. Does not: how sources are joined and which cross-field rules hold (landing/accounts.py).
"""

import datetime as dt
import time
from collections.abc import Callable, Iterator

import dagster as dg
import polars as pl

from resources.lakehouse import Lakehouse, TableError
from seg_assets.assets.description import table_metadata, written
from seg_assets.assets.raw import keep_quarantine, quarantine_table
from seg_assets.catalogs import Catalogue
from seg_assets.checks.commands import frame, of_day, show
from seg_assets.checks.contract import CROSS_FIELD_RULES, problems_found, week_refused
from seg_assets.checks.finding import Finding, check_result
from seg_assets.landing import ContractError, LandingError, Report, Validated, account_snapshot
from seg_assets.landing.local_files import READ_ERRORS
from seg_assets.partitions import Partitions
from seg_assets.schemas import account_snapshots

KEY = dg.AssetKey("account_snapshots")


def build_accounts(catalogue: Catalogue, partitions: Partitions) -> dg.AssetsDefinition:
    """The asset `account_snapshots`."""
    table = account_snapshots(catalogue)

    @dg.asset(
        key=KEY,
        partitions_def=partitions.week,
        backfill_policy=dg.BackfillPolicy.single_run(),
        deps=[dg.AssetKey(["raw", source.name]) for source in catalogue.sources],
        group_name="accounts",
        kinds={"polars", "delta"},
        code_version=catalogue.fingerprint("sources", "features", "outcome_column", "order_column", "groups", "rules"),
        owners=[catalogue.objective.owner],
        description="One row an account of a Monday: all features of the catalogue. Rows that break a cross-field rule "
        "lie in quarantine/account_snapshots.",
        metadata=table_metadata(table),
        check_specs=[
            dg.AssetCheckSpec(
                CROSS_FIELD_RULES, asset=KEY, blocking=True, description="The catalogue's rules between columns hold"
            )
        ],
    )
    def account_snapshots_asset(
        context: dg.AssetExecutionContext, lakehouse: dg.ResourceParam[Lakehouse]
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        found = {}
        for week in context.partition_keys:
            began = time.monotonic()
            try:
                report, found[week] = joined_week(catalogue, dt.date.fromisoformat(week), lakehouse)
            except ContractError as error:
                found[week] = refused_week(catalogue, lakehouse, error)
                yield check_result(KEY, CROSS_FIELD_RULES, found)
                raise dg.Failure(description=str(error), allow_retries=False) from error
            metadata = {
                **written(report.accepted, lakehouse.uri(table.name)),
                "quarantined": report.quarantined,
                "problems": dg.MetadataValue.md("\n".join(f"- {problem}" for problem in report.problems) or "none"),
                "seconds": round(time.monotonic() - began, 3),
            }
            context.add_asset_metadata(metadata, partition_key=week)
        yield dg.MaterializeResult(check_results=[check_result(KEY, CROSS_FIELD_RULES, found)])

    return account_snapshots_asset


def joined_week(catalogue: Catalogue, week: dt.date, lakehouse: Lakehouse) -> tuple[Report, Finding]:
    """Join and store one Monday, and what the rules say of it.

    Raises dagster.Failure as `_sources` does, ContractError where the rules set aside too much.
    """
    sources = _sources(catalogue, week, lakehouse)
    try:
        joined = account_snapshot(sources, catalogue, week)
    except ContractError as error:
        lakehouse.replace(quarantine_table("account_snapshots"), error.quarantined, week)
        raise
    lakehouse.replace(account_snapshots(catalogue), joined.accepted, week)
    keep_quarantine(lakehouse, "account_snapshots", week, joined)
    earlier = _problems_of(catalogue, lakehouse)
    look = _look_closer(catalogue, lakehouse, joined.report)
    touched = _breaking(catalogue, joined)
    return joined.report, problems_found(lakehouse, catalogue, joined.report, touched, earlier, look)


def _breaking(catalogue: Catalogue, joined: Validated) -> pl.Series:
    """The accounts that break a rule, taken or set aside."""
    aside = joined.quarantined["account_id"]
    if not catalogue.rules or not joined.report.problems:
        return aside
    broken = pl.any_horizontal((~pl.sql_expr(rule.must)).fill_null(False) for rule in catalogue.rules)
    return pl.concat([aside, joined.accepted.filter(broken)["account_id"]])


def refused_week(catalogue: Catalogue, lakehouse: Lakehouse, error: ContractError) -> Finding:
    earlier = _problems_of(catalogue, lakehouse)
    return week_refused(lakehouse, catalogue, "account_snapshots", error, earlier, show("landings"))


def _problems_of(catalogue: Catalogue, lakehouse: Lakehouse) -> Callable[[dt.date], tuple[str, ...]]:
    """What the rules say of an earlier Monday: joined again, since only some of the rows that broke one are stored."""

    def problems(week: dt.date) -> tuple[str, ...]:
        try:
            found = account_snapshot(_sources(catalogue, week, lakehouse), catalogue, week).report.problems
        except ContractError as error:
            found = error.problems
        except (LandingError, dg.Failure):
            return ()
        return tuple(map(str, found))

    return problems


def _look_closer(catalogue: Catalogue, lakehouse: Lakehouse, report: Report) -> str:
    """Accounts that break the rule that was broken most, with its columns; a week's `problems` where none was."""
    told = max(report.problems, key=lambda problem: problem.count, default=None)
    rule = next((rule for rule in catalogue.rules if told is not None and rule.must in told.what), None)
    if told is None or rule is None:
        return show("landings")
    columns = ", ".join(map(repr, ["account_id", *str(told.column).split(", ")]))
    rows = f".filter(~pl.sql_expr({rule.must!r})).select({columns}).head(20)"
    return frame(lakehouse.uri("account_snapshots"), of_day("snapshot_date", report.week) + rows)


def _sources(catalogue: Catalogue, week: dt.date, lakehouse: Lakehouse) -> dict[str, pl.DataFrame]:
    """The accepted rows of every source that holds `week`.

    Raises dagster.Failure where a required source does not, and where any table is damaged: an optional source that
    cannot be read is not one that did not land.
    """
    sources = {}
    for source in catalogue.sources:
        table = f"raw/{source.name}"
        try:
            if week in lakehouse.partitions(table):
                sources[source.name] = lakehouse.scan(table, [week]).collect()
            elif source.required:
                raise dg.Failure(
                    description=f"week {week}: table {table} has no partition {week}: materialize {table} for it first",
                    allow_retries=False,
                )
        except TableError as error:
            raise dg.Failure(description=f"week {week}: {error}", allow_retries=False) from error
        except READ_ERRORS as error:
            raise dg.Failure(
                description=f"week {week}: table {table} cannot be read ({str(error).splitlines()[0]}): materialize "
                f"{table} for {week} again",
                allow_retries=False,
            ) from error
    return sources
