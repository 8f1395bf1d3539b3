"""How well segments find pipeline, beside the best that any model could: AUC, its share of the attainable, intervals.

Belongs here: the measures, exact for ties, and paired intervals from whole families of accounts.
Does not: the best model (ceiling.py), which months are judged (the callers hand in matured ones only).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.intp]

# A rate counts as if 30 more accounts of the average rate had been seen.
SHRINKAGE = 30.0
# Where the best model hardly beats chance, a share of what it attains is noise.
SMALLEST_CEILING = 0.60
DRAWS = 400
INTERVAL = (0.025, 0.975)


@dataclass(frozen=True)
class Interval:
    """A figure with its 95 % interval over families of accounts; training is taken as given."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Lift:
    """How one set of segments ranks accounts. share: of attainable lift, None where the ceiling is below 0.60.

    difference: the AUC less that of the baseline, on the same accounts; None for the baseline itself.
    """

    auc: Interval
    share: Interval | None
    difference: Interval | None


def auc(scores: npt.ArrayLike, converted: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> float:
    """The chance that a converted account scores higher than another one, ties counting half; 0.5 without both kinds.

    scores, converted, weights: (n,). Source: Mann, Whitney 1947; Hanley, McNeil 1982.
    """
    outcome = np.asarray(converted, dtype=np.float64)
    weight = np.ones(len(outcome)) if weights is None else np.asarray(weights, dtype=np.float64)
    _, codes = np.unique(np.asarray(scores, dtype=np.float64), return_inverse=True)
    return auc_of_counts(np.bincount(codes, weight * outcome), np.bincount(codes, weight * (1 - outcome)))


def auc_of_counts(positives: npt.ArrayLike, negatives: npt.ArrayLike) -> float:
    """The same from counts a score, scores from low to high."""
    up, down = np.asarray(positives, dtype=np.float64), np.asarray(negatives, dtype=np.float64)
    pairs = up.sum() * down.sum()
    if pairs == 0:
        return 0.5
    below = np.cumsum(down) - down
    return float((up * (below + down / 2)).sum() / pairs)


def auc_deviation_by_chance(positives: int, negatives: int) -> float:
    """The standard deviation of the AUC of scores without ties that say nothing. Source: Mann, Whitney 1947."""
    return float(np.sqrt((positives + negatives + 1) / (12 * positives * negatives)))


def auc_difference(scores: npt.ArrayLike, others: npt.ArrayLike, converted: npt.ArrayLike) -> tuple[float, float]:
    """(AUC of `scores` less that of `others`, its standard error), on the same accounts, of both kinds; all (n,).

    Source: DeLong, DeLong and Clarke-Pearson 1988.
    """
    outcome = np.asarray(converted, dtype=np.bool_)
    above, below = (
        one - other for one, other in zip(_placements(scores, outcome), _placements(others, outcome), strict=True)
    )
    return float(above.mean()), float(np.sqrt(above.var() / len(above) + below.var() / len(below)))


def _placements(scores: npt.ArrayLike, converted: Flags) -> tuple[Vector, Vector]:
    """For each converted account the share of others that score lower, and for each other that of converted above."""
    values = np.asarray(scores, dtype=np.float64)
    return _share_below(values[~converted], values[converted]), 1 - _share_below(values[converted], values[~converted])


def _share_below(values: Vector, limits: Vector) -> Vector:
    """The share of `values` below each of `limits`, ties counting half."""
    order = np.sort(values)
    places = np.searchsorted(order, limits, "left") + np.searchsorted(order, limits, "right")
    share: Vector = places / (2 * len(order))
    return share


def segment_rates(segments: Codes, converted: npt.ArrayLike, count: int) -> Vector:
    """(count,) the conversion rate of each segment, drawn to the rate of all by 30 accounts' worth.

    (conversions + 30 rate) / (accounts + 30). segments: (n,) positions 0 .. count - 1.
    """
    outcome = np.asarray(converted, dtype=np.float64)
    accounts, conversions = np.bincount(segments, minlength=count), np.bincount(segments, outcome, count)
    rate = outcome.mean() if len(outcome) else 0.0
    rates: Vector = (conversions + SHRINKAGE * rate) / (accounts + SHRINKAGE)
    return rates


def attainable_share(found: float, ceiling: float) -> float | None:
    """(AUC - 0.5) / (ceiling - 0.5), None where the ceiling is below 0.60."""
    return (found - 0.5) / (ceiling - 0.5) if ceiling >= SMALLEST_CEILING else None


def quintiles(values: npt.ArrayLike) -> Codes:
    """(n,) 0 .. 4: which fifth of the accounts each belongs to by `values` (n,); equal values stay together."""
    numbers = np.asarray(values, dtype=np.float64)
    return np.searchsorted(np.quantile(numbers, [0.2, 0.4, 0.6, 0.8]), numbers, side="left")


def auc_within(parts: Codes, scores: npt.ArrayLike, converted: npt.ArrayLike) -> dict[int, float]:
    """The AUC among the accounts of each part: what `scores` tell beyond what the parts (n,) tell."""
    numbers, outcome = np.asarray(scores, dtype=np.float64), np.asarray(converted)
    return {int(part): auc(numbers[parts == part], outcome[parts == part]) for part in np.unique(parts)}


def lifts(
    scores: Mapping[str, npt.ArrayLike],
    ceiling: npt.ArrayLike,
    converted: Flags,
    families: npt.ArrayLike,
    *,
    baseline: str | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> tuple[Interval, dict[str, Lift]]:
    """(AUC of the ceiling, the lift of each of `scores`), all on the same accounts and the same draws of families.

    scores: (n,) a rate for every account, by name; ceiling: (n,) of the best model; families: (n,) which rows
    belong together, because their outcomes are not independent. Source: Cameron, Gelbach, Miller 2008.
    """
    ranked = {name: _Ranked.of(values, converted) for name, values in {**scores, _CEILING: ceiling}.items()}
    _, family = np.unique(np.asarray(families), return_inverse=True)
    count, random = int(family.max()) + 1, np.random.default_rng(seed)
    drawn: dict[str, list[float]] = {name: [] for name in ranked}
    for _ in range(draws):
        weights = np.bincount(random.integers(0, count, count), minlength=count).astype(np.float64)[family]
        for name, ranks in ranked.items():
            drawn[name].append(ranks.auc(weights))
    values = {name: ranks.auc(np.ones(len(converted))) for name, ranks in ranked.items()}
    samples = {name: np.array(found) for name, found in drawn.items()}
    top, top_samples = values.pop(_CEILING), samples.pop(_CEILING)
    return _interval(top, top_samples), {
        name: Lift(
            auc=_interval(value, samples[name]),
            share=_share(value, samples[name], top, top_samples),
            difference=None
            if baseline is None or name == baseline
            else _interval(value - values[baseline], samples[name] - samples[baseline]),
        )
        for name, value in values.items()
    }


_CEILING = "\x1fceiling"


@dataclass(frozen=True)
class _Ranked:
    """Scores as positions from low to high, so that a weighted AUC takes one pass. codes: of score and outcome."""

    codes: Codes
    size: int

    @classmethod
    def of(cls, scores: npt.ArrayLike, converted: Flags) -> _Ranked:
        different, positions = np.unique(np.asarray(scores, dtype=np.float64), return_inverse=True)
        return cls(positions + np.where(converted, len(different), 0), len(different))

    def auc(self, weights: Vector) -> float:
        counts = np.bincount(self.codes, weights, 2 * self.size)
        return auc_of_counts(counts[self.size :], counts[: self.size])


def _interval(value: float, samples: Vector) -> Interval:
    low, high = np.quantile(samples, INTERVAL) if len(samples) else (value, value)
    return Interval(value, float(low), float(high))


def _share(value: float, samples: Vector, ceiling: float, ceilings: Vector) -> Interval | None:
    share = attainable_share(value, ceiling)
    return None if share is None else _interval(share, (samples - 0.5) / np.maximum(ceilings - 0.5, 1e-9))
