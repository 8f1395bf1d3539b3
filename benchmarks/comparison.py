"""Scoring beside the floor and beside the plain scoring, and what the project aims at.

Belongs here: paired ratios and aims. Does not: measuring (measuring.py), printing (table.py).
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from benchmarks.measuring import Figures

ACCOUNTS = 420_000


@dataclass(frozen=True)
class Aim:
    """A figure and what it should be; met is None where the aim is about another number of accounts."""

    what: str
    figure: float
    unit: str
    wanted: str
    met: bool | None


def ratios(numerator: Figures, denominator: Figures) -> tuple[float, ...]:
    """Of each warm turn, the seconds of one over those of the other."""
    return tuple(one / other for one, other in zip(numerator.seconds[1:], denominator.seconds[1:], strict=True))


def aims(scoring: Figures, floor: Figures, plain: Figures, accounts: int) -> list[Aim]:
    """The aims for the weekly scoring of 420,000 accounts on 2 cores, with the figures of this run."""
    judged = accounts == ACCOUNTS

    def aim(
        what: str, figure: float, unit: str, words: str, holds: Callable[[float, float], bool], bound: float
    ) -> Aim:
        return Aim(what, figure, unit, f"{words} {bound:g} {unit}", holds(figure, bound) if judged else None)

    beside_floor = median(ratios(scoring, floor))
    faster_than_plain = median(ratios(plain, scoring))
    return [
        aim("scoring, warm, read to write", scoring.warm, "s", "under", operator.lt, 3.0),
        aim("scoring, peak memory", scoring.peak_mb / 1000, "GB", "under", operator.lt, 1.5),
        aim("scoring beside the floor", beside_floor, "times", "at most", operator.le, 3.0),
        aim("faster than scikit-learn + pandas", faster_than_plain, "times", "at least", operator.ge, 10.0),
    ]
