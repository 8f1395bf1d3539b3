"""How many values are missing, per feature and slice, now, a week before, and by the catalogue.

Belongs here: counting what is missing of what applies. Drift figures leave missing values out, so they are told here.
Does not: which share is too much (checks/missingness.py).
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from seg_assets.catalogs import Catalogue
from seg_assets.segmentation.monitoring.reading import Accounts
from seg_assets.segmentation.scaling import gate_of

SCHEMA = pl.Schema(
    {
        "feature": pl.String,
        "source": pl.String,
        "slice_key": pl.String,
        "slice_value": pl.String,
        "accounts": pl.Int64,
        "missing": pl.Int64,
        "share": pl.Float64,
        "accounts_before": pl.Int64,
        "share_before": pl.Float64,
        "allowed": pl.Float64,
    }
)


def missing_values(
    current: Accounts, before: Accounts | None, catalogue: Catalogue, slice_columns: Sequence[str] = ()
) -> pl.DataFrame:
    """A row (SCHEMA) a feature and slice; everyone has the slice key "".

    current, before: account rows (features and `<group>_applicable`). accounts: those that the feature applies to;
    allowed: the catalogue's `missing_at_most`, null where it names none; share_before is null without a week before or
    where the slice had no accounts in it.
    """
    now = _counted(current, catalogue, slice_columns)
    told = pl.DataFrame(
        {
            "feature": catalogue.feature_names,
            "source": [feature.source for feature in catalogue.features],
            "allowed": [feature.expectations.missing_at_most for feature in catalogue.features],
        },
        schema={"feature": pl.String, "source": pl.String, "allowed": pl.Float64},
    )
    keys = ["feature", "slice_key", "slice_value"]
    was = _counted(current.clear() if before is None else before, catalogue, slice_columns)
    earlier = was.select(*keys, accounts_before="accounts", share_before="share")
    joined = now.join(told, on="feature").join(earlier, on=keys, how="left")
    return joined.select(SCHEMA.names()).cast(SCHEMA).sort(keys)


def _counted(rows: Accounts, catalogue: Catalogue, slice_columns: Sequence[str]) -> pl.DataFrame:
    """feature, slice_key, slice_value, accounts, missing, share."""
    snapshot, measures = rows.lazy(), []
    for feature in catalogue.features:
        gate = gate_of(feature, catalogue)
        applies = pl.lit(True) if gate is None else pl.col(gate).fill_null(True)
        accounts = pl.len() if gate is None else applies.sum()
        missing = (pl.col(feature.name).is_null() & applies).sum()
        measures.append(pl.struct(accounts=accounts.cast(pl.Int64), missing=missing.cast(pl.Int64)).alias(feature.name))
    parts = [snapshot.select(pl.lit("").alias("slice_key"), pl.lit("").alias("slice_value"), *measures).head(1)]
    for key in slice_columns:
        by_level = snapshot.filter(pl.col(key).is_not_null()).group_by(slice_value=key).agg(*measures)
        parts.append(by_level.select(pl.lit(key).alias("slice_key"), "slice_value", *catalogue.feature_names))
    return (
        pl.concat(parts)
        .collect(engine="streaming")
        .unpivot(index=["slice_key", "slice_value"], variable_name="feature", value_name="counted")
        .unnest("counted")
        .filter(pl.col("accounts") > 0)
        .with_columns(share=pl.col("missing") / pl.col("accounts"))
    )
