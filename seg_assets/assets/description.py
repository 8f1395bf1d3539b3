"""What every asset tells about its table, in Dagster's own metadata.

Belongs here: column schemas and frames as metadata values.
Does not: which figures an asset reports.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg
import polars as pl

from seg_assets.schemas import Table


def table_metadata(table: Table) -> dict[str, Any]:
    """The definition metadata of a table's asset: its columns and its name."""
    return {"dagster/column_schema": column_schema(table), "dagster/table_name": table.name.replace("/", ".")}


def column_schema(table: Table) -> dg.TableSchema:
    """The table's columns with types and meanings, as Dagster shows them."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(name, str(column.dtype), description=column.description)
            for name, column in table.columns.items()
        ]
    )


def markdown_table(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Rows under headers as a Markdown table; pipes in values are escaped."""

    def line(values: Sequence[object]) -> str:
        return "| " + " | ".join(str(value).replace("|", "\\|") for value in values) + " |"

    return "\n".join([line(headers), line(["---"] * len(headers)), *(line(row) for row in rows)])


def frame_markdown(frame: pl.DataFrame) -> dg.MarkdownMetadataValue:
    """A small frame as a Markdown metadata value."""
    return dg.MetadataValue.md(markdown_table(frame.columns, frame.rows()))


def written(rows: int, uri: str) -> dict[str, Any]:
    """How many rows a partition holds now, and where its table lies."""
    return {"dagster/row_count": rows, "dagster/uri": uri}


def tell_partitions(context: dg.AssetExecutionContext, messages: Sequence[Mapping[str, Any]]) -> None:
    """Add what a step reported of each partition to that partition's materialization.

    messages: `partition` (key), `metadata` and, from a step that makes several assets, `asset` each; metadata under a
    name that ends in `_table` is Markdown.
    """
    for message in messages:
        metadata = {
            name: dg.MetadataValue.md(value) if name.endswith("_table") else value
            for name, value in message["metadata"].items()
        }
        context.add_asset_metadata(metadata, asset_key=message.get("asset"), partition_key=message["partition"])
