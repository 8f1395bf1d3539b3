"""Between Spark's Arrow batches and frames: what functions that Spark calls take, and what they give back.

Belongs here: gathering small batches, and the types that Spark takes. Does not: what is computed of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    import pyarrow as pa


def gathered(batches: Iterator[pa.RecordBatch], rows_at_once: int) -> Iterator[pl.DataFrame]:
    """The rows of `batches`, so many or more at a time: engines hand over some thousands, and many are cheaper."""
    import pyarrow as pa

    kept: list[pa.RecordBatch] = []
    for batch in batches:
        kept.append(batch)
        if sum(one.num_rows for one in kept) >= rows_at_once:
            yield pl.DataFrame(pa.Table.from_batches(kept))
            kept = []
    if kept:
        yield pl.DataFrame(pa.Table.from_batches(kept))


def spark_arrow(frame: pl.DataFrame) -> pa.Table:
    """`frame` with the types that Spark takes: texts and lists with offsets of 32 bits."""
    import pyarrow as pa

    found = frame.to_arrow()

    def small(kind: pa.DataType) -> pa.DataType:
        if pa.types.is_large_string(kind):
            return pa.string()
        return pa.list_(small(kind.value_type)) if pa.types.is_large_list(kind) else kind

    return found.cast(pa.schema([(field.name, small(field.type)) for field in found.schema]))
