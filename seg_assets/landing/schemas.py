"""Which columns a landing table has, and of which type.

Belongs here: the fixed tables of the contract, and the schema that a catalogue gives to each of its sources.
Does not: judging values (contract.py), reading tables (read.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from seg_assets.catalogs import Catalogue, Feature
from seg_assets.landing.problems import LandingError
from seg_assets.schemas import account_snapshots, feature_dtype

ACCOUNT_ID = "account_id"
SNAPSHOT_DATE = "snapshot_date"


@dataclass(frozen=True)
class Column:
    """One column: `dtype` is Float64, Boolean, String or Date; `levels` are the known values, none if any will do.

    Where `required` is false the table may lack the column; it is then all null. `sensitive`: as seg_assets.schemas.
    """

    name: str
    dtype: pl.DataType
    minimum: float | None = None
    maximum: float | None = None
    levels: tuple[str, ...] = ()
    required: bool = True
    sensitive: bool = False


@dataclass(frozen=True)
class TableSchema:
    """The columns of one source beside account_id and snapshot_date.

    `event_date` names the date column of a source of events; it is None for a snapshot source (one row an account).
    """

    source: str
    columns: tuple[Column, ...]
    event_date: str | None = None

    @property
    def polars(self) -> pl.Schema:
        """Names and dtypes of the accepted frame: account_id, snapshot_date, then the columns in order."""
        keys: dict[str, pl.DataType] = {ACCOUNT_ID: pl.String(), SNAPSHOT_DATE: pl.Date()}
        return pl.Schema(keys | {column.name: column.dtype for column in self.columns})


PIPELINE_CONVERSIONS = TableSchema(
    "pipeline_conversions", (Column("qualified_at", pl.Date()),), event_date="qualified_at"
)

REVENUE_EVENTS = TableSchema(
    "revenue_events",
    (
        Column("customer_name", pl.String(), required=False, sensitive=True),
        Column("event_date", pl.Date()),
        Column("product", pl.String(), required=False),
        Column("business_unit", pl.String(), required=False),
        Column("total_revenue", pl.Float64()),
        Column("total_gross_margin", pl.Float64(), required=False),
        Column("event_count", pl.Float64(), minimum=0, required=False),
        Column("cs_representative", pl.String(), required=False, sensitive=True),
        Column("region", pl.String(), required=False),
    ),
    event_date="event_date",
)

ACCOUNT_MASTER = TableSchema(
    "account_master",
    (
        Column("account_name", pl.String(), required=False, sensitive=True),
        Column("parent_account_id", pl.String(), required=False, sensitive=True),
        Column("status", pl.String(), levels=("active", "inactive"), required=False),
        Column("email_consent", pl.Boolean(), required=False, sensitive=True),
        Column("ads_consent", pl.Boolean(), required=False, sensitive=True),
        Column("sales_contactable", pl.Boolean(), required=False, sensitive=True),
        Column("owner", pl.String(), required=False, sensitive=True),
    ),
)

EVENT_SOURCES: dict[str, TableSchema] = {schema.source: schema for schema in (PIPELINE_CONVERSIONS, REVENUE_EVENTS)}


def schema_of(source: str, catalogue: Catalogue) -> TableSchema:
    """The schema of a snapshot source: one of the catalogue's, or account_master.

    The first source of the catalogue also lands its `outcome_column` (Boolean) and `order_column` (Float64), if named.
    Raises LandingError for a source that is neither.
    """
    names = [each.name for each in catalogue.sources]
    if source in names:
        given = extra_columns(catalogue) if source == names[0] else ()
        columns = tuple(_column(catalogue, feature) for feature in catalogue.of_source(source))
        return TableSchema(source, columns + given)
    if source == ACCOUNT_MASTER.source:
        return ACCOUNT_MASTER
    raise LandingError(
        f"landing/{source}: catalogue {catalogue.name} has no such snapshot source; "
        f"it has {', '.join(names)}, beside {ACCOUNT_MASTER.source}"
    )


def extra_columns(catalogue: Catalogue) -> tuple[Column, ...]:
    """The outcome and the order of a catalogue, where they are named and are no features."""
    wanted = ((catalogue.outcome_column, pl.Boolean()), (catalogue.order_column, pl.Float64()))
    return tuple(Column(name, dtype) for name, dtype in wanted if name and name not in catalogue.feature_names)


def account_snapshot_schema(catalogue: Catalogue) -> pl.Schema:
    """Names and dtypes of an account snapshot: keys, features in catalogue order, outcome, order, applicability."""
    return account_snapshots(catalogue).schema


def applicable_column(group: str) -> str:
    """The Boolean column of an account snapshot that says whether `group` applies to the account."""
    return f"{group}_applicable"


def _column(catalogue: Catalogue, feature: Feature) -> Column:
    return Column(
        name=feature.name,
        dtype=feature_dtype(catalogue, feature.name),
        minimum=feature.expectations.minimum,
        maximum=feature.expectations.maximum,
        levels=feature.levels + feature.unordered_levels,
        sensitive=feature.sensitive,
    )
