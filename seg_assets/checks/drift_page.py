"""Evidently's page of a drifted week: one drawing a feature, in the champion's transform.

Belongs here: the sample, the list of metrics, the page as HTML. Does not: the verdict, which exact figures give
(drift.py): Evidently drops missing values, and takes seconds for a sample where they take less than one for all rows.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from seg_assets.catalogs import Kind
from seg_assets.segmentation.monitoring.counts import Column
from seg_assets.segmentation.sampling import hash_sample

ROWS = 20_000
"""Rows of the baseline and of the week together."""


def drift_page(baseline: pl.LazyFrame, current: pl.LazyFrame, columns: Sequence[Column], slices: Sequence[str]) -> str:
    """HTML with a ValueDrift of every one of `columns` that both snapshots have values of.

    An explicit list, no preset: presets compute each figure three times. Raises ValueError where no feature is left.
    """
    from evidently import DataDefinition, Dataset, Report
    from evidently.metrics import ValueDrift

    asked = ["account_id", *slices, *(gate for c in columns for gate in (c.name, c.gate) if gate is not None)]
    read = [one.select(list(dict.fromkeys(asked))) for one in (baseline, current)]
    sides = [_sides(sample(one, slices, ROWS // 2), columns) for one in read]
    usable = [c for c in columns if all(side[c.name].drop_nulls().len() for side in sides)]
    if not usable:
        raise ValueError("no feature has values in both snapshots; land them again")
    numeric = [c.name for c in usable if c.kind in (Kind.NUMERIC, Kind.ORDINAL)]
    other = [c.name for c in usable if c.name not in numeric]
    definition = DataDefinition(numerical_columns=numeric, categorical_columns=other)
    reference, now = (
        Dataset.from_pandas(side.select(numeric + other).to_pandas(), data_definition=definition) for side in sides
    )
    metrics = [ValueDrift(column=name, method="wasserstein", threshold=0.1) for name in numeric]
    metrics += [ValueDrift(column=name, method="jensenshannon", threshold=0.1) for name in other]
    page: str = Report(metrics).run(now, reference).get_html_str(as_iframe=False)
    return page


def sample(snapshot: pl.LazyFrame, slices: Sequence[str], rows: int) -> pl.DataFrame:
    """At most `rows` accounts, every combination of slices with its share of `snapshot`, by hash of ids."""
    ids = snapshot.select("account_id", *slices).collect()
    if ids.height <= rows:
        return snapshot.collect()
    strata = ids.partition_by(slices, maintain_order=True) if slices else [ids]
    chosen = pl.concat([hash_sample(stratum, stratum.height * rows // ids.height) for stratum in strata])
    return snapshot.join(chosen.lazy().select("account_id"), on="account_id", how="semi").collect(engine="streaming")


def _sides(snapshot: pl.DataFrame, columns: Sequence[Column]) -> pl.DataFrame:
    """One side of the comparison: ordered features standardised, others as text, null where not applicable."""
    found = []
    for column in columns:
        plain = column.scale is None or column.kind is Kind.BOOLEAN
        value = pl.col(column.name).cast(pl.String) if plain or column.scale is None else column.scale.standardised()
        if column.gate is not None:
            value = pl.when(pl.col(column.gate).fill_null(True)).then(value)
        found.append(value.alias(column.name))
    return snapshot.select(found)
