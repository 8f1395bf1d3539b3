"""The source firmographics: who the company is, as a data vendor would know it.

Belongs here: its 12 columns on a day.
Does not: missing rows (missing.py), who is drawn to which industry (traits.py).
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seg_assets.sample_data.places import COUNTRIES, REGIONS, region_of
from seg_assets.sample_data.randomness import Codes, Dice, Floats, Rows, exponential
from seg_assets.sample_data.standing import Standing
from seg_assets.sample_data.traits import CLOUDS, FUNDING, GROWTH_FROM, INDUSTRIES, REGULATED, Traits

BANDS: tuple[str, ...] = ("1-10", "11-50", "51-200", "201-1000", "1001-5000", "5001+")
_BAND_EDGES = np.array([10, 50, 200, 1000, 5000])
_REGION_OF = np.array([REGIONS.index(region_of(country)) for country in COUNTRIES], dtype=np.int16)


def named(codes: Codes, names: tuple[str, ...]) -> pl.Series:
    """Codes as the names they stand for, pl.String."""
    return pl.Series(names).gather(codes)


def employees(traits: Traits, day: int, rows: Rows) -> NDArray[np.int64]:
    """Employees on a day, at least 1; they grow or shrink by the account's own rate."""
    years = np.float32((day - GROWTH_FROM) / 365.25)
    level = 3.45 + 1.95 * traits.size[rows] + 0.5 * years * traits.growth[rows]
    people: NDArray[np.int64] = np.maximum(np.rint(exponential(np.minimum(level, np.float32(13.5)))), 1).astype(
        np.int64
    )
    return people


def region_codes(traits: Traits, rows: Rows) -> Codes:
    """Sales region of each account, codes into REGIONS."""
    return _REGION_OF[traits.country[rows]]


def firm_columns(dice: Dice, traits: Traits, standing: Standing) -> dict[str, pl.Series | NDArray[np.generic]]:
    """The columns of firmographics, in catalogue order, for the accounts of `standing`."""
    rows, day = standing.rows, standing.day
    people = employees(traits, day, rows)
    worth = 11.6 + 0.45 * dice.settled_normal("revenue.a_head", rows) + 0.12 * traits.spend[rows]
    revenue = people * exponential(worth).astype(np.float64)
    return {
        "industry": named(traits.industry[rows], INDUSTRIES),
        "employee_band": named(np.searchsorted(_BAND_EDGES, people).astype(np.int16), BANDS),
        "region": named(region_codes(traits, rows), REGIONS),
        "country": named(traits.country[rows], COUNTRIES),
        "cloud_provider": named(traits.cloud[rows], CLOUDS),
        "funding_stage": named(traits.funding[rows], FUNDING),
        "annual_revenue_usd": np.rint(revenue / 1000) * 1000,
        "employee_count": people,
        "data_team_size": _data_team(dice, traits, people, rows),
        "company_age_years": _company_age(dice, traits, standing),
        "tech_stack_count": _tools(dice, traits, rows),
        "is_regulated_industry": REGULATED[traits.industry[rows]],
    }


def _data_team(dice: Dice, traits: Traits, people: NDArray[np.int64], rows: Rows) -> NDArray[np.int64]:
    level = 0.45 * traits.maturity[rows] + 0.45 * dice.settled_normal("data_team", rows)
    share = np.minimum(0.22 * exponential(level), np.float32(4))
    root = np.sqrt(people.astype(np.float64))
    team = np.floor(share * root * np.sqrt(np.sqrt(root)) * 0.7 + dice.settled_uniform("data_team.luck", rows))
    bounded: NDArray[np.int64] = np.minimum(team.astype(np.int64), people)
    return bounded


def _company_age(dice: Dice, traits: Traits, standing: Standing) -> NDArray[np.int64]:
    rows = standing.rows
    level = 2.5 + 0.4 * traits.size[rows] - 0.15 * traits.maturity[rows] + 0.6 * dice.settled_normal("founded", rows)
    at_zero: Floats = exponential(np.minimum(level, np.float32(5.0))) - np.float32(2)
    known_for = standing.age / 365.25
    years = np.maximum(at_zero.astype(np.float64) + standing.day / 365.25, known_for + 0.2)
    age: NDArray[np.int64] = np.floor(years).astype(np.int64)
    return age


def _tools(dice: Dice, traits: Traits, rows: Rows) -> NDArray[np.int64]:
    level = 1.5 + 0.35 * traits.maturity[rows] + 0.2 * traits.size[rows] + 0.35 * dice.settled_normal("tools", rows)
    mean = exponential(np.minimum(level, np.float32(4.4)))
    tools: NDArray[np.int64] = np.floor(mean + dice.settled_uniform("tools.luck", rows) - 0.5).clip(0).astype(np.int64)
    return tools
