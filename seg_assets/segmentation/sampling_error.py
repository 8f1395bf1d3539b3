"""What a fit on a sample leaves uncertain: how far off a segment's share may be, where a threshold might have come out.

Belongs here: standard errors of shares, intervals of thresholds, both as figures and as text.
Does not: taking the sample (stratified.py), whether segments come out again as a whole (stability/).

Sources: the variance of a stratified share with its finite-population correction, Cochran 1977, Sampling Techniques,
section 5.9; percentiles of a bootstrap, Efron 1979.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from seg_assets.catalogs import Catalogue
from seg_assets.segmentation.balance import Matrix
from seg_assets.segmentation.candidates import Candidate, candidates
from seg_assets.segmentation.coding import coded
from seg_assets.segmentation.definitions import Condition, Test
from seg_assets.segmentation.growing import KnownIntent, likeness
from seg_assets.segmentation.guided_points import guided_candidates, guided_points, intent_axis
from seg_assets.segmentation.intent.cross_fit import IntentFit
from seg_assets.segmentation.intent.index import INTENT
from seg_assets.segmentation.model import Segmentation
from seg_assets.segmentation.preprocess import Preprocessor
from seg_assets.segmentation.refresh import known_intent
from seg_assets.segmentation.sampling import hash_sample
from seg_assets.segmentation.split_search import gain
from seg_assets.segmentation.stratified import Sampled, strata_expressions

DRAWS = 100
INTERVAL = (0.025, 0.975)


@dataclass(frozen=True)
class ShareError:
    """A segment's share of the sampled accounts, its standard error, and its share of all accounts, each 0 to 1."""

    segment_id: str
    share: float
    error: float
    of_all: float


@dataclass(frozen=True)
class ThresholdError:
    """A question of the tree by its path. low, high: 95 % of the thresholds that best part the same accounts redrawn.

    A threshold kept from the champion may lie outside: it stays as long as it parts nearly as well.
    """

    path: str
    column: str
    threshold: float
    low: float
    high: float


@dataclass(frozen=True)
class SamplingError:
    """population, sampled: accounts; grown_on: those of the sample that thresholds were sought on."""

    population: int
    sampled: int
    grown_on: int
    shares: tuple[ShareError, ...]
    thresholds: tuple[ThresholdError, ...]

    def metrics(self) -> dict[str, float]:
        """Figures beside those of the fit by name; a threshold's has the path of its question, `root` for the first."""
        found = {"fit_population": float(self.population), "fit_sampled": float(self.sampled)}
        found |= {f"share_error_{share.segment_id}": share.error for share in self.shares}
        for one in self.thresholds:
            name = f"{one.path or 'root'}_{one.column}"
            found |= {f"threshold_low_{name}": one.low, f"threshold_high_{name}": one.high}
        return found

    def markdown(self) -> str:
        """The same to read."""
        shares = [
            f"| {one.segment_id} | {one.share:.2%} | {100 * one.error:.3f} points | {one.of_all:.2%} |"
            for one in self.shares
        ]
        thresholds = [
            f"| {one.path or 'first'} | {one.column} | {one.threshold:g} | {one.low:g} to {one.high:g} |"
            for one in self.thresholds
        ]
        return "\n".join(
            [
                f"Learned from {self.sampled:,} of {self.population:,} accounts, a stratified sample; thresholds were "
                f"sought on {self.grown_on:,} of those.",
                "",
                "| segment | share of the sample | standard error | share of all |",
                "| --- | ---: | ---: | ---: |",
                *shares,
                "",
                "| question | column | threshold | 95 % interval |",
                "| --- | --- | ---: | --- |",
                *thresholds,
            ]
        )


def sampling_error(
    segmentation: Segmentation,
    snapshot: pl.DataFrame,
    catalogue: Catalogue,
    preprocessor: Preprocessor,
    sampled: Sampled,
    of_all: Mapping[str, float],
    *,
    learned: IntentFit,
    seed: int,
) -> SamplingError:
    """Of a segmentation fitted on `snapshot`, the rows of `sampled`. of_all: each segment's share of the population;
    preprocessor, learned, seed: what it was fitted with.
    """
    sample = hash_sample(snapshot).with_columns(preprocessor.reference.index_expressions())
    intent = known_intent(sample, learned, segmentation.intent)
    return SamplingError(
        population=sampled.population,
        sampled=snapshot.height,
        grown_on=sample.height,
        shares=share_errors(segmentation, snapshot, catalogue, sampled, of_all),
        thresholds=threshold_errors(segmentation, sample, catalogue, preprocessor, intent, seed=seed),
    )


