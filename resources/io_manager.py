"""The Delta IO manager: frames to table partitions and back, none lost.

Belongs here: handing an asset's frame to the lakehouse, and the partitions that a downstream asset maps to back.
Does not: how a write is made (lakehouse.py).

Why not dagster-deltalake-polars: its predicates come from partition windows, its writes replace the whole table where
the partition column is a string, and its reads return the first of several partitions without an error. Here every
read and write goes by the list of partition keys, and a key that was never written is an error.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import dagster as dg
import polars as pl

from resources.lakehouse import Lakehouse
from seg_assets.schemas import Table

Frame = pl.DataFrame | pl.LazyFrame


class DeltaIOManager(dg.IOManager):
    """Stores an asset's frame in the table of its key; `tables` holds the schema of each by that name."""

    def __init__(self, lakehouse: Lakehouse, tables: Mapping[str, Table]) -> None:
        self._lakehouse = lakehouse
        self._tables = tables

    def handle_output(self, context: dg.OutputContext, obj: Frame | None) -> None:
        """Replace the run's partition by `obj`; None, for an asset that wrote its own table, is left alone."""
        if obj is None:
            return
        table = self._tables[context.asset_key.to_user_string()]
        keys = [dt.date.fromisoformat(key) for key in context.asset_partition_keys]
        if table.partition_column is None:
            raise dg.DagsterInvariantViolationError(f"table {table.name} has no partition column to write by")
        frame = obj.lazy()
        held = frame.collect_schema().get(table.partition_column)
        if held is not None and held != pl.Date:
            raise dg.DagsterInvariantViolationError(
                f"table {table.name}: column {table.partition_column} is {held}, it has to be Date"
            )
        if len(keys) > 1 and held is None:
            raise dg.DagsterInvariantViolationError(
                f"table {table.name}: {len(keys)} partitions in one frame need its column {table.partition_column}"
            )
        metadata: dict[str, str | int] = {"dagster/uri": self._lakehouse.uri(table.name)}
        for key in keys:
            part = frame.filter(pl.col(table.partition_column) == key) if len(keys) > 1 else frame
            rows = self._lakehouse.replace(table, part, key)
            if len(keys) == 1:
                # What is said of an output is said of every partition of the run; of several, the asset counts each.
                metadata["dagster/row_count"] = rows
        context.add_output_metadata(metadata)

    def load_input(self, context: dg.InputContext) -> pl.LazyFrame:
        """The partitions of the upstream table that this run maps to, as one LazyFrame.

        A run that maps to every partition there could be (an unpartitioned downstream) gets all that have been
        written; any other gets exactly what it maps to, or an error.
        """
        table = context.asset_key.to_user_string()
        if not context.has_asset_partitions:
            return self._lakehouse.scan(table)
        keys = context.asset_partition_keys
        if len(keys) == len(context.asset_partitions_def.get_partition_keys()):
            return self._lakehouse.scan(table)
        return self._lakehouse.scan(table, [dt.date.fromisoformat(key) for key in keys])
