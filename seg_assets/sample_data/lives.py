"""What happens to the accounts: births, trials, purchases, spells of pipeline, churn, removal.

Belongs here: the dated events of every account's life, drawn once from the seed for the whole calendar.
Does not: what an account looks like on a Monday (standing.py), how likely a conversion is (outcomes.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from seg_assets.sample_data.moods import moods
from seg_assets.sample_data.outcomes import CEILING, PERIOD_DAYS, conversion_probability, win_probability
from seg_assets.sample_data.randomness import NEVER, Days, Dice, Flags, Floats, Rows, day_number, exponential, logistic
from seg_assets.sample_data.traits import Traits

FIRST_BIRTH = day_number(date(2012, 1, 2))
SPELLS_FROM = day_number(date(2023, 7, 3))
CALENDAR_END = day_number(date(2026, 12, 28))
GROWTH_A_YEAR = 0.13
WON_SHOWN_DAYS = 270
LOST_SHOWN_DAYS = 150
LOST_REST_DAYS = 45
_YEAR = 365.25


@dataclass(frozen=True)
class Spells:
    """Pipeline, a row per qualified account and spell, in order of `qualified`; days are day numbers."""

    account: Rows
    qualified: Days
    close: Days
    won: Flags


@dataclass(frozen=True)
class Purchases:
    """Times at which an account became a customer, in order of `start`; it stays one until `churn`."""

    account: Rows
    start: Days
    churn: Days


@dataclass(frozen=True)
class Lives:
    """Dated events of n accounts in order of birth; day numbers, NEVER where it does not happen."""

    birth: Days
    removed: Days
    marketing_qualified: Days
    trial_start: Days
    trial_end: Days
    spells: Spells
    purchases: Purchases


def draw_births(count: int) -> Days:
    """Birth day of each account, ascending: their number grows by the same factor every year to the end."""
    span = (CALENDAR_END - FIRST_BIRTH) / _YEAR
    share = (np.arange(count) + 0.5) / count
    years = np.log1p(share * np.expm1(GROWTH_A_YEAR * span)) / GROWTH_A_YEAR
    birth: Days = np.floor(FIRST_BIRTH + years * _YEAR).astype(np.int32)
    return birth


@dataclass(frozen=True)
class Fates:
    """What is settled about each account apart from its spells of pipeline; day numbers (n,)."""

    removed: Days
    marketing_qualified: Days
    trial_start: Days
    trial_end: Days
    start: Days
    churn: Days


def draw_fates(dice: Dice, traits: Traits, birth: Days) -> Fates:
    """Trials, early and self-served purchases, interest and removal of the accounts born on `birth`."""
    count = birth.size
    trial_start, trial_end, bought = _trials(dice, traits, birth)
    start = np.minimum(np.where(bought, trial_end, NEVER), _early_customers(dice, traits, birth)).astype(np.int32)
    lasting = dice.exponential("removed") * np.float32(18 * _YEAR)
    heads = (traits.parent == np.arange(count)) & (traits.family >= 0)
    slow = np.float32(11_500) * exponential(-0.55 * traits.engagement - 0.35 * traits.fit)
    interest = birth + slow * dice.exponential("marketing_qualified")
    recycled = np.where(dice.uniform("trial.recycled") < 0.2, trial_end, NEVER)
    return Fates(
        removed=np.where(heads | (start < NEVER), NEVER, np.minimum(birth + 90 + lasting, NEVER)).astype(np.int32),
        marketing_qualified=np.minimum(np.minimum(interest, NEVER), recycled).astype(np.int32),
        trial_start=trial_start,
        trial_end=trial_end,
        start=start,
        churn=contract_ends(dice, traits, np.arange(count), start, 0),
    )


def live(dice: Dice, traits: Traits, birth: Days, fates: Fates) -> Lives:
    """The lives that follow from `fates`: spells of pipeline, four weeks at a time, and what is bought through them."""
    simulation = _Simulation(dice, traits, birth, fates)
    spells, purchases = simulation.run()
    return Lives(
        birth=birth,
        removed=simulation.removed,
        marketing_qualified=fates.marketing_qualified,
        trial_start=fates.trial_start,
        trial_end=fates.trial_end,
        spells=spells,
        purchases=purchases,
    )


def _trials(dice: Dice, traits: Traits, birth: Days) -> tuple[Days, Days, Flags]:
    """First and last day of each account's trial, and whether it bought at its end."""
    tries = dice.uniform("trial") < logistic(0.6 + 0.4 * traits.maturity - 0.5 * traits.motion)
    begin = birth + np.float32(260) * dice.exponential("trial.lag")
    length = 90 + np.minimum(np.float32(160) * dice.exponential("trial.length"), np.float32(400))
    buys = dice.uniform("trial.buys") < logistic(-1.72 + 0.5 * traits.fit + 0.6 * traits.usage)
    start = np.where(tries, np.minimum(begin, NEVER), NEVER).astype(np.int32)
    end = np.where(tries, np.minimum(begin + length, NEVER), NEVER).astype(np.int32)
    return start, end, tries & buys


