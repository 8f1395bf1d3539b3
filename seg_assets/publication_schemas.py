"""The columns of the table of publications.

Belongs here: one Table a Delta table. Does not: the other tables (schemas.py), publishing (steps/publish.py).
"""

from __future__ import annotations

import polars as pl

from seg_assets.schemas import TIMESTAMP, Column, Table

PUBLICATIONS = Table(
    "publications",
    {
        "schema": Column(pl.String, "Where to: <catalog>.<schema> of Unity Catalog"),
        "table": Column(pl.String, "The table here"),
        "partition": Column(pl.Date, "The partition; null for a table without partitions"),
        "files": Column(pl.String, "Hash of the files that it consisted of: another one is published again"),
        "rows": Column(pl.Int64, "Rows that were published"),
        "at": Column(TIMESTAMP, "When"),
    },
    description="What was copied to Unity Catalog, partition by partition; rows are only added",
)
