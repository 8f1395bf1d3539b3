"""Whether a challenger becomes champion: its figures put before the gates.

Belongs here: sizes, value and lift of a challenger, and the promotion that its gates give.
Does not: the gates (segmentation/promotion.py), storing the decision (steps/models.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from seg_assets.catalogs import Catalogue
from seg_assets.segmentation import Segmentation
from seg_assets.segmentation.comparison import against_champion
from seg_assets.segmentation.count.choose import Choice
from seg_assets.segmentation.promotion import (
    Promotion,
    champion_before,
    decide,
    decided_by_person,
    promotion_gates,
    versions_in_force,
)
from seg_assets.segmentation.scoring import SEGMENT, with_segment
from seg_assets.segmentation.stability.verdict import Gate
from seg_assets.steps.refresh_data import RefreshData


@dataclass(frozen=True)
class Sizes:
    """Accounts and value of each segment, by segment_id in segment order; no value without a value feature."""

    accounts: dict[str, int]
    value: dict[str, float]

    @property
    def shares(self) -> dict[str, float]:
        """Of all accounts, 0 to 1."""
        total = sum(self.accounts.values())
        return {segment: accounts / total for segment, accounts in self.accounts.items()}

    @property
    def value_shares(self) -> dict[str, float]:
        """Of all value, 0 to 1; empty where there is none."""
        total = sum(self.value.values())
        return {segment: value / total for segment, value in self.value.items()} if total > 0 else {}


def sizes_of(segmentation: Segmentation, population: pl.LazyFrame, catalogue: Catalogue) -> Sizes:
    """What the segments hold of `population`, in one pass; those without accounts included."""
    worth = pl.lit(0.0)
    if catalogue.value_feature is not None:
        column = pl.col(catalogue.value_feature)
        worth = pl.when(column.is_finite()).then(column).otherwise(0.0)
    indexed = population.with_columns(*segmentation.index_set.expressions(), worth.alias("__value"))
    coded = with_segment(indexed, segmentation.definitions)
    held = coded.group_by(SEGMENT).agg(pl.len(), pl.col("__value").sum()).collect(engine="streaming")
    found = {position: (accounts, value) for position, accounts, value in held.iter_rows()}
    ids = [segment.segment_id for segment in segmentation.segments]
    return Sizes(
        accounts={segment: found.get(place, (0, 0.0))[0] for place, segment in enumerate(ids)},
        value={segment: found.get(place, (0, 0.0))[1] for place, segment in enumerate(ids)}
        if catalogue.value_feature
        else {},
    )


def decided(
    catalogue: Catalogue,
    segmentation: Segmentation,
    champion: Segmentation | None,
    choice: Choice,
    sizes: Sizes,
    data: RefreshData,
    *,
    service_month: dt.date,
    version: str,
    promotions: Sequence[Promotion],
    seed: int,
) -> Promotion:
    """The decision on a challenger, to be recorded. promotions: those before it. Reads the clock for its time."""
    standing = decided_by_person(promotions, service_month)
    arrives = champion is not None and champion.intent is None and segmentation.intent is not None
    gates = promotion_gates(
        shares=sizes.shares,
        value_shares=sizes.value_shares,
        names=[segment.name for segment in segmentation.segments],
        churn=segmentation.metrics.get("churn"),
        smallest_share=catalogue.limits.smallest_share,
        smallest_value_share=catalogue.gates.smallest_value_share,
        churn_at_most=catalogue.limits.churn_at_most,
        # The first model has nothing to fall back on: without it no week could be scored.
        unstable=choice.sentence if champion is not None and choice.state is Gate.BLOCK else None,
        lift=_lift(catalogue, segmentation, champion, data, seed),
        announced="the first labels have matured, and the intent index arrives" if arrives else None,
        standing=standing,
    )
    return decide(
        service_month=service_month,
        definition_version=version,
        champion=champion_before(promotions, service_month),
        gates=gates,
        at=dt.datetime.now(dt.UTC),
        in_force=versions_in_force(promotions).get(service_month),
    )


def _lift(
    catalogue: Catalogue, segmentation: Segmentation, champion: Segmentation | None, data: RefreshData, seed: int
) -> tuple[float, float, float] | None:
    if champion is None:
        return None
    days = catalogue.objective.horizon_days + catalogue.outcome_lag_days
    found = against_champion(segmentation, champion, data.outcomes, horizon_days=days, seed=seed)
    return None if found is None else (found.value, found.low, found.high)
