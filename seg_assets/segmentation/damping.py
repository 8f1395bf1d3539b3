"""The tree that moves least from the champion's, among those that explain nearly as much as any.

Belongs here: how much a tree may explain less for being steady, and which of several trees is taken.
Does not: growing one (tree.py), what its leaves should be alike in (growing.py).

Why trees are judged whole: a split that gains 2.1 % less than another was once exchanged for it, although all splits
below fitted the old one. Of 5,400 accounts in a quiet month 16 % moved, to a tree that explained 0.56 where the old one
explained 0.59.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from seg_assets.segmentation.balance import Matrix
from seg_assets.segmentation.clustering import Labels
from seg_assets.segmentation.lift import auc_of_counts
from seg_assets.segmentation.tree import Split, TreeGrower

Vector = npt.NDArray[np.float64]

# How much less of the variance a steadier tree may explain than the best one, beyond what chance makes of it.
LAG_AT_MOST = 0.01
DEVIATIONS_BY_CHANCE = 3.0
# How much less AUC it may have than a tree grown anew. Trees that explain as much can differ by more.
AUC_LAG_AT_MOST = 0.01
# The share of the best split's gain that a split of the champion's may lack, the steadiest first.
STEADIEST = 0.999
TOLERANCES = (STEADIEST, 0.3, 0.1, 0.03)


@dataclass(frozen=True, eq=False)
class Tried:
    """splits: of a tree; unexplained: (n,) what each row adds to the share of the target's variance within leaves; auc:
    of the leaves' expected rates, 0.5 where nothing is expected.
    """

    splits: tuple[Split, ...]
    unexplained: Vector
    auc: float


def damped(
    grower: TreeGrower,
    smallest_share: float,
    depth: int,
    labelled: Callable[[tuple[Split, ...]], Labels],
    chances: Vector | None,
) -> tuple[Split, ...]:
    """The steadiest tree with as many leaves as the champion has, of those that do not lag behind one grown anew.

    grower: with one or more splits of the champion; labelled: splits to the leaf (n,) of each row of the grower;
    chances: (n,) of converting, None where they are not known.
    """
    leaves = len(grower.champion) + 1

    def tried(chosen: TreeGrower) -> Tried:
        splits = chosen.grow(leaves, smallest_share, depth)
        labels = labelled(splits)
        return Tried(splits, _unexplained(grower.target, labels), _expected_auc(labels, chances))

    anew = tried(replace(grower, champion={}, tolerance=0.0))
    found: list[Tried] = []
    for tolerance in TOLERANCES:
        found.append(tried(replace(grower, tolerance=tolerance)))
        # The steadiest alone is held against the new one; where it lags, all others are grown and the best one counts.
        if tolerance == STEADIEST and not _lags(found[0], [*found, anew], anew):
            return found[0].splits
    return next((one for one in found if not _lags(one, [*found, anew], anew)), anew).splits


def _lags(tree: Tried, others: Sequence[Tried], anew: Tried) -> bool:
    """Whether the best of the others explains more, or the one grown anew ranks better, than the limits allow.

    By chance: three standard errors of the difference in what is explained, a mean over the same accounts.
    """
    apart = tree.unexplained - min((other.unexplained for other in others), key=lambda rows: float(rows.sum()))
    by_chance = DEVIATIONS_BY_CHANCE * float(apart.std()) * np.sqrt(len(apart))
    return bool(apart.sum() > LAG_AT_MOST + by_chance or tree.auc < anew.auc - AUC_LAG_AT_MOST)


def _unexplained(target: Matrix, labels: Labels) -> Vector:
    counts = np.maximum(np.bincount(labels), 1)
    means = np.column_stack([np.bincount(labels, target[:, axis]) for axis in range(target.shape[1])]) / counts[:, None]
    squares: Vector = ((target - means[labels]) ** 2).sum(axis=1)
    shares: Vector = squares / ((target - target.mean(axis=0)) ** 2).sum()
    return shares


def _expected_auc(labels: Labels, chances: Vector | None) -> float:
    """The AUC of the leaves' mean chances where each account converts by its own."""
    if chances is None:
        return 0.5
    converted, others = np.bincount(labels, chances), np.bincount(labels, 1 - chances)
    order = np.argsort(converted / np.maximum(converted + others, 1e-12), kind="stable")
    return auc_of_counts(converted[order], others[order])
