"""How many accounts an experiment needs, and what it can find with those that it has.

Belongs here: the power of a comparison of two conversion rates. Does not: drawing the arms (assignment.py), estimating
the effect (effect.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt

import numpy as np
from scipy.special import ndtri


@dataclass(frozen=True)
class Plan:
    """What an experiment is to find: a difference between two conversion rates, each a share, 0 to 1.

    rate: expected of the baseline; difference: the smallest that is worth finding, below 0 for a loss. power: how
    likely it is found; alpha: how likely, two-sided, something is found where there is nothing. family_correlation:
    of the outcomes of two accounts of one family, since a family is in one arm. Raises ValueError for no such rates.
    """

    rate: float
    difference: float
    power: float = 0.8
    alpha: float = 0.05
    family_correlation: float = 0.0

    def __post_init__(self) -> None:
        if not 0 < self.rate < 1 or not 0 < self.rate + self.difference < 1 or self.difference == 0:
            raise ValueError(
                f"rate {self.rate} with difference {self.difference}: both rates have to lie between 0 and 1, apart "
                "from each other; 4.0 % against 4.4 % is rate 0.04 with difference 0.004"
            )
        if not 0 < self.alpha < 1 or not self.alpha < self.power < 1:
            raise ValueError(f"alpha {self.alpha} and power {self.power} have to be shares, alpha below power")


def accounts_needed(plan: Plan, *, ratio: float = 1.0, design_effect: float = 1.0) -> int:
    """How many accounts the baseline needs; the other arm needs `ratio` times as many.

    design_effect: what `family_design_effect` gave. 4.0 against 4.4 % needs 39,475 in each of two equal arms.
    Source: Fleiss, Levin and Paik 2003, section 4.2 (without the correction for continuity, which gives 39,973: the
    effect's interval has none either); for unequal arms their 4.5.
    """
    return ceil(design_effect * _accounts(plan, plan.difference, ratio))


def detectable_difference(
    plan: Plan, accounts: float, *, ratio: float = 1.0, design_effect: float = 1.0
) -> float | None:
    """The smallest gain over the plan's rate that `accounts` in the baseline find with the plan's power.

    The plan's own difference is not looked at. None where even every account converting would not be found.
    """
    from scipy.optimize import brentq

    most = 1 - plan.rate - 1e-9
    if accounts <= 0:
        return None

    def lacking(difference: float) -> float:
        return design_effect * _accounts(plan, difference, ratio) - accounts

    return None if lacking(most) > 0 else float(brentq(lacking, 1e-9, most, xtol=1e-9))


def family_design_effect(plan: Plan, family_sizes: Sequence[int] | np.ndarray) -> float:
    """How many times as many accounts are needed since families share an arm: 1 + (m - 1) correlation.

    m: accounts in the family of an average account, sum of squares over sum. Source: Kish 1965; for families of unequal
    sizes Donner, Birkett and Buck 1981.
    """
    sizes = np.asarray(family_sizes, dtype=np.float64)
    return float(1 + ((sizes**2).sum() / sizes.sum() - 1) * plan.family_correlation)


def _accounts(plan: Plan, difference: float, ratio: float) -> float:
    other = plan.rate + difference
    both = (plan.rate + ratio * other) / (1 + ratio)
    by_chance = ndtri(1 - plan.alpha / 2) * sqrt((1 + ratio) * both * (1 - both))
    found = ndtri(plan.power) * sqrt(ratio * plan.rate * (1 - plan.rate) + other * (1 - other))
    return float((by_chance + found) ** 2 / (ratio * difference**2))
