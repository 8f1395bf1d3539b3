"""What each contender is worth on accounts that it has not seen, with paired intervals.

Belongs here: rates learned on the training part, lift, explained variance; averages over several splits.
Does not: making classes (contenders.py), words and columns (table.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from benchmarks.quality.contenders import GUIDED, RULES, Contender, contenders
from benchmarks.quality.populations import Population
from benchmarks.quality.splits import Split
from seg_assets.catalogs import Catalogue
from seg_assets.segmentation.ceiling import Ceiling, ceiling
from seg_assets.segmentation.clustering import explained_variance, free_clusters
from seg_assets.segmentation.indices import IndexSet
from seg_assets.segmentation.intent.rows import TrainingRows, training_rows
from seg_assets.segmentation.lift import Interval, Lift, Vector, lifts, segment_rates
from seg_assets.segmentation.model import Segmentation
from seg_assets.segmentation.outcomes import CONVERTED
from seg_assets.segmentation.sampling import hash_sample

SEED = 20_260_629
# As many as the refresh's own figure of explained variance looks at.
YARDSTICK_ROWS = 20_000


@dataclass(frozen=True)
class Judged:
    """One contender on one split. explained: variance of the standardised indices, relative to free k-means on them."""

    name: str
    count: int
    lift: Lift
    explained: float
    intent_share: float | None


@dataclass(frozen=True)
class Verdicts:
    """All contenders on one split, and on how much they were judged."""

    ceiling: Interval
    contenders: tuple[Judged, ...]
    accounts: int
    conversions: int


@dataclass(frozen=True)
class Spread:
    """A figure over several splits: its mean, the mean ends of its intervals, the least and the most that it was."""

    mean: float
    low: float
    high: float
    least: float
    most: float

    @classmethod
    def of(cls, found: Sequence[Interval]) -> Spread:
        """The interval is that of one split of this size: splits share accounts, so more of them prove no more."""
        values = [one.value for one in found]
        low, high = (float(np.mean([getattr(one, end) for one in found])) for end in ("low", "high"))
        return cls(float(np.mean(values)), low, high, min(values), max(values))


@dataclass(frozen=True)
class Line:
    """One contender on one population: a line of the table. accounts, conversions: judged in a split, on average."""

    population: str
    name: str
    count: float
    auc: Spread
    difference: Spread | None
    share: Spread | None
    explained: float
    intent_share: float | None
    ceiling: Spread
    accounts: int
    conversions: int
    splits: int


def judge_population(population: Population, count: int) -> list[Line]:
    """Every contender on every split, with `count` classes."""
    return lines(
        population.title,
        [
            judge(population, split, contenders(split, population.catalogue, population.rules, count))
            for split in population.splits()
        ],
    )


def judge(population: Population, split: Split, found: Sequence[Contender]) -> Verdicts:
    """All contenders on one split, against its ceiling."""
    scores = {one.name: one_scores(one, split) for one in found}
    rows = training_rows(split.outcomes)
    if rows is None:
        raise ValueError(f"{population.title}: all accounts that are learned from had the same outcome")
    best = ceiling_of(rows, split, population.catalogue)
    top, lifted = lifts(scores, best.scores, split.converted, split.families, baseline=RULES, seed=SEED)
    guided = next(one.segmentation for one in found if one.name == GUIDED and one.segmentation is not None)
    explained = explained_of_free(found, guided.index_set, split)
    judged = [
        Judged(one.name, one.count, lifted[one.name], explained[one.name], _intent_share(one.segmentation))
        for one in found
    ]
    return Verdicts(top, tuple(judged), split.judged.height, int(split.converted.sum()))


def ceiling_of(rows: TrainingRows, split: Split, catalogue: Catalogue) -> Ceiling:
    """The best model on all features, on one thread: on a busy machine several wait for each other."""
    with threadpool_limits(limits=1):
        return ceiling(rows, split.judged, catalogue, seed=SEED)


def one_scores(contender: Contender, split: Split) -> Vector:
    """(n,) the rate of each judged account's class, learned on matured rows and drawn to the rate of all."""
    codes, converted = [], []
    for rows in split.learned():
        codes.append(contender.classes(rows))
        converted.append(rows[CONVERTED].to_numpy())
    rates = segment_rates(np.concatenate(codes), np.concatenate(converted), contender.count)
    return rates[contender.classes(split.judged)]


def explained_of_free(found: Sequence[Contender], indices: IndexSet, split: Split) -> dict[str, float]:
    """Explained variance of the standardised indices beside free k-means with as many clusters, by contender.

    indices: of our guided segments; the accounts are those of the refresh's own figure. Not a number without indices.
    """
    if not indices.names:
        return {one.name: float("nan") for one in found}
    sample = hash_sample(split.snapshot, YARDSTICK_ROWS)
    values = sample.select(indices.expressions()).to_numpy().astype(np.float64)
    deviation = values.std(axis=0)
    points = np.round((values - values.mean(axis=0)) / np.where(deviation > 0, deviation, 1.0), 9)
    free = {
        count: explained_variance(points, free_clusters(points, count, seed=SEED).labels)
        for count in {one.count for one in found if one.count > 1}
    }
    return {
        one.name: explained_variance(points, one.classes(sample)) / free[one.count] if one.count > 1 else 0.0
        for one in found
    }


def lines(title: str, verdicts: Sequence[Verdicts]) -> list[Line]:
    """A line a contender, averaged over splits. A share is given where every split's ceiling allows one."""
    tops = Spread.of([one.ceiling for one in verdicts])
    accounts = round(float(np.mean([one.accounts for one in verdicts])))
    conversions = round(float(np.mean([one.conversions for one in verdicts])))
    found = []
    for place in range(len(verdicts[0].contenders)):
        judged = [one.contenders[place] for one in verdicts]
        found.append(
            Line(
                population=title,
                name=judged[0].name,
                count=float(np.mean([one.count for one in judged])),
                auc=Spread.of([one.lift.auc for one in judged]),
                difference=_spread(one.lift.difference for one in judged),
                share=_spread(one.lift.share for one in judged),
                explained=float(np.mean([one.explained for one in judged])),
                intent_share=_mean([one.intent_share for one in judged]),
                ceiling=tops,
                accounts=accounts,
                conversions=conversions,
                splits=len(verdicts),
            )
        )
    return found


def _spread(found: Iterable[Interval | None]) -> Spread | None:
    known = list(found)
    given = [one for one in known if one is not None]
    return Spread.of(given) if given and len(given) == len(known) else None


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def _intent_share(segmentation: Segmentation | None) -> float | None:
    return None if segmentation is None else segmentation.metrics.get("intent_share")
