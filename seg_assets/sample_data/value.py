"""The source account_value: contracts, what they are worth, and how they are paid.

Belongs here: its 7 columns on a day, and the contract of an account on any day.
Does not: when contracts begin and end (lives.py), single revenue events (revenue.py).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seg_assets.sample_data.lives import Lives
from seg_assets.sample_data.randomness import Codes, Days, Dice, Flags, Floats, Rows, exponential, logistic
from seg_assets.sample_data.standing import Standing, contract_on, expansions_on
from seg_assets.sample_data.traits import Traits
from seg_assets.sample_data.usage import workload

_EXPANSION = 0.32
_YEAR = 365


def contract_values(
    dice: Dice, traits: Traits, rows: Rows, since: Days, expansions: Codes, day: int
) -> NDArray[np.float64]:
    """Contract value of customers in USD a year: log-normal with a fat tail, stepping at renewals and expansions."""
    level = 9.1 + 0.85 * traits.spend[rows] + 0.5 * traits.size[rows] + 0.5 * dice.settled_normal("contract", rows)
    renewals = np.clip((day - since) // _YEAR, 0, 12).astype(np.float32)
    level += renewals * (0.03 + 0.6 * traits.growth[rows]) + np.float32(_EXPANSION) * np.minimum(expansions, 4)
    level = np.clip(level, 5.5, 17.2).astype(np.float32)
    return np.rint(exponential(level).astype(np.float64) / 10) * 10


def value_columns(dice: Dice, traits: Traits, lives: Lives, standing: Standing) -> dict[str, NDArray[np.generic]]:
    """The columns of account_value, in catalogue order, for the accounts of `standing`."""
    day, accounts = standing.day, standing.rows.size
    holders = np.flatnonzero(standing.uses)
    customer = standing.customer[holders]
    held = standing.where(standing.uses)
    contract = contract_values(dice, traits, held.rows, held.since, expansions_on(lives, day)[held.rows], day)
    now = np.where(customer, contract, 0.0)
    arr = _running_rate(dice, traits, held, contract, day)
    before = _arr_a_year_ago(dice, traits, lives, held)
    due = (held.churn.astype(np.int64) - day) % _YEAR
    busy = logistic(-2.6 + 1.1 * workload(dice, traits, held, day) + 6 * traits.growth[held.rows])

    def spread(values: NDArray[np.generic]) -> NDArray[np.generic]:
        column = np.zeros(accounts, dtype=values.dtype)
        column[holders] = values
        return column

    grown = np.where((before > 0) & (held.since <= day), arr / np.maximum(before, 1) - 1, 0.0)
    return {
        "estimated_arr": spread(arr),
        "contract_value": spread(now),
        "expansion_flag": spread(customer & (dice.settled_uniform("expansion", held.rows) < busy)),
        "renewal_in_90d": spread(customer & (due < 90)),
        "discount_rate": spread(np.where(customer, _discounts(dice, traits, held), 0.0)),
        "payment_delay_days": spread(np.where(customer, _delays(dice, traits, held), 0)),
        "arr_growth_12m": spread(np.round(grown, 4)),
    }


def _running_rate(
    dice: Dice, traits: Traits, held: Standing, contract: NDArray[np.float64], day: int
) -> NDArray[np.float64]:
    """ARR in USD: the contract moved a little by use; a trial's use at list price; nothing after churn."""
    level = workload(dice, traits, held, day)
    factor = exponential(np.clip(0.18 * (level - traits.usage[held.rows]), -0.4, 0.4))
    trial: Flags = held.trial_start <= day
    arr = np.where(trial, np.minimum(exponential(5.4 + 0.8 * level), np.float32(20_000)), 0).astype(np.float64)
    arr = np.where(held.since <= day, contract * factor, arr)
    arr = np.where(held.churn <= day, 0.0, arr)
    return np.rint(arr)


def _arr_a_year_ago(dice: Dice, traits: Traits, lives: Lives, held: Standing) -> NDArray[np.float64]:
    """ARR 365 days before, 0 for those who were no customers then."""
    day = held.day - _YEAR
    since, churn = (column[held.rows] for column in contract_on(lives, day))
    then = (since <= day) & (churn > day)
    contract = contract_values(dice, traits, held.rows, since, expansions_on(lives, day)[held.rows], day)
    factor = workload(dice, traits, held, day) - traits.usage[held.rows]
    return np.where(then, contract * exponential(np.clip(0.18 * factor, -0.4, 0.4)), 0.0)


def _discounts(dice: Dice, traits: Traits, held: Standing) -> NDArray[np.float64]:
    """Discount as a share, fixed for a contract year; larger firms negotiate more."""
    years = np.clip((held.day - held.since) // _YEAR, 0, 40).astype(np.int64)
    luck = dice.hashed_uniform("discount", held.rows, years)
    share: Floats = logistic(-3.2 + 0.5 * traits.size[held.rows] + 2.6 * luck)
    agreed: NDArray[np.float64] = np.where(luck < 0.3, 0, np.minimum(share, np.float32(0.6))).astype(np.float64)
    return agreed.round(2)


def _delays(dice: Dice, traits: Traits, held: Standing) -> NDArray[np.int64]:
    taste = dice.settled_normal("payment", held.rows)
    slow = dice.wander("payment.slow", held.day, held.rows, 240)
    late = exponential(1.3 + 0.9 * taste + 0.3 * slow - 0.2 * traits.fit[held.rows]) - np.float32(2.5)
    days: NDArray[np.int64] = np.floor(np.clip(late, 0, 180)).astype(np.int64)
    return days
