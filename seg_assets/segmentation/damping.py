"""The tree that moves least from the champion's, among those that explain nearly as much as any.

Belongs here: how much a tree may explain less for being steady, and which of several trees is taken.
Does not: growing one (tree.py), what its leaves should be alike in (growing.py).

Why trees are judged whole: a split that gains 2.1 % less than another was once exchanged for it, although all splits
below fitted the old one. Of 5,400 accounts in a quiet month 16 % moved, to a tree that explained 0.56 where the old one
explained 0.59.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from seg_assets.segmentation.balance import Matrix
from seg_assets.segmentation.clustering import Labels
from seg_assets.segmentation.tree import Split, TreeGrower

Vector = npt.NDArray[np.float64]
Tree = tuple[tuple[Split, ...], Vector]

# How much less of the variance a steadier tree may explain than the best one, beyond what chance makes of it.
LAG_AT_MOST = 0.01
DEVIATIONS_BY_CHANCE = 3.0
# The share of the best split's gain that a split of the champion's may lack, the steadiest first.
STEADIEST = 0.999
TOLERANCES = (STEADIEST, 0.3, 0.1, 0.03)


def damped(
    grower: TreeGrower, smallest_share: float, depth: int, labelled: Callable[[tuple[Split, ...]], Labels]
) -> tuple[Split, ...]:
    """The steadiest tree with as many leaves as the champion has, of those that do not lag behind one grown anew.

    grower: with one or more splits of the champion; labelled: splits to the leaf (n,) of each row of the grower.
    """
    leaves = len(grower.champion) + 1
    growers = [replace(grower, tolerance=tolerance) for tolerance in TOLERANCES]
    growers.append(replace(grower, champion={}, tolerance=0.0))

    def tree(place: int) -> Tree:
        splits = growers[place].grow(leaves, smallest_share, depth)
        return splits, _unexplained(grower.target, labelled(splits))

    steadiest, anew = tree(0), tree(-1)
    tried = [steadiest, anew]
    if _lags(steadiest, tried):
        tried = [steadiest, *(tree(place) for place in range(1, len(TOLERANCES))), anew]
    return next(splits for splits, unexplained in tried if not _lags((splits, unexplained), tried))


def _lags(tree: Tree, others: Sequence[Tree]) -> bool:
    """Whether the best of the others leaves less unexplained than the limit and chance allow.

    By chance: three standard errors of the difference, a mean over the same accounts.
    """
    apart = tree[1] - min((unexplained for _, unexplained in others), key=lambda unexplained: float(unexplained.sum()))
    by_chance = DEVIATIONS_BY_CHANCE * float(apart.std()) * np.sqrt(len(apart))
    return bool(apart.sum() > LAG_AT_MOST + by_chance)


def _unexplained(target: Matrix, labels: Labels) -> Vector:
    """(n,) what each row adds to the share of the target's variance that lies within leaves."""
    counts = np.maximum(np.bincount(labels), 1)
    means = np.column_stack([np.bincount(labels, target[:, axis]) for axis in range(target.shape[1])]) / counts[:, None]
    squares: Vector = ((target - means[labels]) ** 2).sum(axis=1)
    shares: Vector = squares / ((target - target.mean(axis=0)) ** 2).sum()
    return shares
