"""Whether a segmentation would come out again on other accounts, and whether that is more than chance gives.

Belongs here: the stability statistics of a refit, side by side with the same refit on populations without groups.
Does not: the statistics themselves (prediction_strength.py, bootstrap_jaccard.py, resample_agreement.py), cut-offs and
words (verdict.py), other reasons for a number of segments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from seg_assets.segmentation.sampling import SAMPLE_ROWS, hash_sample
from seg_assets.segmentation.stability.births import Birth, presences
from seg_assets.segmentation.stability.bootstrap_jaccard import SegmentJaccard, best_jaccards, by_segment
from seg_assets.segmentation.stability.clusterer import Assign, Family, Rows
from seg_assets.segmentation.stability.estimate import Estimate, mean_of, quantile_of
from seg_assets.segmentation.stability.null_level import null_level, null_levels_by_rank
from seg_assets.segmentation.stability.null_population import GaussianCopula
from seg_assets.segmentation.stability.prediction_strength import prediction_strengths
from seg_assets.segmentation.stability.resample_agreement import agreements
from seg_assets.segmentation.stability.split_halves import split_halves
from seg_assets.segmentation.stability.verdict import (
    DEFAULT_LIMITS,
    Gate,
    Origin,
    StabilityLimits,
    joint_origin,
    origin,
)

AGREEMENT_SHARE = 0.05
_INTENT = "__intent"

Figures = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Effort:
    """How much is computed: 2 * splits + bootstraps refits of the data, 1 + 2 * null_splits + null_bootstraps a null.

    nulls: populations without groups, at least 20 for a 95th percentile that deserves its name;
    half: accounts a half at most: stability grows with their number, so figures compare only at the same one.
    """

    half: int = 20_000
    splits: int = 20
    bootstraps: int = 20
    nulls: int = 20
    null_splits: int = 2
    null_bootstraps: int = 2


@dataclass(frozen=True)
class Figure:
    """One statistic. estimate: its mean over repeats; null_high: the 95th percentile of what populations without groups
    give; origin: what that says.
    """

    estimate: Estimate
    null_high: float
    origin: Origin


@dataclass(frozen=True)
class SegmentStability:
    """One segment, by its position. figure: of its bootstrap Jaccard; null_high is that of the null's segment of the
    same rank, the best beside the best; gate: by the Jaccard alone.
    """

    position: int
    jaccard: SegmentJaccard
    figure: Figure
    gate: Gate


@dataclass(frozen=True)
class Stability:
    """One partition. half: accounts a half; agreement_low: the 5th percentile of agreement over splits;
    worst_jaccard: of the segment that fares worst; gates by the limits; origin: of the three figures together.
    """

    half: int
    prediction_strength: Figure
    agreement: Figure
    agreement_low: Estimate
    agreement_gate: Gate
    worst_jaccard: Figure
    worst_jaccard_gate: Gate
    segments: tuple[SegmentStability, ...]
    origin: Origin


@dataclass(frozen=True, eq=False)
class _Measured:
    """Repeats of one partition on one population. jaccards: (bootstraps, segments)."""

    strengths: Figures
    agreements: Figures
    jaccards: Figures


def stability(
    snapshot: pl.DataFrame,
    family: Family[Rows],
    original: Assign[Rows] | None = None,
    *,
    intent: npt.NDArray[np.float64] | None = None,
    births: Sequence[Birth] = (),
    seed: int,
    effort: Effort = Effort(),
    limits: StabilityLimits = DEFAULT_LIMITS,
) -> tuple[Stability, ...]:
    """The stability of each partition that `family` fits in one go (one a number of segments, say), in its order.

    snapshot: account rows with features and `<group>_applicable`, of which at most 2 * half are used, the same for any
    order of the rows; original: the segments asked about, with as many partitions as the family has; None: those that
    the family fits on the sample that a refresh grows segments on. intent: (n,), each account's, by an index that has
    not learned from it; None: as the family tells it. births: that refits of the data carry out again; drawn accounts
    have no past. Data and nulls go through the same steps otherwise, with as many accounts.
    Raises ValueError for fewer than four accounts.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    # One thread: tables of this size take longer when two share them, and sums depend on how they are shared.
    with threadpool_limits(limits=1):
        sample, known = _sample(snapshot, intent, max(2 * effort.half, SAMPLE_ROWS))
        whole = family.prepare(sample, known, presences(births, sample["account_id"]))
        seeds = [int(s) for s in np.random.SeedSequence(seed).generate_state(2 * effort.nulls + 1)]
        asked = original or family.refit(whole, seeds[0])
        population = whole[np.arange(min(2 * effort.half, sample.height))]
        observed = _measured(population, family, asked, effort, effort.splits, effort.bootstraps, seeds[0])
        copula = GaussianCopula.fit(sample.head(len(population)), family.catalogue)
        pairs = zip(seeds[1::2], seeds[2::2], strict=True)
        nulls = [_null(copula, family, effort, drawn, measured) for drawn, measured in pairs]
    half = min(effort.half, len(population) // 2)
    by_partition = zip(observed, *nulls, strict=True)
    return tuple(_judged(found, without, half, limits, seeds[0]) for found, *without in by_partition)


def _sample(
    snapshot: pl.DataFrame, intent: npt.NDArray[np.float64] | None, rows: int
) -> tuple[pl.DataFrame, npt.NDArray[np.float64] | None]:
    """At most `rows` accounts, and their intent."""
    if intent is None:
        return hash_sample(snapshot, rows), None
    sample = hash_sample(snapshot.with_columns(pl.Series(_INTENT, intent)), rows)
    return sample.drop(_INTENT), sample[_INTENT].to_numpy()


def _null(copula: GaussianCopula, family: Family[Rows], effort: Effort, drawn: int, measured: int) -> list[_Measured]:
    """The same pipeline on a population without groups. drawn: the seed that it is drawn with."""
    null = family.prepare(copula.draw(drawn))
    base = family.refit(null, measured)
    return _measured(null, family, base, effort, effort.null_splits, effort.null_bootstraps, measured)


def _measured(
    population: Rows,
    family: Family[Rows],
    original: Assign[Rows],
    effort: Effort,
    splits: int,
    bootstraps: int,
    seed: int,
) -> list[_Measured]:
    halves = split_halves(population, family.refit, splits=splits, half=effort.half, seed=seed)
    labels = original(population)
    jaccards = best_jaccards(population, family.refit, labels, bootstraps=bootstraps, rows=effort.half, seed=seed)
    return [
        _Measured(prediction_strengths(split), agreements(split), jaccard)
        for split, jaccard in zip(halves, jaccards, strict=True)
    ]


def _judged(observed: _Measured, nulls: list[_Measured], half: int, limits: StabilityLimits, seed: int) -> Stability:
    repeats = len(observed.strengths)
    strength_high = null_level([null.strengths for null in nulls], repeats)
    strength = _figure(mean_of(observed.strengths), strength_high, limits.predictive)
    agreement_high = null_level([null.agreements for null in nulls], repeats)
    agreement = _figure(mean_of(observed.agreements, least=-1.0), agreement_high, limits.agreement.blocks)
    segments = _segments(observed.jaccards, [null.jaccards for null in nulls], limits)
    worst = min(segments, key=lambda segment: segment.figure.estimate.value)
    low = quantile_of(observed.agreements, AGREEMENT_SHARE, seed=seed)
    return Stability(
        half=half,
        prediction_strength=strength,
        agreement=agreement,
        agreement_low=low,
        agreement_gate=limits.agreement.gate(low.value),
        worst_jaccard=worst.figure,
        worst_jaccard_gate=worst.gate,
        segments=segments,
        origin=joint_origin(figure.origin for figure in (strength, agreement, worst.figure)),
    )


def _figure(estimate: Estimate, null_high: float, least: float) -> Figure:
    return Figure(estimate, null_high, origin(estimate, null_high, least))


def _segments(observed: Figures, nulls: list[Figures], limits: StabilityLimits) -> tuple[SegmentStability, ...]:
    found = by_segment(observed)
    highs = null_levels_by_rank(nulls, observed)
    ranks = np.argsort(np.argsort([-segment.jaccard.value for segment in found], kind="stable"))
    segments = []
    for position, (segment, rank) in enumerate(zip(found, ranks, strict=True)):
        high = float(highs[rank])
        figure = _figure(segment.jaccard, high, limits.jaccard.blocks)
        segments.append(SegmentStability(position, segment, figure, limits.jaccard.gate(segment.jaccard.value)))
    return tuple(segments)
