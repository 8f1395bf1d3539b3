"""Accounts with the tier of their customer, as SQL.

Belongs here: whose an account is, what it takes over, why it has no tier, what was odd. Does not: scores (tiers.py).
"""

from __future__ import annotations

import datetime as dt

from seg_assets.catalogs.tiers import NO_TIER, TierRules
from seg_assets.segmentation.sql.tiers_events import day_literal, events_cte, first_day, first_of, text_literal

_CUSTOMERS_OF = """\
WITH {events},
shares AS (
  SELECT
    account_id,
    customer_name,
    count(*) AS events,
    sum(revenue) AS revenue,
    min(event_date) AS first_event_date,
    max(event_date) AS last_event_date
  FROM events
  GROUP BY account_id, customer_name
)
SELECT h.*, s.account_id IS NOT NULL AS known
FROM shares AS h
LEFT JOIN standing AS s ON s.account_id = h.account_id
"""

_ACCOUNTS = """\
WITH standing AS (
  SELECT account_id, bool_or(active) AS active
  FROM accounts
  GROUP BY account_id
),
chosen AS (
  SELECT
    account_id,
    customer_name,
    row_number() OVER (PARTITION BY account_id ORDER BY revenue DESC NULLS LAST, customer_name) AS place
  FROM customers_of
  WHERE customer_name IS NOT NULL
)
SELECT
  s.account_id,
  c.customer_name,
  coalesce(t.tier_code, '{none}') AS tier,
  {tier_title} AS tier_title,
  t.action_flag,
  t.action,
  s.active,
  t.profitability_score_raw AS profitability,
  t.adherence_score_raw AS adherence,
  t.total_revenue,
  t.total_gross_margin,
  t.days_since_last_event,
  CASE
    WHEN c.customer_name IS NULL
      THEN 'no revenue event of a known customer from ' || CAST({first} AS VARCHAR) || ' to ' || CAST({day} AS VARCHAR)
    WHEN t.tier_code IS NULL THEN 'customer ' || c.customer_name || ' has no active account'
    ELSE printf('profitability %.1f: gross margin above %.0f %% of customers, revenue above %.0f %%; adherence %.1f: '
      || 'events above %.0f %%, events a month %.0f %%, products %.0f %%, business units %.0f %%, '
      || 'last event no earlier than of %.0f %%',
      t.profitability_score_raw, 100 * t.gross_margin_rank, 100 * t.revenue_rank,
      t.adherence_score_raw, 100 * t.events_rank, 100 * t.events_per_active_month_rank,
      100 * t.distinct_products_rank, 100 * t.distinct_bus_rank, 100 * (1 - t.days_since_last_event_rank))
  END AS reason
FROM standing AS s
LEFT JOIN chosen AS c ON c.account_id = s.account_id AND c.place = 1
LEFT JOIN customer_tiers AS t ON t.customer_name = c.customer_name
ORDER BY s.account_id
"""

_FIGURES = """\
SELECT
  CAST(coalesce(sum(events), 0) AS BIGINT) AS events,
  CAST(coalesce(sum(events) FILTER (WHERE customer_name IS NULL), 0) AS BIGINT) AS events_without_customer,
  CAST(coalesce(sum(events) FILTER (WHERE NOT known), 0) AS BIGINT) AS events_of_unknown_accounts,
  count(*) FILTER (WHERE customer_name IS NOT NULL)
    - count(DISTINCT account_id) FILTER (WHERE customer_name IS NOT NULL) AS further_customers_of_accounts,
  (SELECT count(*) - count(DISTINCT account_id) FROM accounts) AS repeated_accounts,
  (SELECT count(*) FROM customer_tiers WHERE total_gross_margin IS NULL) AS customers_without_margin,
  min(first_event_date) AS first_event,
  max(last_event_date) AS last_event
FROM customers_of
"""


def customers_of_sql(rules: TierRules, reference_date: dt.date) -> str:
    """One SELECT with a row an account and customer of the window; of events of no known customer null."""
    return _CUSTOMERS_OF.format(events=events_cte(rules, reference_date))


def account_tiers_sql(rules: TierRules, reference_date: dt.date) -> str:
    """One SELECT with a row an account: its customer's tier, or `none` and why.

    Reads `customer_tiers` and `customers_of`, the rows of the SELECTs of those names. An account of several customers
    takes that with which it had most revenue.
    """
    titles = [(f"t.tier_code = {text_literal(code)}", tier.title) for code, tier in rules.tiers.by_code.items()]
    return _ACCOUNTS.format(
        none=NO_TIER,
        tier_title=first_of([*titles, ("true", "no tier")]),
        day=day_literal(reference_date),
        first=first_day(rules, reference_date),
    )


def tier_figures_sql() -> str:
    """One SELECT with one row: how many events were looked at, and what was odd about them and the accounts.

    Reads the same tables as `account_tiers_sql`.
    """
    return _FIGURES
