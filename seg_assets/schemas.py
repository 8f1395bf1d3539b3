"""The columns of every table that this project writes: names, types, meanings.

Belongs here: one Table a Delta table. Both the Delta schema and the column schema that Dagster shows come from it.
Does not: writing tables (resources/lakehouse.py), checking values (landing/contract.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from seg_assets.catalogs import Catalogue, Kind

TIMESTAMP = pl.Datetime("us", "UTC")


@dataclass(frozen=True)
class Column:
    """A column's type and what it says, with its unit."""

    dtype: pl.DataType | type[pl.DataType]
    description: str


@dataclass(frozen=True)
class Table:
    """A Delta table: its path below the lakehouse, its columns, and the one it is partitioned by."""

    name: str
    columns: Mapping[str, Column]
    partition_column: str | None = None
    open_ended: bool = False
    """Whether further columns may follow (the fitted coordinates of a feature table)."""

    @property
    def schema(self) -> pl.Schema:
        return pl.Schema({name: column.dtype for name, column in self.columns.items()})


ACCOUNT_ID = Column(pl.String, "The account")
SNAPSHOT_DATE = Column(pl.Date, "The Monday")
SERVICE_MONTH = Column(pl.Date, "The month that the model serves")
DEFINITION_VERSION = Column(pl.String, "Which definitions: service month and attempt")

PROMOTIONS = Table(
    "promotions",
    {
        "service_month": SERVICE_MONTH,
        "definition_version": Column(pl.String, "The version that this row is about"),
        "action": Column(pl.String, "promote, reject or rollback"),
        "by": Column(pl.String, "automatic, or a person's name"),
        "at": Column(TIMESTAMP, "When it was decided"),
        "reason": Column(pl.String, "Why, in a sentence"),
        "from_version": Column(pl.String, "The champion before; null for the first"),
        "to_version": Column(pl.String, "The champion after"),
    },
)

SEGMENT_MODEL = Table(
    "segment_model",
    {
        "service_month": SERVICE_MONTH,
        "definition_version": DEFINITION_VERSION,
        "trained_on": Column(pl.Date, "The training snapshot"),
        "fitted_at": Column(TIMESTAMP, "When the refresh ended"),
        "accounts": Column(pl.Int64, "Accounts in the training snapshot"),
        "segments": Column(pl.Int64, "How many segments"),
        "champion_before": Column(pl.String, "The version that the refit started from; null for the first"),
        "model_uri": Column(pl.String, "The registered MLflow model version"),
        "metrics": Column(pl.String, "Figures of the fit, as JSON"),
        "segmentation": Column(pl.String, "Everything that scoring needs, as JSON"),
    },
    partition_column="service_month",
)

FEATURE_REFERENCES = Table(
    "feature_references",
    {
        "data_month": Column(pl.Date, "The month whose training snapshot set the reference"),
        "set_at": Column(TIMESTAMP, "When"),
        "by": Column(pl.String, "first refresh, or reset by a person"),
        "catalogue": Column(pl.String, "Hash of the features, groups and indices it was set with"),
        "reference": Column(pl.String, "Bounds, transforms and index formulas, as JSON"),
    },
)

PREPROCESSORS = Table(
    "preprocessors",
    {
        "data_month": Column(pl.Date, "The month whose training snapshot it was fitted on"),
        "trained_on": Column(pl.Date, "The training snapshot"),
        "preprocessor": Column(pl.String, "Levels, encodings and group weights, as JSON"),
    },
    partition_column="data_month",
)

SEGMENT_PROFILES = Table(
    "segment_profiles",
    {
        "service_month": SERVICE_MONTH,
        "segment_id": Column(pl.String, "Stable id, never reused"),
        "name": Column(pl.String, "What the segment is called"),
        "definition": Column(pl.String, "The conditions, in words"),
        "definition_sql": Column(pl.String, "The conditions, as SQL over features and indices"),
        "accounts": Column(pl.Int64, "Accounts in the training snapshot"),
        "account_share": Column(pl.Float64, "Share of accounts, 0 to 1"),
        "arr": Column(pl.Float64, "ARR, USD a year"),
        "arr_share": Column(pl.Float64, "Share of ARR, 0 to 1"),
        "conversions": Column(pl.Int64, "Conversions within the horizon, over the matured month-end snapshots"),
        "conversion_rate": Column(pl.Float64, "Conversions over eligible account-snapshots; null without labels"),
        "conversion_low": Column(pl.Float64, "Lower end of the 95 % interval"),
        "conversion_high": Column(pl.Float64, "Upper end of the 95 % interval"),
        "index_means": Column(
            pl.List(pl.Struct({"index": pl.String, "mean": pl.Float64})), "Mean of each index, 0 to 100"
        ),
        "differences": Column(pl.List(pl.String), "What differs most from the other accounts, in units"),
        "play": Column(pl.String, "The play from the playbook"),
        "action": Column(pl.String, "What marketing does"),
        "kind": Column(pl.String, "natural, reproducible or constructed"),
        "definition_version": DEFINITION_VERSION,
    },
    partition_column="service_month",
)

