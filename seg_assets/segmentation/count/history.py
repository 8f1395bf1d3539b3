"""What matured outcomes say about each number of segments: learned on some, chosen on later ones, judged on the last.

Belongs here: splitting outcomes, and the procedure with k segments carried out on the part to fit and applied to later
parts. Does not: the split of months (months.py), the measures (prospects.py), the choice (choose.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from seg_assets.catalogs import Catalogue
from seg_assets.segmentation.balance import Matrix
from seg_assets.segmentation.ceiling import ceiling
from seg_assets.segmentation.count.leaves import Partition, finest, leaf_of, partitions_of
from seg_assets.segmentation.count.months import split_months
from seg_assets.segmentation.count.prospects import (
    Flags,
    LeafCounts,
    Prospect,
    Vector,
    difference,
    difference_by_chance,
    prospects,
    ranked_draws,
    shares_of,
    shrunk_rates,
)
from seg_assets.segmentation.growing import Grown, KnownIntent, grow
from seg_assets.segmentation.indices import IndexSet
from seg_assets.segmentation.intent.cross_fit import fit_intent_on
from seg_assets.segmentation.intent.index import INTENT
from seg_assets.segmentation.intent.rows import TrainingRows, family_codes, training_rows
from seg_assets.segmentation.lift import Interval, auc_within, quintiles
from seg_assets.segmentation.outcomes import CONVERTED, Outcomes
from seg_assets.segmentation.preprocess import Preprocessor
from seg_assets.segmentation.reference import Reference
from seg_assets.segmentation.sampling import hash_sample, hash_sample_of

JUDGED_ROWS = 200_000
ORDERED_PARTS = (0.6, 0.8)


@dataclass(frozen=True)
class History:
    """Matured outcomes in three parts. population: all accounts to grow segments on; says: which parts these are."""

    fit: Outcomes
    select: Outcomes
    verdict: Outcomes
    population: pl.LazyFrame
    says: str


def split_history(outcomes: Outcomes | None, accounts: pl.LazyFrame, catalogue: Catalogue) -> History | str:
    """The three parts in time; a sentence where there is too little history for them.

    accounts: all accounts at the outcomes' snapshots, eligible or not. Outcomes that landed with the accounts are split
    by the catalogue's `order_column`; without one there is no time to split them by.
    """
    if outcomes is None:
        return "no conversions have matured"
    if outcomes.snapshots:
        days = catalogue.objective.horizon_days + catalogue.outcome_lag_days
        months = split_months(outcomes.snapshots, days)
        if months is None:
            return (
                f"{len(outcomes.snapshots)} matured month-ends are too few to fit, select and judge {days} days apart"
            )
        parts = [
            Outcomes(outcomes.frame.filter(pl.col("snapshot_date").is_in(list(part))), part)
            for part in (months.fit, months.select, months.verdict)
        ]
        said = "; ".join(
            f"{what} on {', '.join(str(day) for day in part.snapshots)}"
            for what, part in zip(("fitted", "selected", "judged"), parts, strict=True)
        )
        population = accounts.filter(pl.col("snapshot_date") == months.fit[-1])
        return History(parts[0], parts[1], parts[2], population, said)
    if catalogue.order_column is None:
        return "outcomes without a time cannot be split into what fits and what selects"
    return _ordered(outcomes, accounts, catalogue.order_column)


def _ordered(outcomes: Outcomes, accounts: pl.LazyFrame, order: str) -> History:
    place = pl.col(order)
    ends = accounts.select(place.quantile(share).alias(str(share)) for share in ORDERED_PARTS).collect().row(0)
    inside = (place < ends[0], (place >= ends[0]) & (place < ends[1]), place >= ends[1])
    parts = [replace(outcomes, frame=outcomes.frame.filter(part)) for part in inside]
    said = f"fitted, selected and judged on 60, 20 and 20 % by {order}"
    return History(parts[0], parts[1], parts[2], accounts.filter(inside[0]), said)


@dataclass(frozen=True, eq=False)
class Ranking:
    """One number of segments on one part. share: of attainable lift; by_chance: p value that segments do not differ;
    conversions_a_snapshot: of all accounts judged, sampled or not.
    """

    prospect: Prospect
    share: Interval | None
    by_chance: float
    conversions_a_snapshot: float


@dataclass(frozen=True, eq=False)
class Verdict:
    """The chosen number on the months that judge it. ceiling: AUC of the best model; without_intent: AUC of as many
    segments that intent has not guided; within_quintiles: AUC among accounts of like intent, lowest fifth first, empty
    without an index; accounts, conversions: judged.
    """

    ranking: Ranking
    ceiling: Interval
    without_intent: Interval
    within_quintiles: tuple[float, ...]
    accounts: int
    conversions: int


@dataclass(frozen=True, eq=False)
class Family:
    """Nested partitions of one tree. finest: into all its leaves; learned: (leaves, 2) others and converted that
    rates are learned from.
    """

    finest: Partition
    partitions: tuple[Partition, ...]
    learned: Matrix

    def at(self, count: int) -> Partition:
        """The partition into `count` segments, or into as many as there are."""
        return next((p for p in self.partitions if p.count == count), self.partitions[-1])

    def prospects(
        self, judged: pl.DataFrame, partitions: Sequence[Partition], seed: int
    ) -> tuple[tuple[Prospect, ...], LeafCounts]:
        """How `partitions` rank the accounts of `judged`, which has indices."""
        leaf = leaf_of(judged, self.finest)
        counts = LeafCounts.of(leaf, _converted(judged), family_codes(judged), self.finest.count, seed=seed)
        return prospects(self.learned, counts, np.array([p.segment_of for p in partitions])), counts


@dataclass(frozen=True, eq=False)
class JudgedAccounts:
    """frame: eligible accounts with indices and outcome; taken: the share of accounts that were drawn; scores: (n,) of
    the best model, which is the ceiling.
    """

    frame: pl.DataFrame
    taken: float
    scores: Vector

    @property
    def conversions_a_snapshot(self) -> float:
        """How many convert of all accounts of a snapshot, drawn or not."""
        return float(_converted(self.frame).sum() / self.taken / self.frame["snapshot_date"].n_unique())

    def attainable(self, seed: int) -> tuple[Interval, Vector]:
        """The AUC of the best model, and its draws."""
        return ranked_draws(self.scores, _converted(self.frame), family_codes(self.frame), seed=seed)


@dataclass(frozen=True, eq=False)
class Rehearsal:
    """The procedure as it would have been carried out when the part to fit was all that was known.

    guided, blind: segments with and without intent, the same where there is no index; select, judge: accounts of
    later months, that choose and that judge the choice.
    """

    guided: Family
    blind: Family
    select: JudgedAccounts
    judge: JudgedAccounts

    def guidance(self, count: int, seed: int) -> Interval:
        """What intent adds to the AUC of `count` segments on the months that select, with the paired interval."""
        frame = self.select.frame
        (guided,), _ = self.guided.prospects(frame, [self.guided.at(count)], seed)
        (blind,), _ = self.blind.prospects(frame, [self.blind.at(count)], seed)
        return difference(guided, blind)

    def unguided(self) -> Rehearsal:
        """The same without intent."""
        select, judge = (replace(part, frame=part.frame.drop(INTENT)) for part in (self.select, self.judge))
        return replace(self, guided=self.blind, select=select, judge=judge)

    def rankings(self, seed: int) -> dict[int, Ranking]:
        """Each number of segments on the months that select."""
        top, draws = self.select.attainable(seed)
        found, counts = self.guided.prospects(self.select.frame, self.guided.partitions, seed)
        return {
            partition.count: _ranking(partition, prospect, counts, shares_of(prospect, top, draws), self.select, seed)
            for partition, prospect in zip(self.guided.partitions, found, strict=True)
        }

    def verdict(self, count: int, seed: int) -> Verdict:
        """`count` segments on the months that judge."""
        judged = self.judge.frame
        top, draws = self.judge.attainable(seed)
        partition = self.guided.at(count)
        (prospect,), counts = self.guided.prospects(judged, [partition], seed)
        (blind,), _ = self.blind.prospects(judged, [self.blind.at(count)], seed)
        return Verdict(
            ranking=_ranking(partition, prospect, counts, shares_of(prospect, top, draws), self.judge, seed),
            ceiling=top,
            without_intent=blind.auc,
            within_quintiles=self._within_quintiles(judged, partition),
            accounts=judged.height,
            conversions=int(_converted(judged).sum()),
        )

    def _within_quintiles(self, judged: pl.DataFrame, partition: Partition) -> tuple[float, ...]:
        if INTENT not in judged.columns:
            return ()
        rates = shrunk_rates(partition.members @ self.guided.learned)
        segment = partition.of(leaf_of(judged, self.guided.finest))
        fifths = quintiles(judged[INTENT].to_numpy())
        return tuple(auc_within(fifths, rates[segment], _converted(judged)).values())


def rehearse(
    history: History, catalogue: Catalogue, reference: Reference, counts: Sequence[int], usual: int, *, seed: int
) -> Rehearsal | str:
    """Segments grown and rates learned on the part to fit alone; a sentence where that has not both outcomes.

    counts: numbers of segments, rising; usual: the one by which the weight of intent is set.
    """
    rows = training_rows(history.fit)
    if rows is None:
        return "the months to fit on have not both outcomes"
    learned = fit_intent_on(rows, catalogue)
    sample = hash_sample_of(history.population)
    preprocessor = Preprocessor.fit(sample, catalogue, reference)
    sample = sample.with_columns(reference.index_expressions())
    frame = rows.frame.with_columns(reference.index_expressions())
    blind = _family(grow(sample, catalogue, preprocessor, None, None, max(counts)), frame, rows, counts)
    guided = blind
    if learned.index is not None:
        known = KnownIntent(learned.out_of_fold(sample).to_numpy(), learned.index.anchor_odds)
        weight = grow(sample, catalogue, preprocessor, None, known, usual).weight
        grown = grow(sample, catalogue, preprocessor, None, known, max(counts), weight=weight)
        guided = _family(grown, frame.with_columns(learned.out_of_fold(rows.frame)), rows, counts)
    if not guided.partitions or not blind.partitions:
        return f"accounts of the months to fit on cannot be split into {min(counts)} segments"
    indices = IndexSet(reference, learned.index)
    (select, share_to_select), (judge, share_to_judge) = (
        _drawn(part, indices) for part in (history.select, history.verdict)
    )
    scores = ceiling(rows, pl.concat([select, judge]), catalogue, seed=seed).scores
    of_select, of_judge = np.split(scores, [select.height])
    return Rehearsal(
        guided,
        blind,
        JudgedAccounts(select, share_to_select, of_select),
        JudgedAccounts(judge, share_to_judge, of_judge),
    )


def _drawn(outcomes: Outcomes, indices: IndexSet) -> tuple[pl.DataFrame, float]:
    """(all rows of as many accounts as have 200,000 of them, with indices, ordered; the share of accounts drawn)."""
    rows = outcomes.frame.select("account_id").collect()
    share = min(1.0, JUDGED_ROWS / max(rows.height, 1))
    ids = rows.unique()
    kept = hash_sample(ids, int(ids.height * share)).lazy()
    judged = outcomes.frame.join(kept, on="account_id", how="semi").with_columns(indices.expressions())
    return judged.collect(engine="streaming").sort("account_id", "snapshot_date"), share


def _family(grown: Grown, frame: pl.DataFrame, rows: TrainingRows, counts: Sequence[int]) -> Family:
    tree = finest(grown.splits)
    cell = 2 * leaf_of(frame, tree) + rows.converted
    learned: Matrix = np.bincount(cell, rows.weights, 2 * tree.count).reshape(tree.count, 2).astype(np.float64)
    return Family(tree, partitions_of(grown.splits, counts), learned)


def _ranking(
    partition: Partition,
    prospect: Prospect,
    counts: LeafCounts,
    share: Interval | None,
    judged: JudgedAccounts,
    seed: int,
) -> Ranking:
    by_chance = difference_by_chance(partition.members @ counts.seen, seed=seed)
    return Ranking(prospect, share, by_chance, judged.conversions_a_snapshot)


def _converted(judged: pl.DataFrame) -> Flags:
    found: Flags = judged[CONVERTED].to_numpy()
    return found
