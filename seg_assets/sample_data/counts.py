"""Activity counts as columns: a level made of moods and tastes, turned into whole numbers.

Belongs here: what every count of marketing_engagement and product_usage has in common.
Does not: which counts there are (engagement.py, usage.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seg_assets.sample_data.randomness import Dice, Floats, Rows, exponential


@dataclass(frozen=True)
class Count:
    """One count column.

    level: logarithm of the mean at the centre of the population; follows: weight of each driver; taste: spread that
    stays with the account; noise: spread that changes over `days`.
    """

    name: str
    level: float
    follows: Mapping[str, float]
    taste: float
    noise: float
    days: int


def expected(dice: Dice, count: Count, drivers: Mapping[str, Floats], day: int, rows: Rows) -> Floats:
    """The mean of the count for each of `rows`, float32: log-normal around the level that its drivers give."""
    level = count.noise * dice.wander(f"{count.name}.noise", day, rows, count.days)
    level += count.taste * dice.settled_normal(f"{count.name}.taste", rows)
    level += np.float32(count.level)
    for driver, weight in count.follows.items():
        level += np.float32(weight) * drivers[driver]
    return exponential(level)


def whole(dice: Dice, name: str, mean: Floats, rows: Rows) -> NDArray[np.int64]:
    """Whole numbers with that mean: the account's own constant luck rounds, so that quiet weeks stay alike."""
    luck = dice.settled_uniform(f"{name}.luck", rows)
    counted: NDArray[np.int64] = np.floor(mean + luck).astype(np.int64)
    return counted
