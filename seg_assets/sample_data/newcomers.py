"""A new kind of account, for the event new_kind: small firms that run models and interfaces around the clock.

Belongs here: how their traits and lives differ from those of the others.
Does not: when they appear (population.py).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from seg_assets.sample_data.lives import Fates, contract_ends
from seg_assets.sample_data.randomness import NEVER, Days, Dice
from seg_assets.sample_data.traits import MOTIONS, Traits, draw_traits


def newcomer_traits(dice: Dice) -> Traits:
    """Tiny firms with mature, automated, heavy use, that marketing hardly reaches and that buy for themselves."""
    drawn = draw_traits(dice)
    return replace(
        drawn,
        size=-1.9 + 0.35 * drawn.size,
        maturity=1.6 + 0.4 * drawn.maturity,
        engagement=-1.1 + 0.5 * drawn.engagement,
        spend=0.2 + 0.5 * drawn.spend,
        usage=1.5 + 0.5 * drawn.usage,
        automation=2.6 + 0.5 * drawn.automation,
        motion=np.full(dice.accounts, MOTIONS.index("self_serve"), dtype=np.int16),
    )


def newcomer_births(dice: Dice, day: int) -> Days:
    """Their records were created in the two and a half years before `day`: ascending day numbers."""
    return np.sort(day - 30 - np.floor(880 * dice.uniform("newcomer.age")).astype(np.int32)).astype(np.int32)


def newcomer_fates(dice: Dice, traits: Traits, birth: Days, day: int) -> Fates:
    """Four in five are customers, the others on trial when they appear on `day`."""
    rows = np.arange(birth.size)
    buys = dice.uniform("newcomer.customer") < 0.8
    start = np.where(buys, birth + 30, NEVER).astype(np.int32)
    end = np.where(buys, birth + 30, day + 60 + np.floor(120 * dice.uniform("newcomer.trial")))
    return Fates(
        removed=np.full(birth.size, NEVER, dtype=np.int32),
        marketing_qualified=end.astype(np.int32),
        trial_start=birth,
        trial_end=end.astype(np.int32),
        start=start,
        churn=np.where(start < NEVER, contract_ends(dice, traits, rows, start, 0), NEVER).astype(np.int32),
    )
