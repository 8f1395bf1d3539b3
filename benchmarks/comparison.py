"""Scoring beside the floor and beside the plain scoring, a refresh beside the plain loop, and what the project aims at.

Belongs here: paired ratios, the whole that a measured part stands for, aims. Does not: measuring (measuring.py),
printing (table.py).
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


@dataclass(frozen=True)
class Loop:
    """The loop over k with scikit-learn. counts: its fits and figures; refits: one of `parts` equal parts of the rest.

    seconds, cpu_seconds: of the whole loop, the measured part of its refits times `parts`.
    """

    counts: Figures
    refits: Figures
    parts: int

    @property
    def seconds(self) -> float:
        """Seconds of the whole."""
        return self.counts.warm + self.parts * self.refits.warm

    @property
    def cpu_seconds(self) -> float:
        """Processor seconds of the whole."""
        return self.counts.warm_cpu + self.parts * self.refits.warm_cpu


def aims(scoring: Figures, floor: Figures, plain: Figures, refresh: Figures, accounts: int) -> list[Aim]:
    """The aims of scoring and of a refresh, for 420,000 accounts on 2 cores, with the figures of this run."""
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
        aim("refresh, all gates, k = 3 to 15", refresh.warm, "s", "under", operator.lt, 90.0),
        aim("refresh, peak memory", refresh.peak_mb / 1000, "GB", "under", operator.lt, 4.0),
    ]
