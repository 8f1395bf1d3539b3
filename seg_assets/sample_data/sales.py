"""The source sales_lifecycle: where accounts stand with sales, and how often sales calls.

Belongs here: its 9 columns on a day.
Does not: the events behind them (lives.py).
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seg_assets.sample_data.counts import Count, expected, whole
from seg_assets.sample_data.firms import named
from seg_assets.sample_data.moods import Moods
from seg_assets.sample_data.randomness import Days, Dice, exponential
from seg_assets.sample_data.standing import OPPORTUNITIES, STAGES, TRIAL, Standing
from seg_assets.sample_data.traits import MOTIONS, Traits
from seg_assets.sample_data.vocabulary import LEAD_SOURCES

_TOUCHES = Count("sales_touches_90d", 0.35, {"fit": 0.35, "motion": 0.35, "open": 0.9, "intent": 0.15}, 0.5, 0.35, 91)
_DEAL_CALL_DAYS = 10


def sales_columns(
    dice: Dice, traits: Traits, standing: Standing, mood: Moods
) -> dict[str, pl.Series | NDArray[np.generic]]:
    """The columns of sales_lifecycle, in catalogue order, for the accounts of `standing`."""
    rows, day = standing.rows, standing.day
    stage = standing.stage.copy()
    is_open = (standing.qualified <= day) & (standing.close > day)
    second = dice.hashed_uniform("opportunity.second", rows, standing.qualified.astype(np.int64)) < 0.12
    since = _days_since_touch(dice, traits, standing)
    drivers = {
        "fit": traits.fit[rows],
        "motion": traits.motion[rows].astype(np.float32),
        "open": is_open.astype(np.float32),
        "intent": mood.intent,
    }
    touches = whole(dice, _TOUCHES.name, expected(dice, _TOUCHES, drivers, day, rows), rows)
    return {
        "lead_source": named(traits.lead_source[rows], LEAD_SOURCES),
        "opportunity_stage": named(standing.opportunity, OPPORTUNITIES),
        "sales_motion": named(traits.motion[rows], MOTIONS),
        "lifecycle_stage": named(stage, STAGES),
        "days_since_last_touch": since.astype(np.int64),
        "account_age_days": standing.age.astype(np.int64),
        "open_opportunities": is_open.astype(np.int64) + (is_open & second),
        "sales_touches_90d": np.where(since < 90, np.maximum(touches, 1), 0),
        "is_trial": stage == TRIAL,
    }


def _days_since_touch(dice: Dice, traits: Traits, standing: Standing) -> Days:
    """Sales calls now and then, and every ten days while a deal is open; nobody is older than the account."""
    rows, day = standing.rows, standing.day
    spacing = np.float32(190) * exponential(-0.45 * traits.fit[rows] - 0.4 * traits.motion[rows])
    today = np.full(rows.size, day, dtype=np.int32)
    since = dice.days_since("touched", today, rows, np.clip(spacing, 5, 1500).astype(np.float32))
    called = np.minimum(standing.close, day) - standing.qualified
    last = day - standing.qualified - (called // _DEAL_CALL_DAYS) * _DEAL_CALL_DAYS
    since = np.where(standing.qualified <= day, np.minimum(since, last), since)
    return np.minimum(since, standing.age).astype(np.int32)
