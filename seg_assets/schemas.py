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
    """A column's type and what it says, with its unit. sensitive: it names an account or a person, or holds what must
    not be seen by everyone who may see the table.
    """

    dtype: pl.DataType | type[pl.DataType]
    description: str
    sensitive: bool = False


@dataclass(frozen=True)
class Table:
    """A Delta table: its path below the lakehouse, its columns, and the one it is partitioned by."""

    name: str
    columns: Mapping[str, Column]
    partition_column: str | None = None
    open_ended: bool = False
    """Whether further columns may follow (the fitted coordinates of a feature table)."""
    description: str = ""
    """What a row is, or what the table tells, in a sentence."""

    @property
    def schema(self) -> pl.Schema:
        return pl.Schema({name: column.dtype for name, column in self.columns.items()})


ACCOUNT_ID = Column(pl.String, "The account", sensitive=True)
SNAPSHOT_DATE = Column(pl.Date, "The Monday")
SERVICE_MONTH = Column(pl.Date, "The month that the model serves")
DEFINITION_VERSION = Column(pl.String, "Which definitions: service month and attempt")

PROMOTIONS = Table(
    "promotions",
    {
        "service_month": SERVICE_MONTH,
        "definition_version": Column(pl.String, "The version that this row is about"),
        "action": Column(pl.String, "promote, reject or rollback"),
        "by": Column(pl.String, "automatic, or a person's name", sensitive=True),
        "at": Column(TIMESTAMP, "When it was decided"),
        "reason": Column(pl.String, "Why, in a sentence"),
        "from_version": Column(pl.String, "The champion before; null for the first"),
        "to_version": Column(pl.String, "The champion after"),
    },
    description="Which definitions serve from which month on, who decided it and why; rows are only added",
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
    description="The models that refreshes fitted: their figures, and all that scoring needs",
)

SEGMENT_COUNT_REPORT = Table(
    "segment_count_report",
    {
        "service_month": SERVICE_MONTH,
        "k": Column(pl.Int64, "How many segments"),
        "chosen": Column(pl.Boolean, "Whether it was chosen"),
        "state": Column(pl.String, "pass, warn or block: the worst of its gates"),
        "kind": Column(pl.String, "natural, reproducible or constructed, all segments together"),
        "worst_jaccard": Column(pl.Float64, "Bootstrap Jaccard of the segment that fares worst"),
        "worst_jaccard_low": Column(pl.Float64, "Lower end of its 95 % interval"),
        "worst_jaccard_high": Column(pl.Float64, "Upper end of its 95 % interval"),
        "worst_jaccard_null": Column(pl.Float64, "95th percentile in populations without groups"),
        "agreement": Column(pl.Float64, "Adjusted Rand index of refits on disjoint halves, mean"),
        "agreement_low": Column(pl.Float64, "Its 5th percentile over splits"),
        "agreement_null": Column(pl.Float64, "95th percentile of the mean in populations without groups"),
        "prediction_strength": Column(pl.Float64, "Prediction strength, mean over splits"),
        "prediction_strength_low": Column(pl.Float64, "Lower end of its 95 % interval"),
        "prediction_strength_high": Column(pl.Float64, "Upper end of its 95 % interval"),
        "prediction_strength_null": Column(pl.Float64, "95th percentile in populations without groups"),
        "explained_variance": Column(pl.Float64, "Share of the variance of the standardised indices between segments"),
        "explained_of_free": Column(pl.Float64, "The same, relative to free k-means with as many clusters"),
        "silhouette": Column(pl.Float64, "Mean silhouette, -1 to 1"),
        "silhouette_low": Column(pl.Float64, "Lower end of its 95 % interval"),
        "silhouette_high": Column(pl.Float64, "Upper end of its 95 % interval"),
        "calinski_harabasz": Column(pl.Float64, "More is more compact"),
        "davies_bouldin": Column(pl.Float64, "Less is more compact"),
        "gap": Column(pl.Float64, "Gap statistic of free k-means with as many clusters"),
        "gap_error": Column(pl.Float64, "Its standard error"),
        "churn": Column(pl.Float64, "Share of accounts that the refresh alone would move; null without a champion"),
        "auc": Column(pl.Float64, "AUC of segment rates on the months that select; null where history is too short"),
        "auc_low": Column(pl.Float64, "Lower end of its 95 % interval"),
        "auc_high": Column(pl.Float64, "Upper end of its 95 % interval"),
        "lift_share": Column(pl.Float64, "Share of attainable lift on those months"),
        "lift_share_low": Column(pl.Float64, "Lower end of its 95 % interval"),
        "lift_share_high": Column(pl.Float64, "Upper end of its 95 % interval"),
        "qualified_reached": Column(pl.Float64, "Share of qualified accounts among the best fifth of accounts"),
        "qualified_added": Column(
            pl.Float64, "Qualified accounts of a snapshot that the last further segment brings into the best fifth"
        ),
        "plays": Column(pl.Int64, "How many different plays the segments need"),
        "smallest_accounts": Column(pl.Int64, "Accounts of the smallest segment"),
        "smallest_share": Column(pl.Float64, "Share of accounts of the smallest segment"),
        "smallest_arr_share": Column(pl.Float64, "Share of ARR of the segment with least"),
        "fewest_conversions": Column(pl.Int64, "Conversions of the segment with fewest"),
        "conditions": Column(pl.Int64, "Conditions of all definitions together"),
        "most_conditions": Column(pl.Int64, "Conditions of the longest definition"),
        "intent_share": Column(pl.Float64, "Intent's share of the variance between segments; null without an index"),
        "largest_group": Column(pl.String, "The group of features that makes most of the variance between segments"),
        "largest_group_share": Column(pl.Float64, "Its share"),
        "gates": Column(
            pl.List(pl.Struct({"gate": pl.String, "state": pl.String, "seen": pl.String, "limit": pl.String})),
            "Every gate: what was seen, what is asked",
        ),
        "segments": Column(
            pl.List(
                pl.Struct(
                    {
                        "definition_sql": pl.String,
                        "accounts": pl.Int64,
                        "jaccard": pl.Float64,
                        "jaccard_low": pl.Float64,
                        "jaccard_high": pl.Float64,
                        "jaccard_null": pl.Float64,
                        "kind": pl.String,
                    }
                )
            ),
            "Every segment: how well it comes back, and in populations without groups",
        ),
        "sentence": Column(pl.String, "Why the chosen number; the same in every row"),
        "history": Column(pl.String, "Which months fitted, selected and judged, or why none could"),
        "verdict_auc": Column(pl.Float64, "AUC of the chosen number on the months that judge; null for others"),
        "verdict_auc_low": Column(pl.Float64, "Lower end of its 95 % interval"),
        "verdict_auc_high": Column(pl.Float64, "Upper end of its 95 % interval"),
        "verdict_lift_share": Column(pl.Float64, "Share of attainable lift there"),
        "verdict_lift_share_low": Column(pl.Float64, "Lower end of its 95 % interval"),
        "verdict_lift_share_high": Column(pl.Float64, "Upper end of its 95 % interval"),
        "verdict_ceiling": Column(pl.Float64, "AUC there of the best model on all features"),
        "verdict_auc_without_intent": Column(pl.Float64, "AUC there of as many segments that intent did not guide"),
        "verdict_auc_within_intent": Column(pl.List(pl.Float64), "AUC there within fifths of intent, lowest first"),
        "sampled": Column(pl.String, "What was measured on how many accounts"),
    },
    partition_column="service_month",
    description="Why a refresh chose its number of segments: every number that was judged, with its gates",
)

