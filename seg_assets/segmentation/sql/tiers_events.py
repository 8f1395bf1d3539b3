"""The events that the tier rules look at, as the beginning of every text of theirs.

Belongs here: the window, whose events they are, the words that all the texts are made of. Does not: scores (tiers.py).

Sums of money are sums of decimals, which do not depend on the order of rows; sums of doubles do, and break ties between
customers.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from sqlglot import exp

from seg_assets.calendar import months_earlier
from seg_assets.catalogs.tiers import TierRules

# A hundredth of a cent, and up to 10^14 an event.
MONEY = "DECIMAL(18, 4)"

_EVENTS = """\
-- One row an account, however often it was said.
standing AS (
  SELECT account_id, bool_or(active) AS active, min(parent_customer) AS parent_customer
  FROM accounts
  GROUP BY account_id
),
events AS (
  SELECT
    coalesce(e.customer_name, s.parent_customer) AS customer_name,
    e.account_id,
    e.event_date,
    12 * (year({day}) - year(e.event_date)) + month({day}) - month(e.event_date) AS months_ago,
    e.product,
    e.business_unit,
    e.cs_representative,
    e.region,
    CAST(e.total_revenue AS {money}) AS revenue,
    CAST(e.total_gross_margin AS {money}) AS gross_margin,
    CAST(coalesce(e.event_count, 1) AS {money}) AS event_count
  FROM revenue_events AS e
  -- Only events without a name look for one, which is cheaper than a join of them all.
  LEFT JOIN standing AS s ON s.account_id = CASE WHEN e.customer_name IS NULL THEN e.account_id END
  WHERE e.event_date >= {first} AND e.event_date <= {day}
)"""


def events_cte(rules: TierRules, reference_date: dt.date) -> str:
    """The common table expressions `standing` (a row an account) and `events` (those of the window, with customers)."""
    return _EVENTS.format(money=MONEY, day=day_literal(reference_date), first=first_day(rules, reference_date))


def first_day(rules: TierRules, reference_date: dt.date) -> str:
    """The first day of the window, as SQL."""
    return day_literal(months_earlier(reference_date, rules.window_months))


def day_literal(day: dt.date) -> str:
    """A date as SQL."""
    return f"DATE '{day}'"


def text_literal(value: str) -> str:
    """A text as SQL, whatever quotes it holds."""
    return str(exp.Literal.string(value).sql(dialect="duckdb"))


def first_of(branches: Iterable[tuple[str, str]]) -> str:
    """The text whose condition is the first that holds, as SQL."""
    cases = " ".join(f"WHEN {condition} THEN {text_literal(value)}" for condition, value in branches)
    return f"CASE {cases} END"
