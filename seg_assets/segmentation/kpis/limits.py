"""Control limits of a series: how far it moves from period to period without a cause that is worth looking for.

Belongs here: the charts and their two rules. Does not: the uncertainty of one figure (figures.py).

Sources: the individuals chart with moving ranges, Shewhart 1931 and the NIST/SEMATECH e-Handbook, 6.3.2.2; for shares
the p' chart, Laney 2002, Quality Engineering 14(4): the limits of a p chart, which with many accounts take every change
for a signal, times how much the series moves beyond chance; eight in a row on one side: Western Electric 1956, of the
median as in a run chart: Perla, Provost and Murray 2011, BMJ Quality & Safety 20(1).

Of our own is that limits are never narrower than chance alone makes them. Much of a series is the same accounts month
after month, so that it creeps: its moving ranges are then smaller than what it is worth knowing, and every slow trend
would be a signal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEAST_PERIODS = 8
LEAST_ACCOUNTS = 30
"""Of each period; with fewer, one account makes the figure."""
LEAST_COUNTED = 5
"""Counted and not counted in a period, on average; with fewer, a share is far from normal."""
IN_A_ROW = 8
DEVIATIONS = 3.0
D2 = 1.128
"""Expected range of two draws from a normal distribution, in standard deviations."""

Figures = NDArray[np.float64]


@dataclass(frozen=True)
class Series:
    """Figures of one KPI, grain and segment in order of time, all of one definition version.

    accounts: of how many each is; errors: standard errors. share: whether figures are shares of those accounts; most:
    the largest figure that there can be, the least is 0 or more. flow: whether a period's figure is of what happened in
    it; another is of a state, whose long runs on one side mean nothing.
    """

    values: tuple[float, ...]
    accounts: tuple[int, ...]
    errors: tuple[float, ...]
    share: bool
    flow: bool
    most: float | None = None


@dataclass(frozen=True)
class Limits:
    """The chart of one series. lower, upper: a limit a period; rules: why a period is a signal, None: it is none."""

    centre: float
    lower: tuple[float, ...]
    upper: tuple[float, ...]
    rules: tuple[str | None, ...]


def limits(series: Series) -> Limits | str:
    """The chart of a series, or why there is none, in words."""
    accounts = series.accounts
    if len(accounts) < LEAST_PERIODS:
        return f"{len(accounts)} of the {LEAST_PERIODS} periods that limits need"
    if min(accounts) < LEAST_ACCOUNTS:
        return f"a period has {min(accounts)} of the {LEAST_ACCOUNTS} accounts that limits need"
    figures, sizes = np.asarray(series.values), np.asarray(accounts, dtype=np.float64)
    if series.share:
        centre = float((figures * sizes).sum() / sizes.sum())
        if min(centre, 1 - centre) * sizes.mean() < LEAST_COUNTED:
            return f"fewer than {LEAST_COUNTED} accounts a period are {'counted' if centre < 0.5 else 'not counted'}"
        chance = np.sqrt(centre * (1 - centre) / sizes)
    else:
        centre = float(figures.mean())
        # The error of a period with one large change is itself large, and would hide it.
        chance = np.full_like(figures, np.median(series.errors))
    if not chance.all():
        return "it has never moved"
    moved = float(np.abs(np.diff((figures - centre) / chance)).mean()) / D2
    reach = DEVIATIONS * max(moved, 1.0) * chance
    lower = np.maximum(centre - reach, 0.0)
    upper = np.minimum(centre + reach, np.inf if series.most is None else series.most)
    in_a_row = IN_A_ROW if series.flow else len(figures) + 1
    return Limits(centre, tuple(lower.tolist()), tuple(upper.tolist()), _rules(figures, lower, upper, in_a_row))


def _rules(figures: Figures, lower: Figures, upper: Figures, in_a_row: int) -> tuple[str | None, ...]:
    # Not of the centre, which one jump moves away from all the others.
    middle = float(np.median(figures))
    found: list[str | None] = []
    side, run = 0, 0
    for value, low, high in zip(figures, lower, upper, strict=True):
        now = int(np.sign(value - middle))
        run = run + 1 if now == side and now else abs(now)
        side = now
        if value > high or value < low:
            found.append(f"{'above' if value > high else 'below'} its limits")
        elif run >= in_a_row:
            found.append(f"{run} periods in a row {'above' if now > 0 else 'below'} its median")
        else:
            found.append(None)
    return tuple(found)
