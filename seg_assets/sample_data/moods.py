"""What moves in an account from week to week: engagement, buying intent and usage as smooth functions of time.

Belongs here: the moving latent levels, for any day, from the seed alone.
Does not: the columns that show them (the source modules), what they lead to (outcomes.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seg_assets.sample_data.randomness import Dice, Floats, Rows
from seg_assets.sample_data.traits import GROWTH_FROM, Traits


@dataclass(frozen=True)
class Moods:
    """Moving levels of n accounts on one day; float32 (n,), centred near 0 with a spread near 1."""

    engagement: Floats
    intent: Floats
    usage: Floats
    family: Floats


def moods(dice: Dice, traits: Traits, day: int, rows: Rows) -> Moods:
    """The moods of the accounts `rows` on `day`.

    Intent has bursts: the square of its faster part lifts it now and then, more often than it drops it.
    """
    fast = dice.wander("intent.fast", day, rows, 98)
    intent = 0.3 * traits.engagement[rows] + 0.5 * dice.wander("intent.slow", day, rows, 240)
    intent += 0.7 * fast + 0.22 * (fast * fast - 1)
    engagement = 0.85 * traits.engagement[rows] + 0.4 * dice.wander("engagement.slow", day, rows, 210)
    family = traits.family[rows]
    shared = dice.wander("family.intent", day, np.maximum(family, 0), 150) * (family >= 0)
    intent = np.clip(intent + 0.7 * shared, -3.5, 3.5)
    return Moods(np.clip(engagement, -4, 4), intent, usage_level(dice, traits, day, rows), shared)


def usage_level(dice: Dice, traits: Traits, day: int, rows: Rows) -> Floats:
    """Usage as a level of logarithms: what the account is like, its growth over the years, and slow swings."""
    years = (day - GROWTH_FROM) / 365.25
    level = traits.usage[rows] + np.float32(1.2 * years) * traits.growth[rows]
    level += 0.4 * dice.wander("usage.slow", day, rows, 180)
    return level
