"""Raw tables: each source's week as it landed, checked, with what does not fit in quarantine.

Belongs here: one asset a source. Does not: what a valid row is (landing/contract.py).
"""

import datetime as dt
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import dagster as dg
import polars as pl

from resources.lakehouse import Lakehouse
from seg_assets.assets.description import markdown_table, table_metadata, written
from seg_assets.catalogs import Catalogue
from seg_assets.checks.commands import landed as show_landed
from seg_assets.checks.contract import LANDING_CONTRACT, problems_found, problems_read, week_refused
from seg_assets.checks.finding import Finding, check_result
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
    sensitive = {"account_id", *(column.name for column in schema.columns if column.sensitive)}
    columns = {
        name: Column(dtype, described.get(name, name.replace("_", " ")), name in sensitive)
        for name, dtype in schema.polars.items()
    }
    return Table(f"raw/{source}", columns, "snapshot_date", description=f"Source {source} as it landed, checked")


def quarantine_table(source: str) -> Table:
    """The table of a source's rows that were set aside, with reason and the whole row as JSON."""
    sensitive = {"account_id", "value", "row"}
    columns = {
        name: Column(dtype, name.replace("_", " "), name in sensitive) for name, dtype in QUARANTINE_SCHEMA.items()
    }
    told = f"Rows of source {source} that were set aside, and why"
    return Table(f"quarantine/{source}", columns, "snapshot_date", description=told)


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
                LANDING_CONTRACT,
                asset=key,
                blocking=True,
                description="Every landed row fits the catalogue; a week that fits too little is refused as a whole",
            )
        ],
    )
    def raw(
        context: dg.AssetExecutionContext,
        config: RawConfig,
        lakehouse: dg.ResourceParam[Lakehouse],
        landing: dg.ResourceParam[Landing],
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        raw_week = RawWeek(catalogue, source, lakehouse, landing, config.accept_loss)
        found = {}
        for week in context.partition_keys:
            began = time.monotonic()
            try:
                report, found[week] = raw_week.land(dt.date.fromisoformat(week))
            except ContractError as error:
                found[week] = raw_week.refused(error)
                yield check_result(key, LANDING_CONTRACT, found)
                raise dg.Failure(description=str(error), allow_retries=False) from error
            metadata = {
                **written(report.accepted, lakehouse.uri(table.name)),
                "quarantined": report.quarantined,
                "problems": dg.MetadataValue.md(_problems_markdown(report)),
                "seconds": round(time.monotonic() - began, 3),
            }
            context.add_asset_metadata(metadata, partition_key=week)
        yield dg.MaterializeResult(check_results=[check_result(key, LANDING_CONTRACT, found)])

    return raw


@dataclass(frozen=True)
class RawWeek:
    """Reading the weeks of one source, and what its contract says of them."""

    catalogue: Catalogue
    source: str
    lakehouse: Lakehouse
    landing: Landing
    accept_loss: bool

    def land(self, week: dt.date) -> tuple[Report, Finding]:
        """Read, check and store one week; what is already stored stays where the week cannot be taken.

        Raises ContractError where the week is refused as a whole, dagster.Failure where it cannot be read.
        """
        try:
            landed = self.landing.weeks(self.source)
            checked = self._checked(week, landed)
        except ContractError as error:
            if error.quarantined.height:
                self.lakehouse.replace(quarantine_table(self.source), error.quarantined, week)
            raise
        except LandingError as error:
            raise dg.Failure(description=str(error), allow_retries=False) from error
        # Before this week is among them.
        earlier = problems_read(self.lakehouse, self.source)
        self.lakehouse.replace(raw_table(self.catalogue, self.source), checked.accepted, week)
        keep_quarantine(self.lakehouse, self.source, week, checked)
        self.lakehouse.append(LANDINGS, _landing_row(self.source, week, landed[week], checked.report))
        touched = checked.quarantined["account_id"]
        found = problems_found(self.lakehouse, self.catalogue, checked.report, touched, earlier, self._look(week))
        return checked.report, found

    def refused(self, error: ContractError) -> Finding:
        """The verdict on a week that `land` refused."""
        earlier = problems_read(self.lakehouse, self.source)
        table = f"raw/{self.source}"
        return week_refused(self.lakehouse, self.catalogue, table, error, earlier, self._look(error.week))

    def _checked(self, week: dt.date, landed: Mapping[dt.date, str]) -> Validated:
        frame = self.landing.read(self.source, week)
        if self.source in EVENT_SOURCES:
            return validate_events(frame, self.source, week, earliest=week == min(landed))
        last_week = None if self.accept_loss else _accounts_before(self.lakehouse, self.source, week)
        return validate(frame, self.source, self.catalogue, week, accounts_last_week=last_week)

    def _look(self, week: dt.date) -> str:
        return show_landed(self.landing.base, self.source, week)


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


def _problems_markdown(report: Report) -> str:
    rows = [
        (problem.column or "", problem.what, problem.count, "; ".join(map(str, problem.examples)), problem.remedy)
        for problem in report.problems
    ]
    return markdown_table(("column", "what", "rows", "examples", "remedy"), rows) if rows else "none"
