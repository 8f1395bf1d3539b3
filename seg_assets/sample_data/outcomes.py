"""How likely an account's pipeline is to be qualified in the next four weeks, given who it is and how it feels.

Belongs here: the probability of conversion and of winning, as interactions of traits.
Does not: drawing them (lives.py).
"""

from __future__ import annotations

import numpy as np

from seg_assets.sample_data.moods import Moods
from seg_assets.sample_data.randomness import Flags, Floats, Rows, logistic
from seg_assets.sample_data.traits import Traits

PERIOD_DAYS = 28
CEILING = 0.2


def conversion_probability(
    traits: Traits, rows: Rows, moods: Moods, customer: Flags, churned: Flags, trial: Flags
) -> Floats:
    """Probability that pipeline is qualified within PERIOD_DAYS, float32 (n,), for the n accounts `rows`.

    No trait decides alone: intent counts for accounts that fit, engagement for those that are mature enough, usage for
    trials, growing customers are worth an expansion, and a large firm moves slowly unless its intent is high.
    """
    fit, size = traits.fit[rows], traits.size[rows]
    zero = np.float32(0)
    score = np.float32(-5.2) + 2.1 * moods.intent * logistic(1.8 * fit) + 0.45 * fit
    score += 0.55 * np.maximum(moods.engagement, zero) * logistic(1.5 * traits.maturity[rows])
    score -= 0.55 * np.maximum(size - 0.8, zero) * logistic(-1.5 * moods.intent)
    score += trial * (0.3 + 0.8 * np.maximum(moods.usage + 0.3, zero))
    score += customer * (-0.3 + 0.7 * np.maximum(moods.usage, zero) * logistic(8 * traits.growth[rows]))
    score -= churned * np.float32(0.5)
    score += 0.6 * moods.family
    return np.minimum(logistic(score), np.float32(CEILING))


def win_probability(traits: Traits) -> Floats:
    """Probability that an opportunity, once opened, is won: float32 (n,)."""
    return logistic(-0.9 + 0.5 * traits.fit + 0.25 * traits.maturity)
