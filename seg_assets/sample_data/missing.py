"""Which accounts a source knows nothing about, to the share that the catalogue expects.

Belongs here: choosing them on a day, so that mostly the same ones stay unknown from week to week.
Does not: accounts that a source does not apply to (standing.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seg_assets.sample_data.randomness import Dice, Flags, Floats, Rows

SHARES = {"firmographics": 0.11, "marketing_engagement": 0.06, "product_usage": 0.18}


@dataclass(frozen=True)
class Gaps:
    """absent: the source has no row for the account; blank: it has a row of nulls. Both bool (n,), never both true."""

    absent: Flags
    blank: Flags


def gaps(dice: Dice, source: str, day: int, rows: Rows, weight: Floats, concerned: Flags) -> Gaps:
    """The gaps of `source` among `rows`: its share of those `concerned`, to the account.

    weight: float32 (n,); accounts that weigh more go missing more often. Half of the gaps are rows of nulls.
    """
    score = dice.settled_normal(f"{source}.missing", rows) + 0.5 * weight
    score += 0.35 * dice.wander(f"{source}.missing.slow", day, rows, 300)
    among = score[concerned]
    wanted = round(SHARES[source] * among.size)
    missing = np.zeros(rows.size, dtype=np.bool_)
    if wanted:
        edge = np.partition(among, among.size - wanted)[among.size - wanted]
        missing = concerned & (score >= edge)
    blank = dice.settled_uniform(f"{source}.blank", rows) < 0.5
    return Gaps(absent=missing & ~blank, blank=missing & blank)
