"""Whether classes rank alike in two months.

Belongs here: the rank correlation of class rates between two test months, with its interval.
Does not: figures of one month (figures.py).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seg_assets.segmentation.conversion.estimate import Estimate, estimate
from seg_assets.segmentation.conversion.families import common_families, drawn_families, effective_families
from seg_assets.segmentation.conversion.measures import Counts
from seg_assets.segmentation.conversion.ranking import Judged, Ranking
from seg_assets.segmentation.lift import DRAWS, SHRINKAGE, Codes, Vector

# The order of two classes is right or wrong: that is no correlation.
FEWEST_CLASSES = 3

Test = tuple[Judged, Ranking]


def rank_correlation(first: Test, second: Test, *, draws: int = DRAWS, seed: int = 0) -> Estimate | None:
    """`rank_correlations` of one candidate."""
    (judged, ranking), (later, again) = first, second
    return rank_correlations((judged, (ranking,)), (later, (again,)), draws=draws, seed=seed)[ranking.name]


def rank_correlations(
    first: tuple[Judged, Sequence[Ranking]],
    second: tuple[Judged, Sequence[Ranking]],
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> dict[str, Estimate | None]:
    """By candidate Spearman's correlation of its class rates in two months, classes matched by their labels.

    Rates are those of the judged accounts, shrunk by 30 accounts' worth. Families are drawn for both months and for
    all candidates at once. Windows of neighbouring months overlap: a high correlation is steadiness, not a second
    proof. None for fewer than three classes with accounts in both months, or rates that are all the same. Candidates
    that the second month lacks are left out. Source: Spearman 1904.
    """
    tests = (first, second)
    pairs = [(one, two) for one in first[1] for two in second[1] if one.name == two.name]
    shared = {one.name: _shared(one, two) for one, two in pairs}
    found: dict[str, Estimate | None] = dict.fromkeys(shared)
    told = [(one, two) for one, two in pairs if len(shared[one.name]) >= FEWEST_CLASSES]
    if not told:
        return found
    families = common_families([judged.account_ids for judged, _ in tests], [judged.families for judged, _ in tests])
    count = max(int(codes.max()) for codes in families) + 1
    worth = min(effective_families(codes, judged.converted) for codes, (judged, _) in zip(families, tests, strict=True))
    labels = [shared[one.name] for one, _ in told]
    drawn = [
        _drawn(judged, [pair[month] for pair in told], labels, families[month], count, draws, seed)
        for month, (judged, _) in enumerate(tests)
    ]
    for (one, _), before, after in zip(told, *drawn, strict=True):
        found[one.name] = estimate(_spearman(_rates(before), _rates(after)), worth, -1, 1)
    return found


def _shared(one: Ranking, two: Ranking) -> list[str]:
    """The labels of classes that have accounts in both."""
    return [label for label in dict.fromkeys(one.labels) if _has(one, label) and _has(two, label)]


def _has(ranking: Ranking, label: str) -> bool:
    if ranking.classes is None or label not in ranking.labels:
        return False
    return bool((ranking.classes == ranking.labels.index(label)).any())


def _drawn(
    judged: Judged,
    rankings: Sequence[Ranking],
    labels: Sequence[Sequence[str]],
    families: Codes,
    count: int,
    draws: int,
    seed: int,
) -> list[Counts]:
    """Of each ranking (1 + draws, classes, 2) others and converted of its shared classes: as seen, then resampled."""
    from scipy.sparse import csr_array, vstack

    tables = []
    for ranking, own in zip(rankings, labels, strict=True):
        place = np.array([own.index(label) if label in own else -1 for label in ranking.labels])[ranking.classes]
        kept = place >= 0
        cell = 2 * place[kept] + judged.converted[kept]
        tables.append(csr_array((np.ones(len(cell)), (cell, families[kept])), shape=(2 * len(own), count)))
    table = csr_array(vstack(tables))
    seen = np.asarray(table.sum(axis=1))[:, None]
    parts = [seen, *(table @ multiplicities for multiplicities in drawn_families(count, draws, seed))]
    ends = np.cumsum([2 * len(own) for own in labels])[:-1]
    every = np.split(np.concatenate(parts, axis=1).T, ends, axis=1)
    return [rows.reshape(1 + draws, len(own), 2) for rows, own in zip(every, labels, strict=True)]


def _rates(counts: Counts) -> Counts:
    total = counts.sum(axis=1, keepdims=True)
    rate = total[..., 1] / np.maximum(total.sum(axis=-1), 1.0)
    rates: Counts = (counts[..., 1] + SHRINKAGE * rate) / (counts.sum(axis=-1) + SHRINKAGE)
    return rates


def _spearman(first: Counts, second: Counts) -> Vector:
    """(draws,) the correlation of ranks, equal rates sharing theirs; NaN where all rates of a month are the same."""
    from scipy.stats import rankdata

    one, two = (rankdata(rates, axis=1) - (rates.shape[1] + 1) / 2 for rates in (first, second))
    spread = np.sqrt((one**2).sum(axis=1) * (two**2).sum(axis=1))
    found: Vector = np.divide((one * two).sum(axis=1), spread, out=np.full(len(one), np.nan), where=spread > 0)
    return found
