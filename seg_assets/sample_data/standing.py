"""Where every account of the population stands on one day: stage, contract, opportunity.

Belongs here: reading the dated events of lives.py as of a day.
Does not: drawing them (lives.py), the columns of a source (the source modules).
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from seg_assets.sample_data.lives import LOST_SHOWN_DAYS, WON_SHOWN_DAYS, Lives
from seg_assets.sample_data.randomness import NEVER, Codes, Days, Flags, Rows

STAGES: tuple[str, ...] = ("lead", "mql", "trial", "customer", "churned")
LEAD, MQL, TRIAL, CUSTOMER, CHURNED = range(5)
OPPORTUNITIES: tuple[str, ...] = (
    "none", "prospecting", "discovery", "evaluation", "negotiation", "closed_won", "closed_lost",
)  # fmt: skip
_SHARES_OF_A_DEAL = (0.2, 0.45, 0.75)


@dataclass(frozen=True)
class Standing:
    """The accounts in the population on `day`, as arrays of one row each.

    rows: index of the account, ascending; stage, opportunity: codes into STAGES and OPPORTUNITIES; since, churn: the
    latest time as a customer; qualified, close: the latest spell of pipeline (NEVER without one).
    """

    day: int
    rows: Rows
    stage: Codes
    since: Days
    churn: Days
    trial_start: Days
    qualified: Days
    close: Days
    won: Flags
    opportunity: Codes
    age: Days

    @property
    def customer(self) -> Flags:
        customer: Flags = self.stage == CUSTOMER
        return customer

    @property
    def uses(self) -> Flags:
        """Whether the account has, or had, a workspace."""
        uses: Flags = self.stage >= TRIAL
        return uses

    def where(self, keep: Flags) -> Standing:
        """The same for some of its accounts."""
        arrays = {column.name: getattr(self, column.name) for column in fields(self) if column.name != "day"}
        return replace(self, **{name: array[keep] for name, array in arrays.items()})


def standing_on(lives: Lives, day: int) -> Standing:
    """Who is there on `day`, and where they stand; needs no other day."""
    count = int(np.searchsorted(lives.birth, day, side="right"))
    rows = np.flatnonzero(lives.removed[:count] > day)
    since, churn = (column[rows] for column in contract_on(lives, day))
    trial_start = lives.trial_start[rows]
    stage = np.where(lives.marketing_qualified[rows] <= day, MQL, LEAD).astype(np.int16)
    qualified, close, won = _latest_spell(lives, day, rows)
    stage[qualified <= day] = MQL
    stage[(trial_start <= day) & (lives.trial_end[rows] > day)] = TRIAL
    stage[since <= day] = CUSTOMER
    stage[churn <= day] = CHURNED
    opportunity = _opportunity(day, qualified, close, won)
    age = (day - lives.birth[rows]).astype(np.int32)
    return Standing(day, rows, stage, since, churn, trial_start, qualified, close, won, opportunity, age)


def contract_on(lives: Lives, day: int) -> tuple[Days, Days]:
    """Start and end of each account's latest time as a customer that has begun by `day` (NEVER: not yet one)."""
    bought = lives.purchases
    begun = int(np.searchsorted(bought.start, day, side="right"))
    since = np.full(lives.birth.size, NEVER, dtype=np.int32)
    churn = since.copy()
    since[bought.account[:begun]] = bought.start[:begun]
    churn[bought.account[:begun]] = bought.churn[:begun]
    return since, churn


def expansions_on(lives: Lives, day: int) -> Codes:
    """How often an account that was a customer won another deal by `day`, since it became one."""
    spells = lives.spells
    since, _ = contract_on(lives, day)
    grown = spells.won & (spells.close <= day) & (spells.close > since[spells.account])
    return np.bincount(spells.account[grown], minlength=lives.birth.size).astype(np.int16)


def _latest_spell(lives: Lives, day: int, rows: Rows) -> tuple[Days, Days, Flags]:
    spells = lives.spells
    begun = int(np.searchsorted(spells.qualified, day, side="right"))
    qualified = np.full(lives.birth.size, NEVER, dtype=np.int32)
    close = qualified.copy()
    won = np.zeros(lives.birth.size, dtype=np.bool_)
    account = spells.account[:begun]
    qualified[account], close[account], won[account] = (
        spells.qualified[:begun],
        spells.close[:begun],
        spells.won[:begun],
    )
    return qualified[rows], close[rows], won[rows]


def _opportunity(day: int, qualified: Days, close: Days, won: Flags) -> Codes:
    open_now = (qualified <= day) & (close > day)
    done = np.where(open_now, (day - qualified) / np.maximum(close - qualified, 1), 0.0)
    code = np.zeros(qualified.size, dtype=np.int16)
    code[open_now] = 1
    for share in _SHARES_OF_A_DEAL:
        code += open_now & (done >= share)
    closed = (qualified <= day) & (close <= day)
    code[closed & won & (day < close.astype(np.int64) + WON_SHOWN_DAYS)] = OPPORTUNITIES.index("closed_won")
    code[closed & ~won & (day < close.astype(np.int64) + LOST_SHOWN_DAYS)] = OPPORTUNITIES.index("closed_lost")
    return code
