"""Judged accounts counted by what a ranking says of them, once, and resampled by family.

Belongs here: the table of cells by family of each ranking, its draws, and sums over cells.
Does not: formulas on counts (measures.py).

A ranking has few classes, so a resampled figure needs counts of cells, never the accounts. All rankings are counted in
the same draws of families: that is what pairs them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seg_assets.segmentation.conversion.families import drawn_families
from seg_assets.segmentation.conversion.measures import Counts
from seg_assets.segmentation.conversion.ranking import Judged, Ranking
from seg_assets.segmentation.lift import Codes, Vector

# A score without classes is ranked in so many steps: its AUC changes by less than 0.00001 (measured).
STEPS = 1_000


@dataclass(frozen=True, eq=False)
class Cells:
    """The cells of one ranking: accounts of one as-of date, part, score and class. All (cells,).

    block: of the as-of date; part: of the stratum that figures are also taken within, 0 where there is none; step: of
    the score, from low to high; category: the class, 0 where the ranking has none. table: sparse (2 cells, families),
    others and converted.
    """

    block: Codes
    part: Codes
    step: Codes
    category: Codes
    table: Any

    @classmethod
    def of(cls, ranking: Ranking, judged: Judged, family: Codes, within: Codes | None) -> Cells:
        """family: (n,) 0 .. without gaps; within: (n,) a stratum's codes."""
        from scipy.sparse import csr_array

        rows = len(judged.converted)
        nothing = np.zeros(rows, dtype=np.intp)
        keys = (
            judged.blocks,
            nothing if within is None else within,
            steps_of(ranking.scores),
            nothing if ranking.classes is None else ranking.classes,
        )
        sizes = [int(key.max()) + 1 if rows else 1 for key in keys]
        found, cell = np.unique(np.ravel_multi_index(keys, sizes), return_inverse=True)
        block, part, step, category = np.unravel_index(found, sizes)
        ones = np.ones(rows, dtype=np.float32)
        families = int(family.max()) + 1 if rows else 0
        table = csr_array((ones, (2 * cell + judged.converted, family)), shape=(2 * len(found), families))
        return cls(block, part, step, category, table)


def steps_of(scores: Vector) -> Codes:
    """(n,) the place of each score among the different ones, or where there are over 1,000 among 1,000 quantiles."""
    different, places = np.unique(scores, return_inverse=True)
    if len(different) <= STEPS:
        return places.astype(np.intp)
    limits = np.unique(np.quantile(scores, np.linspace(0, 1, STEPS + 1)[1:-1]))
    return np.searchsorted(limits, scores, side="left")


def counted(cells: Sequence[Cells], sums: Vector, *, draws: int, seed: int) -> tuple[list[Counts], Counts]:
    """([(1 + draws, cells, 2) of each ranking], (1 + draws, columns) of `sums`): as seen first, then resampled.

    sums: (columns, families) what else is to be summed over the families drawn. Source: cluster bootstrap, Cameron,
    Gelbach, Miller 2008.
    """
    tables = [one.table for one in cells]
    seen = [np.asarray(table.sum(axis=1), dtype=np.float64)[:, None] for table in tables]
    drawn = [[counts] for counts in seen]
    summed = [sums.sum(axis=1, keepdims=True)]
    light = sums.astype(np.float32)
    for multiplicities in drawn_families(sums.shape[1], draws, seed):
        for table, parts in zip(tables, drawn, strict=True):
            parts.append(table @ multiplicities)
        summed.append(light @ multiplicities)
    found = [np.concatenate(parts, axis=1).T for parts in drawn]
    return [counts.reshape(len(counts), -1, 2).astype(np.float64) for counts in found], np.concatenate(summed, axis=1).T


def grouped(counts: Counts, *keys: Codes) -> tuple[Counts, tuple[Codes, ...]]:
    """(counts summed over cells of equal keys, the keys of each sum), in the order of the keys.

    counts: (draws, cells, 2); keys: (cells,) each, the first one sorted by first.
    """
    order = np.lexsort(keys[::-1])
    table = np.stack([key[order] for key in keys])
    starts = np.flatnonzero(np.concatenate([[True], (np.diff(table, axis=1) != 0).any(axis=0)]))
    return np.add.reduceat(counts[:, order], starts, axis=1), tuple(row[starts] for row in table)