SEGMENT_SCORES = Table(
    "segment_scores",
    {
        "account_id": ACCOUNT_ID,
        "snapshot_date": SNAPSHOT_DATE,
        "segment_id": Column(pl.String, "The account's segment"),
        "segment_name": Column(pl.String, "Its name"),
        "rule_segment_id": Column(pl.String, "The segment by the conditions alone"),
        "held": Column(pl.Boolean, "Whether the account is held at a border"),
        "confidence": Column(
            pl.Float64,
            "Probability that the rule segment is the same at the next scoring; not a probability of conversion. "
            "Null where the model had no earlier snapshot to calibrate on",
        ),
        "second_segment_id": Column(pl.String, "The nearest other segment; null where none is near"),
        "reasons": Column(pl.List(pl.String), "The conditions met, with the account's values"),
        "unusual": Column(pl.Boolean, "Whether several features lie beyond what the reference held"),
        "labels": Column(pl.List(pl.String), "Overlapping flags"),
        "action": Column(pl.String, "What marketing does"),
        "definition_version": DEFINITION_VERSION,
        "before_first_model": Column(pl.Boolean, "Scored by the first champion, which is later than the week"),
    },
    partition_column="snapshot_date",
)

LANDINGS = Table(
    "landings",
    {
        "source": Column(pl.String, "The landing table"),
        "snapshot_date": SNAPSHOT_DATE,
        "identity": Column(pl.String, "What the landing files looked like when they were read"),
        "landed": Column(pl.Int64, "Rows found"),
        "accepted": Column(pl.Int64, "Rows accepted"),
        "quarantined": Column(pl.Int64, "Rows put in quarantine"),
        "problems": Column(pl.List(pl.String), "What was wrong, one sentence each"),
        "read_at": Column(TIMESTAMP, "When"),
    },
)


def account_snapshots(catalogue: Catalogue) -> Table:
    """One row an account and week: all features, and for each group that may not apply whether it does."""
    columns = {"account_id": ACCOUNT_ID, "snapshot_date": SNAPSHOT_DATE}
    columns |= {feature.name: _feature_column(catalogue, feature.name) for feature in catalogue.features}
    if catalogue.outcome_column and catalogue.outcome_column not in columns:
        columns[catalogue.outcome_column] = Column(pl.Boolean, "The outcome, as landed; never a feature")
    if catalogue.order_column and catalogue.order_column not in columns:
        columns[catalogue.order_column] = Column(pl.Float64, "Order of the rows in time, for splits; never a feature")
    columns |= {
        f"{group.name}_applicable": Column(pl.Boolean, f"Whether {group.title.lower()} applies to the account")
        for group in catalogue.groups
        if group.applicable_when
    }
    return Table("account_snapshots", columns, "snapshot_date")


def account_features(catalogue: Catalogue) -> Table:
    """One row an account of a training snapshot: its indices, then its fitted coordinates (`x_...`)."""
    columns = {
        "account_id": ACCOUNT_ID,
        "data_month": Column(pl.Date, "The month of the data"),
        "snapshot_date": SNAPSHOT_DATE,
    }
    columns |= {index.name: Column(pl.Float64, f"{index.title}, 0 to 100") for index in catalogue.indices}
    return Table("account_features", columns, "data_month", open_ended=True)


def feature_dtype(catalogue: Catalogue, name: str) -> pl.DataType:
    """The type of a feature in every table: Float64, Boolean or String."""
    match catalogue.feature(name).kind:
        case Kind.NUMERIC:
            return pl.Float64()
        case Kind.BOOLEAN:
            return pl.Boolean()
        case _:
            return pl.String()


def _feature_column(catalogue: Catalogue, name: str) -> Column:
    feature = catalogue.feature(name)
    unit = f" [{feature.unit}]" if feature.unit else ""
    return Column(feature_dtype(catalogue, name), feature.description + unit)
