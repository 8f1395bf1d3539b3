"""What each candidate's ranking is worth on the same accounts, and how much better one is than another.

Belongs here: which figures there are, their samples over resampled families, paired differences.
Does not: formulas (measures.py), what follows from a difference (verdict.py), candidates (candidates/).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from seg_assets.segmentation.conversion import measures
from seg_assets.segmentation.conversion.counting import Cells, counted, grouped
from seg_assets.segmentation.conversion.estimate import Estimate, estimate
from seg_assets.segmentation.conversion.families import dealt, effective_families
from seg_assets.segmentation.conversion.measures import Counts
from seg_assets.segmentation.conversion.ranking import Judged, Ranking, Stratum, in_order
from seg_assets.segmentation.lift import DRAWS, SMALLEST_CEILING, Codes, Vector

AUC, GINI, BRIER = "auc", "gini", "brier"
INFORMATION_VALUE, MUTUAL_INFORMATION = "information_value", "mutual_information"
ATTAINABLE, WITHIN, QUALIFIED = "attainable_share", "auc_within", "qualified_per_1000"
PERCENTS = (10, 20, 30)
LIFTS = {percent: f"lift_{percent}" for percent in PERCENTS}
CAPTURES = {percent: f"capture_{percent}" for percent in PERCENTS}
# The mean of what chance gives, from so many permutations: known to a tenth of the spread of one.
PERMUTATIONS = 100

# (figure, part): the part is "" but for figures of one part of a stratum, whose label it is.
Key = tuple[str, str]
_ENDS: Mapping[str, tuple[float, float]] = {
    AUC: (0, 1),
    WITHIN: (0, 1),
    GINI: (-1, 1),
    BRIER: (0, 1),
    QUALIFIED: (0, 1000),
    **dict.fromkeys(LIFTS.values(), (0, np.inf)),
    **dict.fromkeys(CAPTURES.values(), (0, 1)),
}


@dataclass(frozen=True)
class Row:
    """One figure for a table. versus: the candidate it is the paired difference to, None for the figure itself."""

    candidate: str
    figure: str
    part: str
    versus: str | None
    value: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Figures:
    """All figures of all candidates on the same accounts and the same resamplings of families.

    families: different ones. worth: how many families' worth of conversions there are, which is what an interval's
    width is learned from, of all accounts ("") and of each part of the stratum by label. samples: each figure as seen,
    then of each resampling.
    """

    accounts: int
    conversions: int
    families: int
    worth: Mapping[str, float]
    samples: Mapping[str, Mapping[Key, Vector]] = field(repr=False)

    def estimate(self, candidate: str, figure: str, part: str = "") -> Estimate | None:
        """A candidate's figure; None where it has none or where it is undefined, as an AUC without conversions."""
        samples = self.samples[candidate].get((figure, part))
        return None if samples is None else estimate(samples, self.worth[part], *_ENDS.get(figure, ()))

    def difference(self, candidate: str, other: str, figure: str, part: str = "") -> Estimate | None:
        """The figure of `candidate` less that of `other`, paired; None where either has none."""
        one, two = (self.samples[name].get((figure, part)) for name in (candidate, other))
        return None if one is None or two is None else estimate(one - two, self.worth[part])

    def rows(self, baseline: str) -> tuple[Row, ...]:
        """Every figure of every candidate, and its difference to `baseline`, with 95 % intervals; NaN is unknown."""
        found = []
        for candidate, samples in self.samples.items():
            for figure, part in samples:
                found += _rows((candidate, figure, part), None, self.estimate(candidate, figure, part))
                if candidate != baseline:
                    difference = self.difference(candidate, baseline, figure, part)
                    found += _rows((candidate, figure, part), baseline, difference)
        return tuple(found)


def _rows(key: tuple[str, str, str], versus: str | None, found: Estimate | None) -> list[Row]:
    if found is None:
        return []
    interval = found.interval()
    return [Row(*key, versus, interval.value, interval.low, interval.high)]


