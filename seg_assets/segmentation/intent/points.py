"""From log odds to points that people read, and from one refresh to the next without a jump.

Belongs here: the additive log odds as a scorecard, and a new scorecard damped by the one in force.
Does not: the regression (additive_fit.py), scoring (index.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import log, log2

import numpy as np

from seg_assets.segmentation.intent.additive_fit import Additive, Design, Flags, Vector
from seg_assets.segmentation.intent.bins import FIRST, NOTHING, Bins
from seg_assets.segmentation.intent.index import NEUTRAL, POINTS_TO_DOUBLE, IntentIndex, Item

# An item whose points differ by less than this over accounts is left out: nobody needs to read it.
SMALLEST_ITEM = 0.2
# How much of what a refresh finds anew goes into force: labels of a month are few, and noise moves accounts.
DAMPING = 0.5
TENTHS = 10 * POINTS_TO_DOUBLE / log(2)


@dataclass(frozen=True)
class Population:
    """Accounts that points are worth something to: their bins, and the share of accounts in each code of each."""

    bins: tuple[Bins, ...]
    design: Design
    shares: tuple[Vector, ...]
    converted: Flags
    weights: Vector

    @classmethod
    def of(cls, bins: tuple[Bins, ...], design: Design, converted: Flags, weights: Vector) -> Population:
        """weights: (n,) how many accounts each row stands for."""
        shares = tuple(
            np.bincount(code, weights, b.size) / weights.sum() for b, code in zip(bins, design.codes, strict=True)
        )
        return cls(bins, design, shares, converted, weights)


def scorecard(blank: IntentIndex, part: Additive, population: Population) -> IntentIndex:
    """`blank` with the calibrated log odds as points against the average account; what tells most comes first."""
    bins, shares = population.bins, population.shares
    tables = [TENTHS * blank.slope * table for table in part.tables]
    base = 10 * (NEUTRAL - POINTS_TO_DOUBLE * log2(blank.anchor_odds))
    base += TENTHS * (blank.slope * part.intercept + blank.intercept)
    places = {b.feature: place for place, b in enumerate(bins)}
    # A gated feature's average goes to its gate: that the group applies is worth what its features are on average.
    for place in sorted(range(len(bins)), key=lambda place: bins[place].gate is None):
        share, gate = shares[place], bins[place].gate
        inside = np.arange(bins[place].size) != NOTHING
        mean = float((share * tables[place])[inside].sum() / max(share[inside].sum(), 1e-12))
        tables[place] = np.where(inside & (share > 0), tables[place] - mean, 0.0)
        if gate in places:
            tables[places[gate]][FIRST + 1] += mean
        else:
            base += mean
    items = [_item(b, table, share) for b, table, share in zip(bins, tables, shares, strict=True)]
    return replace(blank, base_tenths=round(base), items=_ordered(items))


def damped(challenger: IntentIndex, champion: IntentIndex, population: Population) -> IntentIndex:
    """The challenger with every point halfway to the champion's, at the level of the challenger's own population.

    Features come and go by halves; a level or a bin that the champion does not know takes its points for others. The
    level is not damped: 50 has to stand for the same odds when twice as many convert.
    """
    new = {item.bins.feature: item for item in challenger.items}
    old = {item.bins.feature: item for item in champion.items}
    items = []
    for b, share in zip(population.bins, population.shares, strict=True):
        tables = [_tenths(new.get(b.feature), b), _tenths(old.get(b.feature), b)]
        items.append(_item(b, DAMPING * tables[0] + (1 - DAMPING) * tables[1], share))
    base = DAMPING * challenger.base_tenths + (1 - DAMPING) * champion.base_tenths
    found = replace(challenger, base_tenths=round(base), items=_ordered(items))
    return replace(found, base_tenths=round(base + _level(found, population)))


def _item(bins: Bins, table: Vector, share: Vector) -> tuple[float, Item]:
    """(standard deviation of the points over accounts, the item)."""
    tenths = tuple(int(t) for t in np.round(table))
    return float(np.sqrt((share * table**2).sum())) / 10, Item(bins, tenths, tuple(round(float(s), 4) for s in share))


def _ordered(items: Sequence[tuple[float, Item]]) -> tuple[Item, ...]:
    kept = [(spread, item) for spread, item in items if spread >= SMALLEST_ITEM and any(item.tenths)]
    return tuple(item for _, item in sorted(kept, key=lambda pair: (-round(pair[0], 3), pair[1].bins.feature)))


def _tenths(item: Item | None, bins: Bins) -> Vector:
    """The item's points for each code of `bins`."""
    if item is None or (item.bins.thresholds, item.bins.gate) != (bins.thresholds, bins.gate):
        return np.zeros(bins.size)
    if not bins.levels:
        return np.array(item.tenths, dtype=np.float64)
    known: Mapping[str, int] = dict(zip(item.bins.levels, item.tenths[FIRST:], strict=False))
    levels = [known.get(level, item.tenths[-1]) for level in bins.levels]
    return np.array([*item.tenths[:FIRST], *levels, item.tenths[-1]], dtype=np.float64)


def _level(index: IntentIndex, population: Population) -> float:
    """The tenths of a point to add to every account so that as many convert as the index says."""
    tables = {item.bins.feature: np.array(item.tenths, dtype=np.float64) for item in index.items}
    tenths = np.full(len(population.converted), float(index.base_tenths))
    for b, code in zip(population.bins, population.design.codes, strict=True):
        if b.feature in tables:
            tenths += tables[b.feature][code]
    log_odds = (tenths - 10 * NEUTRAL) / TENTHS + log(index.anchor_odds)
    wanted, shift = float(population.weights @ population.converted), 0.0
    for _ in range(50):
        chance = 1 / (1 + np.exp(-log_odds - shift))
        step = (wanted - float(population.weights @ chance)) / float(population.weights @ (chance * (1 - chance)))
        shift += step
        if abs(step) < 1e-10:
            break
    return TENTHS * shift
