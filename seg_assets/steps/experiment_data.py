"""What an experiment is dealt and measured with: the week's accounts, the arms so far, and what became of them.

Belongs here: reading and appending rows of experiments and experiment_arms, and joining outcomes to arms.
Does not: dealing and measuring (segmentation/experiment).
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection

import polars as pl

from resources.lakehouse import Lakehouse
from seg_assets.calendar import matured_snapshots, month_of
from seg_assets.campaign_schemas import EXPERIMENT_ARMS, EXPERIMENTS
from seg_assets.catalogs import Catalogue
from seg_assets.schemas import SEGMENT_PROFILES, SEGMENT_SCORES, TIMESTAMP
from seg_assets.segmentation.experiment.assignment import ALL, Design
from seg_assets.segmentation.experiment.report import CONVERTED, EXPECTED, KNOWN
from seg_assets.segmentation.serialise import canonical_json, from_values, to_values
from seg_assets.steps.models import read_segmentation
from seg_assets.steps.refresh_data import history_from, parents_known_at

SNAPSHOTS, CONVERSIONS = "account_snapshots", "raw/pipeline_conversions"
SEGMENT = "segment_id"
START, STOP = "start", "stop"


class NotMatured(RuntimeError):
    """Outcomes that are not known yet; the message says from when on they will be."""


def read_designs(lakehouse: Lakehouse) -> dict[str, Design]:
    """Every experiment's design, as it was when it started."""
    if not lakehouse.exists(EXPERIMENTS.name):
        return {}
    # Oldest last: where two runs both started an experiment, the first of them decided.
    rows = lakehouse.scan(EXPERIMENTS.name).sort("at", descending=True).select("experiment", "design").collect()
    return {name: from_values(Design, json.loads(text)) for name, text in rows.iter_rows()}


def stopped(lakehouse: Lakehouse) -> dict[str, dt.date]:
    """The experiments that deal no more arms, and the first Monday without."""
    if not lakehouse.exists(EXPERIMENTS.name):
        return {}
    ends = lakehouse.scan(EXPERIMENTS.name).filter(pl.col("action") == STOP)
    return dict(ends.group_by("experiment").agg(pl.col("week").min()).collect().iter_rows())


def append_action(lakehouse: Lakehouse, design: Design, action: str, week: dt.date) -> None:
    """Record that an experiment starts, with its design, or stops."""
    row = {
        "experiment": design.experiment,
        "action": action,
        "week": week,
        "design": canonical_json(to_values(design)),
        "at": dt.datetime.now(dt.UTC),
    }
    lakehouse.append(EXPERIMENTS, pl.DataFrame([row], schema={**EXPERIMENTS.schema, "at": TIMESTAMP}))


def read_all_arms(lakehouse: Lakehouse, experiment: str) -> pl.DataFrame:
    """Every row of an experiment; without rows where it has dealt none."""
    if not lakehouse.exists(EXPERIMENT_ARMS.name):
        return EXPERIMENT_ARMS.schema.to_frame()
    return lakehouse.scan(EXPERIMENT_ARMS.name).filter(pl.col("experiment") == experiment).collect()


def first_arms(arms: pl.DataFrame) -> pl.DataFrame:
    """Each account once, in the first arm that it was dealt: two runs at the same time may both have written it."""
    return arms.sort("assigned_on", "arm").unique("account_id", keep="first", maintain_order=True)


def accounts_to_deal(lakehouse: Lakehouse, week: dt.date, design: Design) -> pl.DataFrame:
    """account_id, family, stratum of the week's scored accounts that the design takes. Raises TableError."""
    accounts = lakehouse.scan(SNAPSHOTS, [week])
    scores = lakehouse.scan(SEGMENT_SCORES.name, [week]).select("account_id", SEGMENT)
    asked = set(pl.sql_expr(design.who).meta.root_names()) if design.who else set()
    features = sorted((asked | set(design.stratify_by)) - {SEGMENT})
    frame = scores.join(accounts.select("account_id", *features), on="account_id", how="inner")
    if design.who:
        frame = frame.filter(pl.sql_expr(design.who).fill_null(False))
    parents = parents_known_at(lakehouse, week)
    family = pl.col("account_id")
    if parents is not None:
        frame = frame.join(parents, on="account_id", how="left")
        family = pl.coalesce("parent_account_id", "account_id")
    parts = [pl.col(name).cast(pl.String).fill_null("not known") for name in design.stratify_by]
    stratum = pl.concat_str(parts, separator=" | ") if parts else pl.lit(ALL)
    return frame.select("account_id", family.alias("family"), stratum.alias("stratum")).collect()