def figures(
    judged: Judged,
    rankings: Sequence[Ranking],
    *,
    ceiling: str | None = None,
    within: str | None = None,
    capacity: int | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> Figures:
    """Figures of `rankings`, all of the accounts of `judged`; the same for any order of rows.

    ceiling: the candidate whose AUC is what can be attained. within: the stratum, as the tier, within whose parts AUC
    is also taken. capacity: contacts a month; `judged` is then all accounts of the month that could be contacted, not a
    sample of them. draws: resamplings of families. Raises KeyError for an unknown ceiling or stratum.
    """
    rows = len(judged.converted)
    if rows == 0:
        return Figures(0, 0, 0, {}, {ranking.name: {} for ranking in rankings})
    judged, rankings = in_order(judged, rankings)
    _, family = np.unique(judged.families, return_inverse=True)
    stratum = None if within is None else judged.strata[within]
    cells = [Cells.of(ranking, judged, family, None if stratum is None else stratum.codes) for ranking in rankings]
    sums = np.stack([np.bincount(family), *(np.bincount(family, _errors(r, judged)) for r in rankings)])
    counts, summed = counted(cells, sums.astype(np.float64), draws=draws, seed=seed)
    by_chance = _chance(rankings, judged, family, seed)
    samples: dict[str, dict[Key, Vector]] = {}
    for place, ranking in enumerate(rankings):
        found = _ranked(counts[place], cells[place], capacity)
        if ranking.classes is not None:
            found |= _informing(counts[place], cells[place], by_chance[ranking.name])
        if stratum is not None:
            found |= _within(counts[place], cells[place], stratum.labels)
        if _is_rate(ranking.scores):
            found[BRIER, ""] = summed[:, 1 + place] / summed[:, 0]
        samples[ranking.name] = found
    _add_shares(samples, ceiling)
    worth = _worth(judged, family, stratum)
    return Figures(rows, int(judged.converted.sum()), int(family.max()) + 1, worth, samples)


def _worth(judged: Judged, family: Codes, stratum: Stratum | None) -> dict[str, float]:
    worth = {"": effective_families(family, judged.converted)}
    if stratum is not None:
        for code, label in enumerate(stratum.labels):
            own = stratum.codes == code
            worth[label] = effective_families(family[own], judged.converted[own])
    return worth


def _is_rate(scores: Vector) -> bool:
    return bool(scores.min() >= 0 and scores.max() <= 1)


def _errors(ranking: Ranking, judged: Judged) -> Vector:
    errors: Vector = (ranking.scores - judged.converted) ** 2
    return errors


def _ranked(counts: Counts, cells: Cells, capacity: int | None) -> dict[Key, Vector]:
    """AUC, Gini, lift, capture and money. Accounts are ranked among those of their own as-of date."""
    steps, (blocks, _) = grouped(counts, cells.block, cells.step)
    area = measures.auc(steps, blocks)
    found: dict[Key, Vector] = {(AUC, ""): area, (GINI, ""): 2 * area - 1}
    many = int(blocks.max()) + 1
    for percent in PERCENTS:
        best, contacted = measures.captured(steps, blocks, np.full(many, percent / 100))
        found[LIFTS[percent], ""] = measures.lift(best, contacted, steps)
        found[CAPTURES[percent], ""] = measures.capture(best, steps)
    if capacity is not None:
        accounts = np.bincount(blocks, steps[0].sum(axis=-1), many)
        best, contacted = measures.captured(steps, blocks, np.minimum(1.0, capacity / accounts))
        found[QUALIFIED, ""] = 1000 * best / contacted
    return found


def _informing(counts: Counts, cells: Cells, by_chance: tuple[float, float]) -> dict[Key, Vector]:
    classes, _ = grouped(counts, cells.category)
    value, information = measures.information_value(classes), measures.mutual_information(classes)
    return {(INFORMATION_VALUE, ""): value - by_chance[0], (MUTUAL_INFORMATION, ""): information - by_chance[1]}


def _within(counts: Counts, cells: Cells, labels: tuple[str, ...]) -> dict[Key, Vector]:
    """AUC among accounts of the same part and date: pooled by pairs, and in each part."""
    steps, (blocks, parts, _) = grouped(counts, cells.block, cells.part, cells.step)
    found, place = np.unique(np.stack([blocks, parts]), axis=1, return_inverse=True)
    ordered, pairs = measures.concordance(steps, place.reshape(-1))
    areas = {(WITHIN, ""): (ordered.sum(axis=-1), pairs.sum(axis=-1))}
    for code, label in enumerate(labels):
        own = found[1] == code
        if own.any():
            areas[WITHIN, label] = (ordered[:, own].sum(axis=-1), pairs[:, own].sum(axis=-1))
    return {key: np.divide(o, p, out=np.full(len(p), np.nan), where=p > 0) for key, (o, p) in areas.items()}


def _chance(rankings: Sequence[Ranking], judged: Judged, family: Codes, seed: int) -> dict[str, tuple[float, float]]:
    """The mean information value and mutual information of each candidate's classes with outcomes dealt out anew."""
    classed = [(ranking.name, ranking.classes) for ranking in rankings if ranking.classes is not None]
    if not classed:
        return {}
    sizes = {name: np.bincount(classes) for name, classes in classed}
    hits: dict[str, list[Codes]] = {name: [] for name, _ in classed}
    for outcome in dealt(judged.converted, family, PERMUTATIONS, seed):
        converted = np.flatnonzero(outcome)
        for name, classes in classed:
            hits[name].append(np.bincount(classes[converted], minlength=len(sizes[name])))
    means = {}
    for name, drawn in hits.items():
        table = np.stack([sizes[name] - np.stack(drawn), np.stack(drawn)], axis=-1).astype(np.float64)
        means[name] = (
            float(measures.information_value(table).mean()),
            float(measures.mutual_information(table).mean()),
        )
    return means


def _add_shares(samples: Mapping[str, dict[Key, Vector]], ceiling: str | None) -> None:
    """The share of attainable lift, where the ceiling is at least 0.60: below, it is a share of noise.

    Draws are those of the ratio's linear part at the figures seen (delta method), so that a resampled ceiling near one
    half does not make a share of anything.
    """
    if ceiling is None:
        return
    top = samples[ceiling][AUC, ""]
    if not top[0] >= SMALLEST_CEILING:
        return
    for found in samples.values():
        share = (found[AUC, ""][0] - 0.5) / (top[0] - 0.5)
        found[ATTAINABLE, ""] = share + ((found[AUC, ""] - 0.5) - share * (top - 0.5)) / (top[0] - 0.5)
