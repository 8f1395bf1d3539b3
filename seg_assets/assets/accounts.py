"""Account snapshots: the sources of one Monday as one row an account.

Belongs here: the asset. Does not: how sources are joined and which cross-field rules hold (landing/accounts.py).
"""

import datetime as dt
import time

import dagster as dg
import polars as pl

from resources.lakehouse import Lakehouse, TableError
from seg_assets.assets.description import table_metadata, written
from seg_assets.assets.raw import keep_quarantine, quarantine_table
from seg_assets.catalogs import Catalogue
from seg_assets.landing import ContractError, Report, account_snapshot
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
            dg.AssetCheckSpec("cross_field_rules", asset=KEY, description="The catalogue's rules between columns hold")
        ],
    )
    def account_snapshots_asset(
        context: dg.AssetExecutionContext, lakehouse: dg.ResourceParam[Lakehouse]
    ) -> dg.MaterializeResult:
        problems = []
        for week in context.partition_keys:
            began = time.monotonic()
            report = _snapshot(catalogue, dt.date.fromisoformat(week), lakehouse)
            problems += [f"{week}: {problem}" for problem in report.problems]
            metadata = {
                **written(report.accepted, lakehouse.uri(table.name)),
                "quarantined": report.quarantined,
                "problems": dg.MetadataValue.md("\n".join(f"- {problem}" for problem in report.problems) or "none"),
                "seconds": round(time.monotonic() - began, 3),
            }
            context.add_asset_metadata(metadata, partition_key=week)
        return dg.MaterializeResult(
            check_results=[
                dg.AssetCheckResult(
                    check_name="cross_field_rules",
                    passed=not problems,
                    severity=dg.AssetCheckSeverity.WARN,
                    description="; ".join(problems)[:2000] or "all rules hold",
                    metadata={"expected": "0 rules broken", "seen": f"{len(problems)} rules broken"},
                )
            ],
        )

    return account_snapshots_asset


def _snapshot(catalogue: Catalogue, week: dt.date, lakehouse: Lakehouse) -> Report:
    """Join and store one Monday. Raises dagster.Failure as `_sources` does, and where the rules set aside too much."""
    sources = _sources(catalogue, week, lakehouse)
    try:
        joined = account_snapshot(sources, catalogue, week)
    except ContractError as error:
        lakehouse.replace(quarantine_table("account_snapshots"), error.quarantined, week)
        raise dg.Failure(description=str(error), allow_retries=False) from error
    lakehouse.replace(account_snapshots(catalogue), joined.accepted, week)
    keep_quarantine(lakehouse, "account_snapshots", week, joined)
    return joined.report


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