def _early_customers(dice: Dice, traits: Traits, birth: Days) -> Days:
    """When accounts born before SPELLS_FROM became customers by way of sales, NEVER for most."""
    room = np.maximum(SPELLS_FROM - birth, 0).astype(np.float32)
    ripe = 1 - exponential(-room / np.float32(700))
    score = -1.45 + 0.6 * traits.fit + 0.45 * traits.spend + 0.25 * traits.maturity + 0.2 * traits.engagement
    buys = dice.uniform("early") < ripe * logistic(score)
    day = birth + room * (0.1 + 0.9 * dice.uniform("early.day"))
    return np.where(buys, day, NEVER).astype(np.int32)


def contract_ends(dice: Dice, traits: Traits, rows: Rows, start: Days, step: int) -> Days:
    """When the accounts `rows`, customers from `start`, leave: contracts run for a year and end at the end of one."""
    luck = dice.hashed_uniform("churn", rows, np.full_like(rows, step)).astype(np.float64)
    years = 12 * exponential(0.35 * traits.maturity[rows] + 0.3 * traits.usage[rows]) * -np.log1p(-luck)
    whole = 1 + np.minimum(np.floor(years), 40).astype(np.int32)
    return np.where(start < NEVER, start + 365 * whole, NEVER).astype(np.int32)


class _Simulation:
    """Spells of pipeline from SPELLS_FROM to the calendar's end; holds where each account stands."""

    def __init__(self, dice: Dice, traits: Traits, birth: Days, fates: Fates) -> None:
        self.dice, self.traits, self.birth = dice, traits, birth
        self.trial_start, self.trial_end = fates.trial_start, fates.trial_end
        self.removed, self.start, self.churn = fates.removed.copy(), fates.start.copy(), fates.churn.copy()
        self.wins = win_probability(traits)
        self.pace = (np.float32(45) * exponential(0.3 * traits.size)).astype(np.float32)
        start = fates.start
        early = np.flatnonzero(start < SPELLS_FROM)
        took = np.minimum(40 + self.pace[early] * dice.exponential("early.took")[early], 400)
        opened = np.maximum(start[early] - took.astype(np.int32), birth[early]).astype(np.int32)
        by_sales = start[early] != fates.trial_end[early]
        early, opened = early[by_sales], opened[by_sales]
        self.blocked = np.full(birth.size, -NEVER, dtype=np.int32)
        self.blocked[early] = start[early] + WON_SHOWN_DAYS
        self.spells = [(early, opened, start[early], np.ones(early.size, dtype=np.bool_))]
        # A purchase at the end of a trial stands unless sales wins the account before: hence decided at the end.
        self.first_start, self.first_churn = fates.start.copy(), fates.churn.copy()
        self.purchases: list[tuple[Rows, Days, Days]] = []

    def run(self) -> tuple[Spells, Purchases]:
        for step, day in enumerate(range(SPELLS_FROM, CALENDAR_END + 1, PERIOD_DAYS)):
            self._period(step, day)
        account, qualified, close, won = (np.concatenate(column) for column in zip(*self.spells, strict=True))
        order = np.argsort(qualified, kind="stable")
        spells = Spells(account[order], qualified[order], close[order], won[order])
        first = np.flatnonzero(self.first_start < NEVER)
        rows = [(first, self.first_start[first], self.first_churn[first]), *self.purchases]
        account, start, churn = (np.concatenate(column) for column in zip(*rows, strict=True))
        order = np.argsort(start, kind="stable")
        return spells, Purchases(account[order], start[order], churn[order])

    def _period(self, step: int, day: int) -> None:
        count = int(np.searchsorted(self.birth, day, side="right"))
        luck = self.dice.uniform("spell", step)[:count]
        free = (self.blocked[:count] <= day) & (self.removed[:count] > day)
        rows = np.flatnonzero(free & (luck < CEILING))
        started = self.start[rows] <= day
        customer = started & (self.churn[rows] > day)
        trial = ~started & (self.trial_start[rows] <= day) & (self.trial_end[rows] > day)
        mood = moods(self.dice, self.traits, day + PERIOD_DAYS // 2, rows)
        chance = conversion_probability(self.traits, rows, mood, customer, started & ~customer, trial)
        self._open(step, day, rows[luck[rows] < chance])

    def _open(self, step: int, day: int, account: Rows) -> None:
        """Write down the spells that open in the period, and what they lead to."""

        def drawn(name: str) -> Floats:
            return self.dice.hashed_uniform(name, account, np.full_like(account, step))

        qualified = (day + np.floor(PERIOD_DAYS * drawn("spell.day"))).astype(np.int32)
        wait = -np.log1p(-drawn("spell.took").astype(np.float64))
        close = (qualified + np.minimum(40 + self.pace[account] * wait, 400)).astype(np.int32)
        won = drawn("spell.won") < self.wins[account]
        self.removed[account] = NEVER
        self.spells.append((account, qualified, close, won))
        self.blocked[account] = close + np.where(won, WON_SHOWN_DAYS, LOST_REST_DAYS)
        remains = (self.start[account] <= close) & (self.churn[account] > close)
        new = won & ~remains
        buyer, bought = account[new], close[new]
        churn = contract_ends(self.dice, self.traits, buyer, bought, step + 1)
        pending = self.first_start[buyer] > bought
        self.first_start[buyer[pending]] = NEVER
        self.start[buyer], self.churn[buyer] = bought, churn
        self.purchases.append((buyer, bought, churn))
