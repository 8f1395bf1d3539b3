"""One number of segments with all its figures, and its gates.

Belongs here: putting the figures of a partition together and judging them.
Does not: what is measured on all accounts, samples, history (leaves.py, ground.py, history.py), choosing (choose.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seg_assets.catalogs import Catalogue
from seg_assets.segmentation.count.choose import Judged
from seg_assets.segmentation.count.gates import (
    CountGate,
    cutoff_gate,
    group_gate,
    intent_gate,
    interval_gate,
    neighbour_gate,
    size_gate,
)
from seg_assets.segmentation.count.ground import Compactness, Ground
from seg_assets.segmentation.count.history import Ranking
from seg_assets.segmentation.count.leaves import Codes, Holdings, Partition
from seg_assets.segmentation.count.prospects import difference_by_chance
from seg_assets.segmentation.guided_points import CHAMPION_TOLERANCE, INTENT_SHARE_AT_MOST
from seg_assets.segmentation.stability.assessment import Stability

SIGNIFICANT = 0.05


@dataclass(frozen=True, eq=False)
class Measured:
    """One number of segments. group_shares: of the variance between segments; plays: different ones that fit; ranking:
    on the months that select, None without history.
    """

    partition: Partition
    stability: Stability
    compactness: Compactness
    intent_share: float | None
    group_shares: dict[str, float]
    plays: int
    ranking: Ranking | None
    judged: Judged


def measured(
    partition: Partition,
    found: Stability,
    compact: Compactness,
    ground: Ground,
    leaf: Codes,
    holdings: Holdings,
    ranking: Ranking | None,
    plays: int,
    catalogue: Catalogue,
    *,
    champion: int | None,
    seed: int,
) -> Measured:
    """The partition with its gates. leaf: (n,) the finest leaf of the accounts of `ground`; champion: the number of
    segments in force.
    """
    segment = partition.of(leaf)
    shares = ground.group_shares(segment)
    intent = ground.intent_share(segment)
    outcomes = holdings.outcomes_of(partition)
    gates: list[CountGate | None] = [
        cutoff_gate("worst Jaccard", found.worst_jaccard.estimate.value, catalogue.gates.jaccard),
        cutoff_gate("resample agreement", found.agreement_low.value, catalogue.gates.agreement),
        size_gate(holdings.shares(partition), holdings.value_shares(partition), catalogue),
        interval_gate(outcomes, catalogue),
        neighbour_gate(ground.nearest(segment), outcomes, ground.group_means(segment), catalogue),
        group_gate(shares, ground.group_names, catalogue),
        intent_gate(intent, INTENT_SHARE_AT_MOST + (CHAMPION_TOLERANCE if partition.count == champion else 0.0)),
    ]
    judged = Judged(
        count=partition.count,
        gates=tuple(gate for gate in gates if gate is not None),
        worst_jaccard=found.worst_jaccard.estimate.value,
        tells=_tells(ranking, outcomes, ground.value_by_chance(segment, seed=seed), seed),
        prospect=ranking.prospect if ranking else None,
    )
    by_group = dict(zip(ground.group_names, (float(share) for share in shares), strict=True))
    return Measured(partition, found, compact, intent, by_group, plays, ranking, judged)


def _tells(ranking: Ranking | None, outcomes: np.ndarray | None, value_by_chance: float | None, seed: int) -> bool:
    """Whether segments differ in outcome, on months that did not make them where there are any, or in value.

    True where neither is known: there is nothing that could say otherwise.
    """
    by_chance = [value_by_chance] if value_by_chance is not None else []
    if ranking is not None:
        by_chance.append(ranking.by_chance)
    elif outcomes is not None:
        by_chance.append(difference_by_chance(outcomes, seed=seed))
    return not by_chance or min(by_chance) <= SIGNIFICANT
