"""Fill the monitoring tables of weeks: what each week's accounts look like, and how far they have drifted.

Belongs here: reading a week and what it is compared with, one snapshot after another; storing the rows. Does not: the
figures (segmentation/monitoring), verdicts (checks/), which weeks (assets/monitoring.py).
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import polars as pl
from dagster_pipes import PipesContext
from deltalake import DeltaTable

from resources.lakehouse import Lakehouse
from seg_assets.catalogs import Catalogue
from seg_assets.monitoring_schemas import DRIFT_METRICS, PROFILE_METRICS
from seg_assets.segmentation import Segmentation
from seg_assets.segmentation.monitoring.counts import Column, monitored
from seg_assets.segmentation.monitoring.metrics import drift_metrics, profile_metrics
from seg_assets.segmentation.monitoring.placed import placed
from seg_assets.segmentation.monitoring.reading import in_batches, with_keys
from seg_assets.segmentation.monitoring.slicing import Slicing
from seg_assets.segmentation.monitoring.summary import Summary, summarised
from seg_assets.segmentation.monitoring.tally import Tally, tally
from seg_assets.segmentation.scaling import gate_of
from seg_assets.steps.inputs import MonitorInputs
from seg_assets.steps.models import read_champion
from seg_assets.steps.reporting import open_step
from seg_assets.steps.week_reads import SNAPSHOTS

SEGMENT_ID = "segment_id"


@dataclass(frozen=True)
class Asked:
    """What is summarised of every snapshot that a week is about, so that all of them can be compared.

    gates: every feature to the column that says whether it applies; slice_columns: of the snapshot; segmentation: the
    champion's, whose segments are further slices, None before there is one; columns: what it knows.
    """

    gates: Mapping[str, str | None]
    slice_columns: tuple[str, ...]
    segmentation: Segmentation | None
    columns: tuple[Column, ...]

    @classmethod
    def of(cls, catalogue: Catalogue, there: Collection[str], segmentation: Segmentation | None) -> Asked:
        """All that the catalogue names and snapshots, which have the columns `there`, have."""
        known = () if segmentation is None else monitored(catalogue, segmentation.reference)
        return cls(
            gates={one.name: gate_of(one, catalogue) for one in catalogue.features if one.name in there},
            slice_columns=tuple(name for name in catalogue.slices if name in there),
            segmentation=segmentation,
            columns=tuple(one for one in known if one.name in there),
        )

    @property
    def read(self) -> list[str]:
        """The columns of a snapshot that all this needs."""
        return list(dict.fromkeys([*self.gates, *self.read_first]))

    @property
    def read_first(self) -> list[str]:
        """Those of them that say of every account what applies to it, and in which slices it is."""
        needed = () if self.segmentation is None else self.segmentation.required_columns
        return list(dict.fromkeys(["account_id", *self._asked_gates, *self.slice_columns, *needed]))

    @property
    def _asked_gates(self) -> list[str]:
        return sorted({gate for gate in self.gates.values() if gate is not None})

    @property
    def slice_keys(self) -> tuple[str, ...]:
        """What accounts are sliced by."""
        return self.slice_columns if self.segmentation is None else (*self.slice_columns, SEGMENT_ID)

    def keys_of(self, accounts: pl.DataFrame) -> pl.DataFrame:
        """Gates and slice keys of account rows, which have the columns to `read_first`."""
        names = list(dict.fromkeys([*self._asked_gates, *self.slice_columns]))
        if self.segmentation is not None:
            return accounts.select(*names, placed(self.segmentation, accounts)[SEGMENT_ID])
        # Ids, since a frame without columns has no rows.
        return accounts.select(names or ["account_id"])

    def tally(self, accounts: pl.DataFrame) -> Tally:
        """The tally of account rows, which have the columns to `read`."""
        return tally(accounts, self.gates, Slicing.of(self.keys_of(accounts), self.slice_keys))


Summarise = Callable[[Lakehouse, dt.date, Asked], Summary]


def summary_of(lakehouse: Lakehouse, monday: dt.date, asked: Asked) -> Summary:
    """The summary of that Monday's accounts, on this machine: of a large snapshot some columns after the others."""
    accounts = lakehouse.scan(SNAPSHOTS, [monday])
    keys = in_batches(accounts.select(asked.read_first), asked.keys_of)
    slicing = Slicing.of(keys, asked.slice_keys)

    def tallies() -> Iterator[Tally]:
        for names, columns in with_keys(accounts, keys, list(asked.gates)):
            yield tally(columns, {name: asked.gates[name] for name in names}, slicing)

    return summarised(tallies(), asked.columns)


def monitor_week(
    lakehouse: Lakehouse, catalogue: Catalogue, week: dt.date, summarise: Summarise = summary_of
) -> dict[str, int]:
    """Store a week's rows of both tables; how many each has.

    drift_metrics has none before there is a champion, and where its training snapshot is gone. Every snapshot is put
    into segments by the same definitions, so that a refresh is no drift.
    """
    version = DeltaTable(lakehouse.uri(SNAPSHOTS)).version()
    champion = read_champion(lakehouse, week)
    landed = lakehouse.partitions(SNAPSHOTS)
    there = lakehouse.scan(SNAPSHOTS, [week]).collect_schema().names()
    asked = Asked.of(catalogue, there, None if champion is None else champion.segmentation)
    now = summarise(lakehouse, week, asked)
    profile = profile_metrics(now, week, version)
    drift = pl.DataFrame(schema=DRIFT_METRICS.schema)
    if champion is not None and champion.trained_on in landed:
        training = now if champion.trained_on == week else summarise(lakehouse, champion.trained_on, asked)
        earlier = week - dt.timedelta(weeks=1)
        before = None
        if earlier in landed:
            before = training if champion.trained_on == earlier else summarise(lakehouse, earlier, asked)
        drift = drift_metrics(now, week, training, before, asked.columns, champion.version)
    return {
        table.name: lakehouse.replace(table, rows, week)
        for table, rows in ((PROFILE_METRICS, profile), (DRIFT_METRICS, drift))
    }


def monitor(inputs: MonitorInputs) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Monitor every week of `inputs`; yields table, week's key and figures for its materialization."""
    lakehouse = Lakehouse(inputs.lakehouse)
    summarise = _summarising(inputs)
    for week in inputs.weeks:
        began = time.monotonic()
        stored = monitor_week(lakehouse, inputs.catalogue, week, summarise)
        seconds = round(time.monotonic() - began, 3)
        for table, rows in stored.items():
            told = {"dagster/row_count": rows, "dagster/uri": lakehouse.uri(table)}
            yield table, week.isoformat(), told | {"engine": inputs.engine, "seconds": seconds}


def _summarising(inputs: MonitorInputs) -> Summarise:
    """What summarises a snapshot, by the engine that was asked for."""
    if inputs.engine == "polars":
        return summary_of
    # Here, since Spark Connect takes seconds to import.
    from resources.spark import SparkTables, open_session
    from seg_assets.steps.monitor_on_spark import summary_on_spark

    return partial(summary_on_spark, SparkTables(open_session()))


def main() -> None:
    """The program: inputs from Pipes extras, a materialization of each table as its report."""
    with open_step() as pipes:
        _run(pipes)


def _run(pipes: PipesContext) -> None:
    for table, week, figures in monitor(MonitorInputs.model_validate(pipes.extras)):
        pipes.report_custom_message({"asset": table, "partition": week, "metadata": figures})
    for made in (PROFILE_METRICS, DRIFT_METRICS):
        pipes.report_asset_materialization(asset_key=made.name)


if __name__ == "__main__":
    main()
