"""Leads of a shop whose odds of converting are known: what a scorecard must find again.

Belongs here: account rows of the small catalogue with outcomes drawn from a formula.
Does not: the sample data, or snapshots of the default catalogue (population.py).
"""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

CITY = {"north": 0.8, "south": 0.0, "east": -0.6}


def leads(accounts: int, *, seed: int = 0, signal: float = 1.0, intercept: float = -2.5) -> pl.DataFrame:
    """account_id, snapshot_date, the six features, `log_odds` and `converted`.

    Visits count up to ten, orders not at all, a tenth of ages are missing, cities and members count.
    """
    random = np.random.default_rng(seed)
    visits = random.poisson(np.exp(random.normal(1, 0.8, accounts)))
    age = random.normal(45, 12, accounts)
    city = random.choice(list(CITY), accounts, p=[0.3, 0.5, 0.2])
    member = random.random(accounts) < 0.3
    found = 0.25 * np.minimum(visits, 10) + np.vectorize(CITY.get)(city) + 0.7 * member - 0.02 * (age - 45)
    log_odds = intercept + signal * (found - 1.2)
    missing = random.random(accounts) < 0.1
    return pl.DataFrame(
        {
            "account_id": [f"L{seed}{number:06d}" for number in range(accounts)],
            "snapshot_date": pl.repeat(date(2026, 4, 27), accounts, dtype=pl.Date, eager=True),
            "visits": visits.astype(float),
            "orders": random.poisson(2, accounts).astype(float),
            "clicks": random.poisson(0.3 * visits + 0.5).astype(float),
            "age": pl.select(pl.when(pl.Series(~missing)).then(pl.Series(age))).to_series(),
            "city": city,
            "member": member,
            "log_odds": log_odds,
            "converted": random.random(accounts) < 1 / (1 + np.exp(-log_odds)),
        }
    )
