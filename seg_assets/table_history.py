"""What a column of a table held, partition by partition: the first look of on-call at something that moved.

Belongs here: `seg show TABLE --history COLUMN`. Does not: what is wrong with it (checks/).
"""

from __future__ import annotations

import polars as pl

from resources.lakehouse import Lakehouse, TableError

MOST = 8
"""Levels of a text that have a column of their own."""


def column_history(lakehouse: Lakehouse, table: str, column: str, partitions: int) -> pl.DataFrame:
    """A row a partition, the newest last: rows, missing, different; of numbers mean, middle, largest; levels of a text.

    A table without partitions has one row. Raises TableError where the table or the column is not there.
    """
    names = lakehouse.scan(table).collect_schema().names()
    if column not in names:
        raise TableError(f"table {table} has no column {column}; there are {', '.join(names)}")
    days = sorted(lakehouse.partitions(table))[-partitions:] if lakehouse.is_partitioned(table) else [None]
    held = {day: lakehouse.scan(table, None if day is None else [day]).select(column).collect() for day in days}
    if not held:
        return pl.DataFrame()
    every = pl.concat([frame[column] for frame in held.values()])
    levels = _levels(every) if every.dtype in (pl.String, pl.Boolean) else []
    rows = [
        {"partition": "all" if day is None else str(day), **_held(frame[column], levels)} for day, frame in held.items()
    ]
    return pl.DataFrame(rows, infer_schema_length=None)


def _levels(every: pl.Series) -> list[str]:
    """The most frequent, most frequent first; a text that tells each row from the others has none."""
    counted = every.cast(pl.String).drop_nulls().value_counts()
    frequent = counted.sort("count", every.name, descending=[True, False]).head(MOST)
    return frequent[every.name].to_list() if every.n_unique() < every.len() / 2 else []


def _held(values: pl.Series, levels: list[str]) -> dict[str, object]:
    told: dict[str, object] = {"rows": len(values), "missing": values.null_count(), "different": values.n_unique()}
    if values.dtype.is_numeric():
        told |= {"mean": values.mean(), "middle": values.median(), "largest": values.max()}
    texts = values.cast(pl.String) if levels else values
    return told | {level: int((texts == level).sum()) for level in levels}


def history_text(lakehouse: Lakehouse, table: str, column: str, partitions: int, *, as_json: bool) -> str:
    """`column_history` for a screen."""
    found = column_history(lakehouse, table, column, partitions)
    if as_json:
        return found.write_json()
    with pl.Config(tbl_rows=-1, tbl_cols=-1, tbl_width_chars=200, tbl_hide_dataframe_shape=True, float_precision=3):
        return f"{table}, column {column}\n{found}"
