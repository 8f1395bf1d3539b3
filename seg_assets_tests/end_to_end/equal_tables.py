"""Whether two homes hold the same tables, row by row, as DuckDB reads their files.

Belongs here: comparing all tables below two folders, and which columns cannot be equal. Does not: how the tables came
about. They are not read by the project's own reader, which might be wrong in both homes alike.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
from deltalake import DeltaTable

NEVER_EQUAL = {
    "feature_references": ("set_at",),
    "landings": ("read_at",),
    "promotions": ("at",),
    "release_notes": ("at",),
    "segment_model": ("fitted_at", "model_uri"),
}
"""Columns that hold a clock, or where something lies. Everything else has to be equal."""


def tables_below(root: Path) -> set[str]:
    """The names of all Delta tables below `root`."""
    return {log.parent.relative_to(root).as_posix() for log in root.glob("**/_delta_log")}


def differences(one: Path, other: Path) -> list[str]:
    """What is not equal between the tables below two folders, a sentence a table; empty where all is."""
    names, others = tables_below(one), tables_below(other)
    found = [f"{name}: only below one of the two" for name in sorted(names ^ others)]
    with duckdb.connect() as connection:
        for name in sorted(names & others):
            sides = [_read(connection, root / name, f"side_{number}") for number, root in enumerate((one, other))]
            if sides[0] != sides[1]:
                found.append(f"{name}: columns {sorted(sides[0].items() ^ sides[1].items())}")
                continue
            columns = [column for column in sides[0] if column not in NEVER_EQUAL.get(name, ())]
            counts = [_rows_only_in(connection, columns, *order) for order in (("0", "1"), ("1", "0"))]
            if any(counts):
                unequal = [column for column in columns if _rows_only_in(connection, [column], "0", "1")]
                found.append(f"{name}: {counts[0]} rows only in one, {counts[1]} only in the other, {unequal} unequal")
    return found


def _read(connection: duckdb.DuckDBPyConnection, table: Path, name: str) -> dict[str, str]:
    """Read the rows that a table holds now into `name`; its columns with their types."""
    files = DeltaTable(str(table)).file_uris()
    reading = "read_parquet($files, hive_partitioning = true, union_by_name = true)"
    connection.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM {reading}", {"files": files})
    described = connection.execute(f"DESCRIBE {name}").fetchall()
    return {column: kind for column, kind, *_ in sorted(described)}


def _rows_only_in(connection: duckdb.DuckDBPyConnection, columns: list[str], this: str, that: str) -> int:
    """Rows, counted as often as they occur, that one side has and the other has not."""
    chosen = ", ".join(f'"{column}"' for column in columns)
    rows = f"SELECT {chosen} FROM side_{this} EXCEPT ALL SELECT {chosen} FROM side_{that}"
    ((count,),) = connection.execute(f"SELECT count(*) FROM ({rows})").fetchall()
    return int(count)
