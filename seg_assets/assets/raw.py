"""Raw tables: each source's week as it landed, checked, with what does not fit in quarantine.

Belongs here: one asset a source. Does not: what a valid row is (landing/contract.py).
"""

import datetime as dt
import time

import dagster as dg
import polars as pl

from resources.lakehouse import Lakehouse
from seg_assets.assets.description import markdown_table, table_metadata, written
from seg_assets.catalogs import Catalogue
from seg_assets.landing import (
    EVENT_SOURCES,
    QUARANTINE_SCHEMA,
    ContractError,
    Landing,
    LandingError,
    Report,
    Validated,
    schema_of,
    validate,
    validate_events,
)
from seg_assets.partitions import Partitions
from seg_assets.schemas import LANDINGS, TIMESTAMP, Column, Table


class RawConfig(dg.Config):
    """What a person may allow for one run."""

    accept_loss: bool = False
    """Take a week that lost more accounts than the catalogue's limit allows."""


def build_raw(catalogue: Catalogue, partitions: Partitions) -> list[dg.AssetsDefinition]:
    """One asset a source of the catalogue, and the three fixed ones: conversions, revenue events, account master."""
    snapshot_sources = [(source.name, source.owner, source.description) for source in catalogue.sources]
    fixed_owner = catalogue.objective.owner
    fixed = [
        ("pipeline_conversions", fixed_owner, "When each account's pipeline was qualified"),
        ("revenue_events", fixed_owner, "What each account bought and used"),
        ("account_master", fixed_owner, "Names, parents, status and reachability; optional"),
    ]
    return [_raw_asset(catalogue, partitions, *source) for source in snapshot_sources + fixed]


def raw_table(catalogue: Catalogue, source: str) -> Table:
    """The table of what a source landed: its keys and columns, with the catalogue's descriptions."""
    schema = EVENT_SOURCES.get(source) or schema_of(source, catalogue)
    described = {
        feature.name: f"{feature.description} [{feature.unit}]" if feature.unit else feature.description
        for feature in catalogue.features
    }
    columns = {
        name: Column(dtype, described.get(name, name.replace("_", " "))) for name, dtype in schema.polars.items()
    }
    return Table(f"raw/{source}", columns, "snapshot_date")


def quarantine_table(source: str) -> Table:
    """The table of a source's rows that were set aside, with reason and the whole row as JSON."""
    columns = {name: Column(dtype, name.replace("_", " ")) for name, dtype in QUARANTINE_SCHEMA.items()}
    return Table(f"quarantine/{source}", columns, "snapshot_date")


def _raw_asset(
    catalogue: Catalogue, partitions: Partitions, source: str, owner: str, description: str
) -> dg.AssetsDefinition:
    key = dg.AssetKey(["raw", source])
    table = raw_table(catalogue, source)

    @dg.asset(
        key=key,
        partitions_def=partitions.week,
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name="raw_tables",
        kinds={"polars", "delta"},
        code_version=catalogue.fingerprint("sources", "features", "outcome_column", "order_column"),
        owners=[owner],
        description=f"{description}. One partition a Monday, as landed; rows that break the contract lie in "
        f"quarantine/{source}.",
        metadata=table_metadata(table),
        check_specs=[
            dg.AssetCheckSpec(
                "landing_contract", asset=key, description="Every landed row fits the catalogue; see the quarantine"
            )
        ],
    )
    def raw(
        context: dg.AssetExecutionContext,
        config: RawConfig,
        lakehouse: dg.ResourceParam[Lakehouse],
        landing: dg.ResourceParam[Landing],
    ) -> dg.MaterializeResult:
        reports = {}
        for week in context.partition_keys:
            began = time.monotonic()
            report = _land(catalogue, source, dt.date.fromisoformat(week), lakehouse, landing, config.accept_loss)
            reports[week] = report
            metadata = {
                **written(report.accepted, lakehouse.uri(table.name)),
                "quarantined": report.quarantined,
                "problems": dg.MetadataValue.md(_problems_markdown(report)),
                "seconds": round(time.monotonic() - began, 3),
            }
            context.add_asset_metadata(metadata, partition_key=week)
        return dg.MaterializeResult(check_results=[_contract_check(key, reports)])

    return raw


def _land(
    catalogue: Catalogue, source: str, week: dt.date, lakehouse: Lakehouse, landing: Landing, accept_loss: bool
) -> Report:
    """Read, check and store one week of one source; what is already stored stays where the week cannot be taken."""
    table = raw_table(catalogue, source)
    try:
        landed = landing.weeks(source)
        frame = landing.read(source, week)
        if source in EVENT_SOURCES:
            checked = validate_events(frame, source, week, earliest=week == min(landed))
        else:
            last_week = None if accept_loss else _accounts_before(lakehouse, source, week)
            checked = validate(frame, source, catalogue, week, accounts_last_week=last_week)
    except ContractError as error:
        if error.quarantined.height:
            lakehouse.replace(quarantine_table(source), error.quarantined, week)
        raise dg.Failure(description=str(error), allow_retries=False) from error
    except LandingError as error:
        raise dg.Failure(description=str(error), allow_retries=False) from error
    lakehouse.replace(table, checked.accepted, week)
    keep_quarantine(lakehouse, source, week, checked)
    lakehouse.append(LANDINGS, _landing_row(source, week, landed[week], checked.report))
    return checked.report


def keep_quarantine(lakehouse: Lakehouse, source: str, week: dt.date, checked: Validated) -> None:
    """Store a week's quarantined rows; a week that is clean now replaces one that was not."""
    table = quarantine_table(source)
    if checked.quarantined.height or week in lakehouse.partitions(table.name):
        lakehouse.replace(table, checked.quarantined, week)


def _accounts_before(lakehouse: Lakehouse, source: str, week: dt.date) -> pl.Series | None:
    """The ids that `source` had in the newest week before `week`; None where there is none."""
    earlier = [known for known in lakehouse.partitions(f"raw/{source}") if known < week]
    if not earlier:
        return None
    return lakehouse.scan(f"raw/{source}", [max(earlier)]).select("account_id").collect().to_series()


def _landing_row(source: str, week: dt.date, identity: str, report: Report) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "source": source,
            "snapshot_date": week,
            "identity": identity,
            "landed": report.landed,
            "accepted": report.accepted,
            "quarantined": report.quarantined,
            "problems": [[str(problem) for problem in report.problems]],
            "read_at": dt.datetime.now(dt.UTC),
        },
        schema={**LANDINGS.schema, "read_at": TIMESTAMP},
    )


def _contract_check(key: dg.AssetKey, reports: dict[str, Report]) -> dg.AssetCheckResult:
    problems = [(week, problem) for week, report in reports.items() for problem in report.problems]
    return dg.AssetCheckResult(
        asset_key=key,
        check_name="landing_contract",
        passed=not problems,
        severity=dg.AssetCheckSeverity.WARN,
        description="; ".join(f"{week}: {problem}" for week, problem in problems)[:2000] or "every row fits",
        metadata={"expected": "0 problems", "seen": f"{len(problems)} problems"},
    )


def _problems_markdown(report: Report) -> str:
    rows = [
        (problem.column or "", problem.what, problem.count, "; ".join(map(str, problem.examples)), problem.remedy)
        for problem in report.problems
    ]
    return markdown_table(("column", "what", "rows", "examples", "remedy"), rows) if rows else "none"
