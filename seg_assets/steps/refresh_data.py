"""What a refresh learns from: the training snapshot, the one before it, and the matured outcomes.

Belongs here: choosing and reading those partitions, as of the training snapshot and never later.
Does not: fitting (steps/fit.py).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import polars as pl

from resources.lakehouse import Lakehouse
from seg_assets.calendar import matured_snapshots, month_before, month_of
from seg_assets.catalogs import Catalogue
from seg_assets.segmentation import Preprocessor
from seg_assets.segmentation.intent.rows import FAMILY
from seg_assets.segmentation.outcomes import Outcomes, given_outcomes, matured_outcomes
from seg_assets.segmentation.stratified import Sampled, strata_expressions, stratified_sample
from seg_assets.steps.models import read_preprocessor
from seg_assets.steps.overrides import read_overrides, without_overridden


@dataclass(frozen=True)
class RefreshData:
    """The inputs of one refresh, all as of its training snapshot. history: all accounts at the outcomes' snapshots.

    Accounts whose segment a person had set are in none of snapshot, outcomes and history of the weeks when that held.
    sampled: how snapshot and previous were chosen where a population is above the catalogue's limit; None: all of it.
    population: what the sample stands for, to be counted in one pass. Outcomes and history are of all accounts.
    """

    trained_on: dt.date
    snapshot: pl.DataFrame
    previous: pl.DataFrame | None
    sampled: Sampled | None
    population: pl.LazyFrame
    preprocessor: Preprocessor
    outcomes: Outcomes | None
    history: pl.LazyFrame

    @property
    def accounts(self) -> int:
        """How many accounts the training snapshot has, also where only a sample is learned from."""
        return self.snapshot.height if self.sampled is None else self.sampled.population


def read_refresh_data(lakehouse: Lakehouse, catalogue: Catalogue, service_month: dt.date) -> RefreshData:
    """The data of the refresh of `service_month`: trained on the month before. Raises TableError where it lacks."""
    data_month = month_before(service_month)
    preprocessor, trained_on = read_preprocessor(lakehouse, data_month)
    earlier = [week for week in lakehouse.partitions("account_snapshots") if week < trained_on]
    overrides = read_overrides(lakehouse)
    population = without_overridden(lakehouse.scan("account_snapshots", [trained_on]), overrides, [trained_on])
    snapshot = population
    previous = lakehouse.scan("account_snapshots", [max(earlier)]) if earlier else None
    sampled = sample_above_limit(population, catalogue)
    if sampled is not None:
        snapshot, previous = of_sample(population, sampled), None if previous is None else of_sample(previous, sampled)
    outcomes = read_outcomes(lakehouse, catalogue, trained_on)
    labelled = outcomes.snapshots if outcomes and outcomes.snapshots else [trained_on]
    history = without_overridden(lakehouse.scan("account_snapshots", labelled), overrides, labelled)
    if outcomes is not None:
        outcomes = replace(outcomes, frame=without_overridden(outcomes.frame, overrides, labelled))
    parents = parents_known_at(lakehouse, trained_on)
    if parents is not None:
        snapshot, history = (frame.join(parents, on="account_id", how="left") for frame in (snapshot, history))
    if parents is not None and outcomes is not None:
        outcomes = replace(outcomes, frame=outcomes.frame.join(parents, on="account_id", how="left"))
    held = snapshot.collect()
    return RefreshData(
        trained_on=trained_on,
        snapshot=held,
        previous=None if previous is None else previous.collect(),
        sampled=sampled,
        population=held.lazy() if sampled is None else population,
        preprocessor=preprocessor,
        outcomes=outcomes,
        history=history,
    )


def sample_above_limit(population: pl.LazyFrame, catalogue: Catalogue) -> Sampled | None:
    """The accounts of `population` to fit on where it has more than `limits.fit_accounts_at_most`; None: all of them.

    Beyond ids only the columns that tell strata are read.
    """
    most = catalogue.limits.fit_accounts_at_most
    if population.select(pl.len()).collect(engine="streaming").item() <= most:
        return None
    strata = population.select("account_id", *strata_expressions(catalogue))
    return stratified_sample(strata.collect(engine="streaming"), most)


def of_sample(accounts: pl.LazyFrame, sampled: Sampled) -> pl.LazyFrame:
    """The rows of `accounts` that are in the sample, in their order."""
    ids = sampled.ids.rename("account_id").to_frame().lazy()
    return accounts.join(ids, on="account_id", how="semi", maintain_order="left")


def parents_known_at(lakehouse: Lakehouse, moment: dt.date) -> pl.LazyFrame | None:
    """account_id and the parent_account_id last known at `moment`; None where no account master has landed.

    One parent an account for all snapshots: a family that is learned from together must be scored together.
    """
    weeks = [week for week in lakehouse.partitions("raw/account_master") if week <= moment]
    if not weeks:
        return None
    known = lakehouse.scan("raw/account_master", weeks).select("account_id", "snapshot_date", FAMILY).drop_nulls(FAMILY)
    newest = pl.col(FAMILY).sort_by("snapshot_date").last()
    return known.group_by("account_id").agg(newest).collect(engine="streaming").lazy()


def read_outcomes(lakehouse: Lakehouse, catalogue: Catalogue, moment: dt.date) -> Outcomes | None:
    """The outcomes that are known at `moment`, a Monday that landed; None where there are none.

    Month-ends only, so that one conversion is seen from two or three snapshots at most. Nothing landed later than
    `moment` is read.
    """
    landed = [week for week in lakehouse.partitions("account_snapshots") if week <= moment]
    if catalogue.outcome_column is not None:
        given = given_outcomes(lakehouse.scan("account_snapshots", [moment]), catalogue)
        return None if given.frame.head(1).collect().is_empty() else given
    weeks = [week for week in lakehouse.partitions("raw/pipeline_conversions") if week <= moment]
    last_of_month = {month_of(week): week for week in sorted(landed)}
    snapshots = matured_snapshots(
        last_of_month.values(),
        moment,
        conversion_weeks=weeks,
        history_from=history_from(lakehouse, weeks),
        horizon_days=catalogue.objective.horizon_days,
        lag_days=catalogue.outcome_lag_days,
    )
    if not snapshots:
        return None
    accounts = lakehouse.scan("account_snapshots", snapshots)
    return matured_outcomes(accounts, lakehouse.scan("raw/pipeline_conversions", weeks), catalogue, snapshots)


def history_from(lakehouse: Lakehouse, weeks: list[dt.date]) -> dt.date | None:
    """The earliest conversion in the earliest of `weeks`, which alone may hold history; None where it has none."""
    if not weeks:
        return None
    earliest = lakehouse.scan("raw/pipeline_conversions", [min(weeks)])
    found: dt.date | None = earliest.select(pl.col("qualified_at").min()).collect().item()
    return found
