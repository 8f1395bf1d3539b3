"""The synthetic population as frames: a snapshot of any Monday, conversions and revenue of any span of days.

Belongs here: putting traits, lives and sources together for a population of a given size and seed.
Does not: files (write.py), what the columns look like (the source modules).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seg_assets.sample_data.engagement import engagement_columns
from seg_assets.sample_data.events import Event, Frames, disturbed, require_monday
from seg_assets.sample_data.firms import firm_columns
from seg_assets.sample_data.lives import CALENDAR_END, Lives, draw_births, draw_fates, live
from seg_assets.sample_data.master import account_ids, account_names, master_columns, subscribed
from seg_assets.sample_data.missing import Gaps, gaps
from seg_assets.sample_data.moods import moods
from seg_assets.sample_data.newcomers import newcomer_births, newcomer_fates, newcomer_traits
from seg_assets.sample_data.randomness import DAY_ZERO, Dice, day_number
from seg_assets.sample_data.revenue import revenue_rows
from seg_assets.sample_data.sales import sales_columns
from seg_assets.sample_data.standing import CUSTOMER, Standing, standing_on
from seg_assets.sample_data.traits import Traits, draw_traits
from seg_assets.sample_data.usage import usage_columns
from seg_assets.sample_data.value import value_columns

FIRST_MONDAY = date(2024, 1, 1)
LAST_MONDAY = date(2026, 12, 28)
REFERENCE_MONDAY = date(2026, 7, 20)
SNAPSHOT_SOURCES: tuple[str, ...] = (
    "firmographics", "marketing_engagement", "product_usage", "sales_lifecycle", "account_value", "account_master",
)  # fmt: skip
_REVENUE_FROM = day_number(date(2024, 1, 1))
_GROSS = 1.25
_NEWCOMER_SHARE = 0.1
_NEWCOMER_IDS = 9_000_001
_NEWCOMER_SEED = 1_000_003
_SMALLEST = 100

Columns = Mapping[str, "pl.Series | NDArray[np.generic]"]


@dataclass(frozen=True)
class Population:
    """All accounts there will ever be, with their lives; `from_day` is the first day on which they are seen."""

    dice: Dice
    traits: Traits
    lives: Lives
    ids: pl.Series
    names: pl.Series
    from_day: int


def snapshot(monday: date, *, accounts: int, seed: int, events: Sequence[Event] = ()) -> Frames:
    """One frame per source for `monday`: account_id, snapshot_date (Date), and the source's columns.

    accounts: how many there are on 2026-07-20; other Mondays follow from it. The frames depend on nothing but the
    arguments. Raises ValueError for a day that is no Monday or outside FIRST_MONDAY..LAST_MONDAY, and for fewer than
    100 accounts.
    """
    require_monday(monday)
    if not FIRST_MONDAY <= monday <= LAST_MONDAY:
        raise ValueError(f"{monday}: the sample's Mondays are {FIRST_MONDAY} to {LAST_MONDAY}")
    parts = [_frames(population, monday) for population in _populations(accounts, seed, events, monday)]
    frames = {source: pl.concat([part[source] for part in parts]) for source in SNAPSHOT_SOURCES}
    return disturbed(frames, monday, events, seed)


def conversions(
    first: date | None, last: date, *, accounts: int, seed: int, events: Sequence[Event] = ()
) -> pl.DataFrame:
    """Pipeline qualified with first <= qualified_at < last (None: since ever): account_id, qualified_at (Date)."""
    frames = []
    for population in _populations(accounts, seed, events, last):
        spells = population.lives.spells
        since = population.from_day if first is None else max(day_number(first), population.from_day)
        here = (spells.qualified >= since) & (spells.qualified < day_number(last))
        day = spells.qualified[here] + np.int32((DAY_ZERO - date(1970, 1, 1)).days)
        frames.append(
            pl.DataFrame(
                {
                    "account_id": population.ids.gather(spells.account[here]),
                    "qualified_at": pl.Series(day).cast(pl.Date),
                }
            )
        )
    return pl.concat(frames).unique(maintain_order=True)


def revenue_events(
    first: date | None, last: date, *, accounts: int, seed: int, events: Sequence[Event] = ()
) -> pl.DataFrame:
    """Revenue events with first <= event_date < last (first None: since 2024-01-01), columns as the contract lists."""
    frames = []
    for population in _populations(accounts, seed, events, last):
        begin = max(_REVENUE_FROM if first is None else day_number(first), population.from_day)
        end = max(day_number(last), begin)
        for day in range(begin, end + 1, 91):
            args = (population.dice, population.traits, population.lives, population.ids, population.names)
            frames.append(revenue_rows(*args, day, min(day + 91, end)))
    return pl.concat(frames)


def _populations(accounts: int, seed: int, events: Sequence[Event], until: date) -> list[Population]:
    found = [_ordinary(accounts, seed)]
    found += [_newcomers(accounts, seed, e.monday) for e in events if e.name == "new_kind" and e.monday <= until]
    return found


@lru_cache(maxsize=1)
def _ordinary(accounts: int, seed: int) -> Population:
    """The population of which `accounts` are there on the reference Monday, exactly."""
    if accounts < _SMALLEST:
        raise ValueError(f"accounts is {accounts}; the sample needs at least {_SMALLEST}")
    count = round(accounts * _GROSS + 1.2 * accounts**0.5)
    dice = Dice(seed, count)
    traits, birth = draw_traits(dice), draw_births(count)
    lives = live(dice, traits, birth, draw_fates(dice, traits, birth))
    lives = replace(lives, removed=_trimmed(lives, traits, accounts))
    return Population(dice, traits, lives, account_ids(1, count), account_names(dice, traits), -(10**6))


def _trimmed(lives: Lives, traits: Traits, accounts: int) -> NDArray[np.int32]:
    """Days of removal that leave `accounts` on the reference Monday: surplus leads without a history never existed."""
    there = standing_on(lives, day_number(REFERENCE_MONDAY)).rows
    quiet = np.ones(len(traits), dtype=np.bool_)
    quiet[lives.spells.account] = False
    quiet[lives.purchases.account] = False
    quiet &= traits.family < 0
    surplus = there.size - accounts
    candidates = there[quiet[there]]
    removed = lives.removed.copy()
    if surplus > 0:
        chosen = candidates[np.linspace(0, candidates.size - 1, min(surplus, candidates.size)).astype(np.int64)]
        removed[chosen] = lives.birth[chosen]
    return removed


@lru_cache(maxsize=1)
def _newcomers(accounts: int, seed: int, monday: date) -> Population:
    count = round(accounts * _NEWCOMER_SHARE / (1 - _NEWCOMER_SHARE))
    dice = Dice(seed + _NEWCOMER_SEED, count)
    day = day_number(monday)
    traits = newcomer_traits(dice)
    birth = newcomer_births(dice, day)
    lives = live(dice, traits, birth, newcomer_fates(dice, traits, birth, day))
    return Population(dice, traits, lives, account_ids(_NEWCOMER_IDS, count), account_names(dice, traits), day)


def _frames(population: Population, monday: date) -> Frames:
    dice, traits, lives = population.dice, population.traits, population.lives
    day = min(day_number(monday), CALENDAR_END)
    standing = standing_on(lives, day)
    rows = standing.rows
    mood = moods(dice, traits, day, rows)
    users = standing.where(standing.uses)
    everyone = np.ones(rows.size, dtype=np.bool_)

    def gaps_of(source: str, here: Standing, weight: NDArray[np.float32], concerned: NDArray[np.bool_]) -> Gaps:
        return gaps(dice, source, day, here.rows, weight, concerned)

    def frame(here: Standing, columns: Columns, gap: Gaps | None = None) -> pl.DataFrame:
        return _frame(population.ids, monday, here, columns, gap)

    firms = gaps_of("firmographics", standing, -traits.size[rows], everyone)
    marketing = gaps_of("marketing_engagement", standing, -traits.engagement[rows], everyone)
    product = gaps_of("product_usage", users, -traits.maturity[users.rows], users.stage >= CUSTOMER)
    agrees = subscribed(dice, traits, rows)
    return {
        "firmographics": frame(standing, firm_columns(dice, traits, standing), firms),
        "marketing_engagement": frame(standing, engagement_columns(dice, traits, standing, mood, agrees), marketing),
        "product_usage": frame(users, usage_columns(dice, traits, users), product),
        "sales_lifecycle": frame(standing, sales_columns(dice, traits, standing, mood)),
        "account_value": frame(standing, value_columns(dice, traits, lives, standing)),
        "account_master": frame(standing, master_columns(dice, traits, standing, population.ids, population.names)),
    }


def _frame(ids: pl.Series, monday: date, standing: Standing, columns: Columns, gap: Gaps | None) -> pl.DataFrame:
    frame = pl.DataFrame({"account_id": ids.gather(standing.rows), **columns})
    frame = frame.insert_column(1, pl.repeat(monday, frame.height, dtype=pl.Date, eager=True).alias("snapshot_date"))
    if gap is None:
        return frame
    known = pl.Series(~gap.blank)
    features = pl.col(list(columns))
    return frame.with_columns(pl.when(known).then(features)).filter(pl.Series(~gap.absent))