def share_errors(
    segmentation: Segmentation,
    snapshot: pl.DataFrame,
    catalogue: Catalogue,
    sampled: Sampled,
    of_all: Mapping[str, float],
) -> tuple[ShareError, ...]:
    """Each segment's, in segment order. snapshot: the rows of the sample, with features.

    A stratum with fewer than two sampled accounts has the variance of all: it cannot tell its own.
    """
    position = coded(segmentation, snapshot)[1].alias("__position")
    rows = snapshot.select(*strata_expressions(catalogue), position)
    strata = [name for name in rows.columns if name != "__position"]
    sizes = sampled.strata.with_row_index("__stratum")
    placed = (
        rows.join(sizes, on=strata, how="left", nulls_equal=True, maintain_order="left")
        if strata
        else rows.with_columns(pl.lit(0, pl.UInt32).alias("__stratum"))
    )
    segments = len(segmentation.segments)
    cells = placed["__stratum"].to_numpy().astype(np.intp) * segments + placed["__position"].to_numpy().astype(np.intp)
    counts = np.bincount(cells, minlength=sizes.height * segments).reshape(sizes.height, segments)
    errors = standard_errors(counts, sizes["accounts"].to_numpy().astype(np.float64))
    shares = counts.sum(axis=0) / counts.sum()
    return tuple(
        ShareError(segment.segment_id, float(share), float(error), of_all[segment.segment_id])
        for segment, share, error in zip(segmentation.segments, shares, errors, strict=True)
    )


def standard_errors(counts: npt.NDArray[np.intp], accounts: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(segments,) of the shares. counts: (strata, segments), sampled; accounts: (strata,), of the population."""
    sampled = counts.sum(axis=1)
    own = counts / np.maximum(sampled, 1)[:, None]
    everyone = counts.sum(axis=0) / counts.sum()
    spread = np.where((sampled > 1)[:, None], own * (1 - own), everyone * (1 - everyone))
    left_out = 1 - sampled / accounts
    weights = accounts / accounts.sum()
    each = (weights**2 * left_out / np.maximum(sampled - 1, 1))[:, None] * spread
    errors: npt.NDArray[np.float64] = np.sqrt(each.sum(axis=0))
    return errors


def threshold_errors(
    segmentation: Segmentation,
    sample: pl.DataFrame,
    catalogue: Catalogue,
    preprocessor: Preprocessor,
    intent: KnownIntent | None,
    *,
    seed: int,
) -> tuple[ThresholdError, ...]:
    """Each question's that has a threshold, in the order of the tree: its column asked again of accounts redrawn.

    sample: the accounts that the tree was grown on, with the reference's indices; intent: what it was grown on.
    The other questions stay: what is told is the error of one threshold, given those above it.
    """
    target = likeness(preprocessor, sample)
    asked = candidates(sample, catalogue, preprocessor.reference)
    if intent is not None:
        axis = intent_axis(intent.points, intent.anchor_odds, target)
        target = guided_points(target, axis, segmentation.intent_weight or 0.0)
        asked = guided_candidates(asked, intent.points, None)
        sample = sample.with_columns(pl.Series(INTENT, intent.points))
    by_column = {candidate.column: candidate for candidate in asked if candidate.thresholds}
    smallest = int(np.ceil(catalogue.limits.smallest_share * sample.height))
    generator = np.random.default_rng(seed)
    found = []
    for path, condition, rows in _asked(segmentation, sample):
        candidate = by_column.get(condition.column)
        if candidate is None or condition.test not in (Test.AT_LEAST, Test.BELOW):
            continue
        drawn = redrawn_thresholds(candidate, candidate.bins[rows], target[rows], smallest, generator)
        if len(drawn):
            low, high = (float(np.quantile(drawn, share, method="nearest")) for share in INTERVAL)
            found.append(ThresholdError(path, condition.column, condition.threshold, low, high))
    return tuple(found)


def _asked(segmentation: Segmentation, sample: pl.DataFrame) -> list[tuple[str, Condition, npt.NDArray[np.intp]]]:
    """Every question with its path and the positions of the accounts that it was asked of."""
    holds: Mapping[str, npt.NDArray[np.bool_]] = {
        split.path: sample.select(split.condition.expression().fill_null(False)).to_series().to_numpy()
        for split in segmentation.splits
    }
    found = []
    for split in segmentation.splits:
        here = np.ones(sample.height, dtype=np.bool_)
        for depth, answer in enumerate(split.path):
            here &= holds[split.path[:depth]] == (answer == "1")
        found.append((split.path, split.condition, np.flatnonzero(here)))
    return found


def redrawn_thresholds(
    candidate: Candidate, bins: npt.NDArray[np.uint8], target: Matrix, smallest: int, generator: np.random.Generator
) -> npt.NDArray[np.float64]:
    """The best threshold of each bootstrap draw that has one. bins: (m,) of `candidate`; target: (m, axes)."""
    best = []
    rows = len(bins)
    for _ in range(DRAWS if rows else 0):
        drawn = np.bincount(generator.integers(0, rows, rows), minlength=rows).astype(np.float64)
        counts = np.bincount(bins, drawn, candidate.size)
        sums = np.column_stack([np.bincount(bins, drawn * axis, candidate.size) for axis in target.T])
        above = counts[::-1].cumsum()[::-1][1:]
        inside = sums[::-1].cumsum(axis=0)[::-1][1:]
        allowed = (above >= smallest) & (rows - above >= smallest)
        if not allowed.any():
            continue
        gains = np.full(len(above), -1.0)
        gains[allowed] = gain(inside[allowed], above[allowed], sums.sum(axis=0), float(rows))
        best.append(candidate.thresholds[int(gains.argmax())])
    return np.array(best)
