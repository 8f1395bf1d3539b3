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


def written(rows: Mapping[str, int], uri: str) -> dict[str, Any]:
    """Row counts of the partitions that a run wrote, and where they lie; partition key to rows."""
    return {"dagster/row_count": sum(rows.values()), "dagster/uri": uri, "rows": dict(rows)}
