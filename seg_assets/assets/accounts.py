"""Account snapshots: the sources of one Monday as one row an account.

Belongs here: the asset. Does not: how sources are joined and which cross-field rules hold (landing/accounts.py).
"""

import datetime as dt
import time

import dagster as dg

from resources.lakehouse import Lakehouse, TableError
from seg_assets.assets.description import markdown_table, table_metadata, written
from seg_assets.assets.raw import keep_quarantine, quarantine_table
from seg_assets.catalogs import Catalogue
from seg_assets.landing import ContractError, Report, account_snapshot
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
        began = time.monotonic()
        reports = {
            week: _snapshot(catalogue, dt.date.fromisoformat(week), lakehouse) for week in context.partition_keys
        }
        rows = {week: report.accepted for week, report in reports.items()}
        problems = [(week, problem) for week, report in reports.items() for problem in report.problems]
        return dg.MaterializeResult(
            metadata={
                **written(rows, lakehouse.uri(table.name)),
                "quarantined": sum(report.quarantined for report in reports.values()),
                "seconds": round(time.monotonic() - began, 3),
                "problems": dg.MetadataValue.md(
                    markdown_table(("week", "problem"), problems) if problems else "none",
                ),
            },
            check_results=[
                dg.AssetCheckResult(
                    check_name="cross_field_rules",
                    passed=not problems,
                    severity=dg.AssetCheckSeverity.WARN,
                    description="; ".join(f"{week}: {problem}" for week, problem in problems)[:2000]
                    or "all rules hold",
                    metadata={"expected": "0 rules broken", "seen": f"{len(problems)} rules broken"},
                )
            ],
        )

    return account_snapshots_asset


def _snapshot(catalogue: Catalogue, week: dt.date, lakehouse: Lakehouse) -> Report:
    """Join and store one Monday. Raises dagster.Failure where a required source has not been read for it."""
    sources = {}
    for source in catalogue.sources:
        try:
            sources[source.name] = lakehouse.scan(f"raw/{source.name}", [week])
        except TableError as error:
            if source.required:
                raise dg.Failure(description=f"week {week}: {error}", allow_retries=False) from error
    try:
        joined = account_snapshot(sources, catalogue, week)
    except ContractError as error:
        lakehouse.replace(quarantine_table("account_snapshots"), error.quarantined, week)
        raise dg.Failure(description=str(error), allow_retries=False) from error
    lakehouse.replace(account_snapshots(catalogue), joined.accepted, week)
    keep_quarantine(lakehouse, "account_snapshots", week, joined)
    return joined.report
