"""How well each number of segments ranks accounts that it has not learned from, with paired intervals.

Belongs here: AUC and qualified accounts of nested partitions, from one count of leaves; whether they tell anything.
Does not: growing the tree (growing.py), the ceiling (ceiling.py), which months are which (months.py).

A tree's partitions are nested: each is a union of the finest one's leaves. So accounts are counted by leaf once, by
family for the bootstrap, and every partition is a sum over leaves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seg_assets.segmentation.balance import Matrix
from seg_assets.segmentation.lift import SHRINKAGE, Interval, attainable_share, auc_of_counts

Codes = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]
Vector = npt.NDArray[np.float64]

DRAWS = 400
INTERVAL = (0.025, 0.975)
# Marketing reaches a fifth of the accounts: what a further segment adds is counted there.
REACHED = 0.2
STEPS = 1_001


@dataclass(frozen=True, eq=False)
class LeafCounts:
    """Other and converted accounts by leaf. seen: (leaves, 2); drawn: (draws, leaves, 2), of resampled families."""

    seen: Matrix
    drawn: npt.NDArray[np.float64]

    @classmethod
    def of(
        cls, leaf: Codes, converted: Flags, families: Codes, leaves: int, *, seed: int, draws: int = DRAWS
    ) -> LeafCounts:
        """leaf, converted, families: (n,). Whole families are drawn, because their outcomes are not independent.

        Source: cluster bootstrap, Cameron, Gelbach, Miller 2008.
        """
        from scipy.sparse import csr_array

        cell = 2 * leaf + converted
        _, family = np.unique(families, return_inverse=True)
        count = int(family.max()) + 1 if len(family) else 0
        table = csr_array((np.ones(len(cell)), (cell, family)), shape=(2 * leaves, count))
        seen = np.asarray(table.sum(axis=1)).reshape(leaves, 2)
        random = np.random.default_rng(seed)
        drawn = [table @ np.bincount(random.integers(0, count, count), minlength=count) for _ in range(draws)]
        return cls(seen, np.array(drawn, dtype=np.float64).reshape(draws, leaves, 2))


@dataclass(frozen=True, eq=False)
class Prospect:
    """One partition. auc: of its rates, learned before; reached: qualified accounts among the best fifth, as a share
    of all qualified ones; draws: (draws,) the AUC of each resampling, for paired differences.
    """

    auc: Interval
    reached: float
    draws: Vector


def prospects(learned: Matrix, judged: LeafCounts, partitions: Codes) -> tuple[Prospect, ...]:
    """Each partition's ranking of the judged accounts by the rates of the learned ones.

    learned: (leaves, 2) others and converted, of the accounts that rates are learned from; partitions: (partitions,
    leaves) the segment that each leaf is part of.
    """
    return tuple(_prospect(learned, judged, segment_of) for segment_of in partitions)


def difference(one: Prospect, other: Prospect) -> Interval:
    """The AUC of `one` less that of `other`, with the paired interval."""
    return _interval(one.auc.value - other.auc.value, one.draws - other.draws)


def _prospect(learned: Matrix, judged: LeafCounts, segment_of: Codes) -> Prospect:
    member = np.eye(int(segment_of.max()) + 1)[segment_of]
    rates = shrunk_rates(member.T @ learned)
    order = np.argsort(rates, kind="stable")
    # Segments of one rate cannot be ranked: they count as one.
    _, tie = np.unique(rates[order], return_inverse=True)
    merged = np.eye(int(tie.max()) + 1)[tie]
    counts = merged.T @ (member.T @ judged.seen)[order]
    drawn = np.einsum("ts,dsc->dtc", merged.T, np.einsum("sl,dlc->dsc", member.T, judged.drawn)[:, order])
    draws = np.array([auc_of_counts(draw[:, 1], draw[:, 0]) for draw in drawn])
    value = auc_of_counts(counts[:, 1], counts[:, 0])
    return Prospect(_interval(value, draws), _reached(counts), draws)


def shrunk_rates(counts: Matrix) -> Vector:
    """(segments,) conversion rates, drawn to the rate of all by 30 accounts' worth. counts: others and converted."""
    total = counts.sum(axis=0)
    rate = total[1] / max(total.sum(), 1.0)
    rates: Vector = (counts[:, 1] + SHRINKAGE * rate) / (counts.sum(axis=1) + SHRINKAGE)
    return rates


def _reached(counts: Matrix) -> float:
    """The share of converted accounts in the best fifth of all, the last segment by its share; counts: worst first."""
    left, found = REACHED * counts.sum(), 0.0
    for others, converted in counts[::-1]:
        size = others + converted
        if size <= 0:
            continue
        part = min(1.0, left / size)
        found, left = found + part * converted, left - part * size
        if left <= 0:
            break
    total = counts[:, 1].sum()
    return float(found / total) if total else 0.0


def difference_by_chance(counts: Matrix, *, seed: int, permutations: int = 199) -> float:
    """How often labels that say nothing differ as much between segments: a p value, 1 / 200 at least.

    counts: (segments, 2) others and converted. Statistic: the sum of (converted - expected)^2 / expected over segments
    (Pearson 1900); permuted labels are multivariate hypergeometric draws; p by Phipson, Smyth 2010.
    """
    sizes = counts.sum(axis=1).astype(np.int64)
    hits = int(counts[:, 1].sum())
    if hits == 0 or hits == sizes.sum():
        return 1.0
    expected = sizes * hits / sizes.sum()

    def statistic(converted: npt.NDArray[np.number]) -> float:
        kept = expected > 0
        return float((((converted - expected)[kept]) ** 2 / expected[kept]).sum())

    observed = statistic(counts[:, 1])
    draws = np.random.default_rng(seed).multivariate_hypergeometric(sizes, hits, size=permutations, method="marginals")
    return (1 + sum(statistic(draw) >= observed for draw in draws)) / (1 + permutations)


def ranked_draws(
    scores: Vector, converted: Flags, families: Codes, *, seed: int, draws: int = DRAWS
) -> tuple[Interval, Vector]:
    """The AUC of `scores` (n,), and that of each resampling: the same ones as LeafCounts draws from the same rows.

    Scores are ranked in a thousand steps.
    """
    steps = np.unique(np.quantile(scores, np.linspace(0, 1, STEPS)[1:-1]))
    counts = LeafCounts.of(np.searchsorted(steps, scores), converted, families, len(steps) + 1, seed=seed, draws=draws)
    found = np.array([auc_of_counts(draw[:, 1], draw[:, 0]) for draw in counts.drawn])
    return _interval(auc_of_counts(counts.seen[:, 1], counts.seen[:, 0]), found), found


def shares_of(prospect: Prospect, ceiling: Interval, ceiling_draws: Vector) -> Interval | None:
    """The share of attainable lift with its paired interval; None where the ceiling is below 0.60."""
    share = attainable_share(prospect.auc.value, ceiling.value)
    if share is None:
        return None
    return _interval(share, (prospect.draws - 0.5) / np.maximum(ceiling_draws - 0.5, 1e-9))


def _interval(value: float, draws: Vector) -> Interval:
    low, high = np.quantile(draws, INTERVAL)
    return Interval(float(value), float(low), float(high))
