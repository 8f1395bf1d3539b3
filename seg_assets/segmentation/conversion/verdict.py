"""What a paired difference decides, by a rule fixed before any look at the data.

Belongs here: the confidence of each of the year's looks, the verdict and its sentence, what is still missing.
Does not: the difference itself (figures.py), which accounts a quarter judges (quarter.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from math import ceil, isnan, sqrt

import numpy as np

from seg_assets.segmentation.conversion.estimate import Estimate
from seg_assets.segmentation.lift import Interval

ALPHA = 0.05
LOOKS = 4
# Segments that rank this little worse are no worse.
MARGIN = 0.01
# Below, Student's interval of an AUC is a guess about tails.
FEWEST_CONVERSIONS = 30
MONITORING = "monitoring, not verdict"
_NODES = 240


class Says(StrEnum):
    """What a verdict can be. A verdict that the best fifth contradicts is held back."""

    BETTER = "better"
    NO_WORSE = "no worse"
    WORSE = "worse"
    HELD_BACK = "held back"
    NOT_ENOUGH = "not enough data"


@dataclass(frozen=True)
class Verdict:
    """One look. difference: AUC of the segments less that of the incumbent, at this look's confidence.

    lift: the difference in lift in the top 20 %, at 95 %, None where it is undefined; missing: conversions that are
    still needed for a decision at the difference seen, 0 where there is one; sentence: for people.
    """

    says: Says
    look: int
    looks: int
    confidence: float
    difference: Interval | None
    lift: Interval | None
    conversions: int
    missing: int
    sentence: str


def spent(fraction: float, alpha: float = ALPHA) -> float:
    """The share of a two-sided alpha that may be spent when `fraction` of the year's information is in.

    4 (1 - Phi(z / sqrt(fraction))), z the quantile 1 - alpha / 4 of the normal distribution: alpha / 2 a side.
    Source: Lan, DeMets 1983, the spending function like O'Brien, Fleming 1979.
    """
    from scipy.stats import norm

    return float(4 * norm.sf(norm.isf(alpha / 4) / sqrt(fraction)))


@cache
def confidences(looks: int = LOOKS, alpha: float = ALPHA) -> tuple[float, ...]:
    """The confidence of the interval at each look at data that grow by the same amount before each.

    All intervals of a year hold their truth together with probability 1 - alpha or more: repeated confidence
    intervals, Jennison, Turnbull 1989. Limits by the recursion of Armitage, McPherson, Rowe 1969 over sums of
    independent normal increments. Looks at data that grow unevenly change the limits by little (Lan, DeMets 1983).
    """
    from scipy.optimize import brentq
    from scipy.stats import norm

    places, weights = np.polynomial.legendre.leggauss(_NODES)
    # The sum of increments so far where no look has decided: points, and the mass at each. At first all of it is at 0.
    points, mass = np.zeros(1), np.ones(1)
    found, before = [], 0.0
    for look in range(1, looks + 1):
        now = spent(look / looks, alpha)

        def excess(
            limit: float, points: np.ndarray = points, mass: np.ndarray = mass, step: float = now - before
        ) -> float:
            return float(mass @ (norm.sf(limit - points) + norm.cdf(-limit - points))) - step

        limit = float(brentq(excess, 0.0, 10.0 * sqrt(look), xtol=1e-10))
        found.append(float(1 - 2 * norm.sf(limit / sqrt(look))))
        nodes = limit * places
        mass = limit * weights * (norm.pdf(nodes[:, None] - points[None, :]) @ mass)
        points, before = nodes, now
    return tuple(found)


def decide(
    difference: Estimate | None,
    lift: Estimate | None,
    conversions: int,
    *,
    look: int,
    looks: int = LOOKS,
    alpha: float = ALPHA,
) -> Verdict:
    """The verdict on segments against the incumbent at look 1 .. `looks` of the year.

    difference: in AUC, over all data of the year up to this look; lift: in the top 20 %, which can only veto.
    The first that holds: fewer than 30 conversions, not enough data; lower end above 0, better; lower end at least
    -0.01, no worse; upper end below 0, worse; else not enough data. Better and no worse are held back where the 95 %
    interval of the difference in lift is below 0. Raises ValueError for a look outside 1 .. looks.
    """
    if not 1 <= look <= looks:
        raise ValueError(f"look {look} is not one of 1 to {looks}")
    confidence = confidences(looks, alpha)[look - 1]
    interval = None if difference is None else difference.interval(confidence)
    best = None if lift is None else lift.interval()
    says = _by_auc(interval, conversions)
    if says in (Says.BETTER, Says.NO_WORSE) and best is not None and best.high < 0:
        says = Says.HELD_BACK
    missing = _missing(interval, conversions) if says is Says.NOT_ENOUGH else 0
    sentence = _sentence(says, interval, best, confidence, conversions, missing)
    return Verdict(says, look, looks, confidence, interval, best, conversions, missing, sentence)


def _by_auc(interval: Interval | None, conversions: int) -> Says:
    if interval is None or isnan(interval.low) or conversions < FEWEST_CONVERSIONS:
        return Says.NOT_ENOUGH
    if interval.low > 0:
        return Says.BETTER
    if interval.low >= -MARGIN:
        return Says.NO_WORSE
    return Says.WORSE if interval.high < 0 else Says.NOT_ENOUGH


def _missing(interval: Interval | None, conversions: int) -> int:
    """How many conversions more would decide, were the difference to stay: half the width falls as 1 / sqrt(number)."""
    least = max(FEWEST_CONVERSIONS - conversions, 1)
    if interval is None or isnan(interval.low):
        return least
    half = (interval.high - interval.low) / 2
    # No worse needs value - half >= -margin, worse needs value + half < 0; better needs more than no worse.
    enough = max(interval.value + MARGIN, -interval.value)
    return max(ceil(conversions * (half / enough) ** 2) - conversions, least)


def _sentence(
    says: Says, interval: Interval | None, lift: Interval | None, confidence: float, conversions: int, missing: int
) -> str:
    if interval is None or isnan(interval.low):
        return f"Not enough data: {conversions} conversions; at least {missing} more are needed."
    seen = (
        f"the AUC of segments less that of the incumbent is {interval.value:+.3f} "
        f"({100 * confidence:.6g} % interval {interval.low:+.3f} to {interval.high:+.3f}, {conversions:,} conversions)"
    )
    ends = {
        Says.BETTER: "",
        Says.NO_WORSE: f"; they rank at most {MARGIN} worse",
        Says.WORSE: "",
        Says.NOT_ENOUGH: f"; at this confidence about {missing:,} more would decide, were the difference to stay",
        Says.HELD_BACK: "",
    }
    if lift is not None and says is Says.HELD_BACK:
        ends[says] = (
            f"; but in the top 20 % their lift is lower ({lift.value:+.2f}, {lift.low:+.2f} to {lift.high:+.2f})"
        )
    return f"{says.value.capitalize()}: {seen}{ends[says]}."