def measured_accounts(lakehouse: Lakehouse, catalogue: Catalogue, arms: pl.DataFrame) -> pl.DataFrame:
    """What `experiment_report` takes, of all accounts in `arms` (each once). Raises NotMatured, TableError."""
    weeks = sorted(arms["assigned_on"].unique())
    _refuse_unmatured(lakehouse, catalogue, weeks)
    horizon = dt.timedelta(days=catalogue.objective.horizon_days)
    conversions = lakehouse.scan(CONVERSIONS, lakehouse.partitions(CONVERSIONS)).select("account_id", "qualified_at")
    within = (pl.col("qualified_at") > pl.col("assigned_on")) & (
        pl.col("qualified_at") <= pl.col("assigned_on") + horizon
    )
    hits = (
        arms.lazy()
        .join(conversions, on="account_id")
        .filter(within)
        .select("account_id")
        .unique()
        .collect(engine="streaming")
    )
    known = pl.concat([_known_at(lakehouse, week) for week in weeks], how="diagonal")
    converted = pl.col("account_id").is_in(hits["account_id"].implode()).alias(CONVERTED)
    whole = arms.with_columns(converted).join(known, on=["account_id", "assigned_on"], how="left")
    numbers = [name for name in whole.columns if name.startswith(KNOWN)]
    # An index that some week's model lacked, or an account whose snapshot was landed again without it, says nothing.
    return whole.with_columns(pl.col(name).fill_null(pl.col(name).mean()).fill_null(0.0) for name in numbers)


def _known_at(lakehouse: Lakehouse, week: dt.date) -> pl.DataFrame:
    """account_id, assigned_on, expected_rate and the indices of the week's accounts, by the model that scored them."""
    scores = lakehouse.scan(SEGMENT_SCORES.name, [week]).select("account_id", SEGMENT, "definition_version").collect()
    version = scores["definition_version"][0]
    segmentation = read_segmentation(lakehouse, version)
    accounts = lakehouse.scan(SNAPSHOTS, [week]).select(
        sorted({"account_id", *segmentation.index_set.required_columns})
    )
    indices = segmentation.indices(accounts).rename({name: KNOWN + name for name in segmentation.index_set.names})
    rates = _rates_told(lakehouse, version, week)
    return (
        scores.select("account_id", SEGMENT)
        .join(rates, on=SEGMENT, how="left")
        .join(indices.collect(engine="streaming"), on="account_id", how="left")
        .with_columns(pl.lit(week).alias("assigned_on"))
        .drop(SEGMENT)
    )


def _rates_told(lakehouse: Lakehouse, version: str, week: dt.date) -> pl.DataFrame:
    """segment_id and the rate that the segment book told of it by that week, never one of later outcomes."""
    schema = {SEGMENT: pl.String, EXPECTED: pl.Float64}
    months = [month for month in lakehouse.partitions(SEGMENT_PROFILES.name) if month <= month_of(week)]
    if not months:
        return pl.DataFrame(schema=schema)
    told = lakehouse.scan(SEGMENT_PROFILES.name, months).filter(pl.col("definition_version") == version)
    newest = told.sort("service_month").group_by(SEGMENT).agg(pl.col("conversion_rate").last().alias(EXPECTED))
    return newest.collect()


def _refuse_unmatured(lakehouse: Lakehouse, catalogue: Catalogue, weeks: Collection[dt.date]) -> None:
    if catalogue.outcome_column is not None:
        raise NotMatured(
            f"the outcomes of catalogue {catalogue.name} land with the accounts, before any arm was dealt; land "
            "pipeline_conversions and leave outcome_column out"
        )
    landed = sorted(lakehouse.partitions(CONVERSIONS))
    horizon, lag = catalogue.objective.horizon_days, catalogue.outcome_lag_days
    matured = matured_snapshots(
        weeks,
        max(landed, default=dt.date.min),
        conversion_weeks=landed,
        history_from=history_from(lakehouse, landed),
        horizon_days=horizon,
        lag_days=lag,
    )
    if left := sorted(set(weeks) - set(matured)):
        known_on = left[-1] + dt.timedelta(days=horizon + max(lag, 1))
        needed = known_on + dt.timedelta(days=-known_on.weekday() % 7)
        raise NotMatured(
            f"accounts got their arms on {left[-1]}, and their outcomes of {horizon} days are known once "
            f"{CONVERSIONS} has landed for every week up to {needed}; its newest week is "
            f"{max(landed) if landed else 'not there'}"
        )