FEATURE_REFERENCES = Table(
    "feature_references",
    {
        "data_month": Column(pl.Date, "The month whose training snapshot set the reference"),
        "set_at": Column(TIMESTAMP, "When"),
        "by": Column(pl.String, "first refresh, or reset by a person", sensitive=True),
        "catalogue": Column(pl.String, "Hash of the features, groups and indices it was set with"),
        "reference": Column(pl.String, "Bounds, transforms and index formulas, as JSON"),
    },
    description="Bounds and formulas that indices are frozen on",
)

PREPROCESSORS = Table(
    "preprocessors",
    {
        "data_month": Column(pl.Date, "The month whose training snapshot it was fitted on"),
        "trained_on": Column(pl.Date, "The training snapshot"),
        "preprocessor": Column(pl.String, "Levels, encodings and group weights, as JSON"),
    },
    partition_column="data_month",
    description="Levels, encodings and weights that a month's features were transformed with",
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
        "eligible": Column(pl.Int64, "Eligible account-snapshots that the rate is of; null without labels"),
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
        "sibling_segment_id": Column(pl.String, "The segment it is most easily taken for; null where it is alone"),
        "sibling_differences": Column(pl.List(pl.String), "What differs most from that sibling, in units"),
        "typical_accounts": Column(
            pl.List(pl.String), "account_id of the accounts nearest to the segment's centre", sensitive=True
        ),
        "tests": Column(
            pl.List(pl.Struct({"test": pl.String, "passed": pl.Boolean, "figure": pl.Float64, "says": pl.String})),
            "Measurable, accessible, substantial, differentiable, actionable; passed is null where it cannot be told",
        ),
        "same_rate_other_need": Column(
            pl.List(pl.Struct({"segment_id": pl.String, "says": pl.String})),
            "Segments that convert alike but differ in two indices or more and have another play",
        ),
        "definition_version": DEFINITION_VERSION,
    },
    partition_column="service_month",
    description="The segment book: every segment's name, definition, size, conversion and play",
)

STABILITY_REPORT = Table(
    "stability_report",
    {
        "service_month": SERVICE_MONTH,
        "figure": Column(pl.String, "What was measured: moved_by_behaviour, half_life, threshold_drift, ..."),
        "segment_id": Column(pl.String, "The segment that the figure is about; null for all of them"),
        "value": Column(pl.Float64, "The figure, in its unit; null where there is none, and `says` tells why"),
        "low": Column(pl.Float64, "Lower end of the 95 % interval; null where the figure is exact"),
        "high": Column(pl.Float64, "Upper end of the 95 % interval; null where exact, or without an end"),
        "unit": Column(pl.String, "Unit of the figure; of a threshold that of its feature"),
        "says": Column(pl.String, "The figure in a sentence"),
    },
    partition_column="service_month",
    description="How steady a month's segments are: movements by cause, half-life, drift of thresholds",
)

