"""Indices and definitions as SQL: one SELECT from account snapshots to segments, exact in every dialect.

Belongs here: syntax trees (sqlglot) that say what the Polars expressions of the package say, and their assembly.
Does not: what indices and definitions mean (scaling.py, composite.py, intent/, definitions.py). The package's own
`__init__` imports nothing from here, since scoring has no need of sqlglot.
"""

from seg_assets.segmentation.sql.held import held_sql
from seg_assets.segmentation.sql.labels import labels_sql
from seg_assets.segmentation.sql.select import select_sql

__all__ = ["held_sql", "labels_sql", "select_sql"]