SEGMENT_MIGRATIONS = Table(
    "segment_migrations",
    {
        "service_month": SERVICE_MONTH,
        "kind": Column(
            pl.String,
            "Why: behaviour (same definitions, two snapshots), definition (same snapshot, two sets of definitions), "
            "new (not in the training snapshot before) or lost (only there)",
        ),
        "from_segment_id": Column(pl.String, "The segment before; null for new accounts"),
        "to_segment_id": Column(pl.String, "The segment after, the same for those that stayed; null for lost accounts"),
        "accounts": Column(pl.Int64, "Accounts"),
        "arr": Column(pl.Float64, "Their ARR, USD a year; of lost accounts what it was; null without a value feature"),
    },
    partition_column="service_month",
    description="How many accounts went from which segment to which between two models, and why",
)

SEGMENT_EVENTS = Table(
    "segment_events",
    {
        "service_month": SERVICE_MONTH,
        "event": Column(
            pl.String,
            "survived (in one segment that holds 0.7 of it), changed (the id lives on with less), split (0.3 each, 0.7 "
            "together), merged, died or born",
        ),
        "from_segment_ids": Column(pl.List(pl.String), "The segments before; empty for a birth"),
        "to_segment_ids": Column(pl.List(pl.String), "The segments after; empty for a death"),
        "accounts": Column(pl.Int64, "Accounts that went along; of a death or birth all of the segment's"),
        "arr": Column(pl.Float64, "Their ARR, USD a year; null without a value feature"),
        "share": Column(
            pl.Float64,
            "Those accounts over the accounts before; of a death the most that one segment holds, of a birth its share "
            "of all accounts",
        ),
        "says": Column(pl.String, "The event in a sentence"),
    },
    partition_column="service_month",
    description="What became of each segment at a refresh: survived, split, merged, born, died",
)

SEGMENT_SCORES = Table(
    "segment_scores",
    {
        "account_id": ACCOUNT_ID,
        "snapshot_date": SNAPSHOT_DATE,
        "segment_id": Column(pl.String, "The account's segment, as it is shown"),
        "segment_name": Column(pl.String, "Its name"),
        "rule_segment_id": Column(pl.String, "The segment by the conditions alone"),
        "held": Column(pl.Boolean, "Whether the account is held at a border"),
        "confidence": Column(
            pl.Float64,
            "Probability that the rule segment at the next scoring is segment_id; not a probability of conversion. "
            "Null where the model had no earlier snapshot to calibrate on, and where a person set another segment",
        ),
        "second_segment_id": Column(
            pl.String,
            "The nearest other segment; where the account is held or a person set it elsewhere, its rule segment; "
            "null where none is near",
        ),
        "reasons": Column(
            pl.List(pl.String),
            "What the segment asks, with the account's values; whether it is held or set by a person",
            sensitive=True,
        ),
        "unusual": Column(pl.Boolean, "Whether several features lie beyond what the reference held"),
        "labels": Column(pl.List(pl.String), "Overlapping flags, the most important first"),
        "action": Column(pl.String, "What marketing does: the action of a label or of the segment; null for neither"),
        "action_from": Column(pl.String, "The label whose action it is, or `segment`; null without an action"),
        "action_reason": Column(pl.String, "Why that one: what else has an action, and in which order"),
        "definition_version": DEFINITION_VERSION,
        "before_first_model": Column(pl.Boolean, "Scored by the first champion, which is later than the week"),
        "override_owner": Column(pl.String, "Who set the account to segment_id; null where nobody did", sensitive=True),
        "override_reason": Column(pl.String, "Why; null where nobody did"),
        "override_until": Column(pl.Date, "The last day of weeks that it is for; null where nobody did"),
    },
    partition_column="snapshot_date",
    description="Every account's segment of a week, with confidence, reasons, labels and action",
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
        "problems": Column(pl.List(pl.String), "What was wrong, one sentence each, with examples", sensitive=True),
        "read_at": Column(TIMESTAMP, "When"),
    },
    description="Every reading of a week of a source: rows found, accepted and set aside",
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
    told = "All accounts of a week with all features, as landed and checked"
    return Table("account_snapshots", columns, "snapshot_date", description=told)


def account_features(catalogue: Catalogue) -> Table:
    """One row an account of a training snapshot: its indices, then its fitted coordinates (`x_...`)."""
    columns = {
        "account_id": ACCOUNT_ID,
        "data_month": Column(pl.Date, "The month of the data"),
        "snapshot_date": SNAPSHOT_DATE,
    }
    columns |= {index.name: Column(pl.Float64, f"{index.title}, 0 to 100") for index in catalogue.indices}
    told = "A month's training snapshot: indices and fitted coordinates of every account"
    return Table("account_features", columns, "data_month", open_ended=True, description=told)


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
    return Column(feature_dtype(catalogue, name), feature.description + unit, feature.sensitive)
