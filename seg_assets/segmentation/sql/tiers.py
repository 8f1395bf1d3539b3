"""The incumbent's tier rules as SQL: revenue events and accounts in, customers with tier and action flag out.

Belongs here: the text, with the rules' numbers and words in it. Does not: the rules (catalogs/tiers.py), who is active
(segmentation/account_status.py), accounts with their customer's tier (tiers_by_account.py), running it
(tiers_in_duckdb.py).

It reads `revenue_events` (the columns of the landing contract) and `accounts` (account_id, active, parent_customer).
The team's own query left two things to the engine: what a whole number divided by another is, and whether a month
between two dates has to be complete. Here both are written out as DuckDB has them.
"""

from __future__ import annotations

import datetime as dt

from seg_assets.catalogs.tiers import FewAccounts, FewProducts, Flag, Inactive, New, TierRules
from seg_assets.segmentation.sql.tiers_events import day_literal, events_cte, first_of, text_literal

# Accounts, products and units are counted from groups of their own, and months as bits: counting all of them as
# distinct values at once took twice as long over 5 million events.
_CUSTOMERS = """\
WITH {events},
held AS (
  SELECT
    customer_name,
    account_id,
    max(cs_representative) AS cs_representative,
    max(region) AS region,
    sum(revenue) AS revenue,
    sum(gross_margin) AS gross_margin,
    sum(event_count) AS events,
    bit_or(CAST(1 AS BIGINT) << months_ago) AS months,
    max(months_ago) AS months_ago,
    min(event_date) AS first_event_date,
    max(event_date) AS last_event_date
  FROM events
  WHERE customer_name IS NOT NULL
  GROUP BY customer_name, account_id
),
products AS (
  SELECT customer_name, count(DISTINCT product) AS distinct_products
  FROM events
  GROUP BY customer_name
),
units AS (
  SELECT
    customer_name,
    business_unit,
    count(business_unit) OVER (PARTITION BY customer_name) AS distinct_bus,
    row_number() OVER (PARTITION BY customer_name ORDER BY revenue DESC NULLS LAST, business_unit) AS place
  FROM (SELECT customer_name, business_unit, sum(revenue) AS revenue FROM events GROUP BY customer_name, business_unit)
),
customers AS (
  SELECT
    h.customer_name,
    max(h.cs_representative) AS cs_representative,
    max(h.region) AS region,
    sum(h.revenue) AS revenue,
    sum(h.gross_margin) AS gross_margin,
    count(*) FILTER (WHERE s.active) AS active_accounts,
    count(s.account_id) AS total_accounts,
    CAST(sum(h.events) AS DOUBLE) AS total_events,
    CAST(bit_count(bit_or(h.months)) AS BIGINT) AS active_months,
    max(h.months_ago) AS months_ago,
    min(h.first_event_date) AS first_event_date,
    max(h.last_event_date) AS last_event_date
  FROM held AS h
  LEFT JOIN standing AS s ON s.account_id = h.account_id
  GROUP BY h.customer_name
),
active_customers AS (
  SELECT
    c.*,
    p.distinct_products,
    u.distinct_bus,
    u.business_unit AS main_business_unit,
    c.total_events / CAST(c.active_months AS DOUBLE) AS events_a_month,
    {day} - c.last_event_date AS days_since_last_event
  FROM customers AS c
  JOIN products AS p ON p.customer_name = c.customer_name
  JOIN units AS u ON u.customer_name = c.customer_name AND u.place = 1
  WHERE c.active_accounts > 0
),
ranked AS (
  SELECT
    *,
    percent_rank() OVER (ORDER BY gross_margin NULLS LAST) AS gross_margin_rank,
    percent_rank() OVER (ORDER BY revenue NULLS LAST) AS revenue_rank,
    percent_rank() OVER (ORDER BY total_events) AS events_rank,
    percent_rank() OVER (ORDER BY events_a_month) AS events_per_active_month_rank,
    percent_rank() OVER (ORDER BY distinct_products) AS distinct_products_rank,
    percent_rank() OVER (ORDER BY distinct_bus) AS distinct_bus_rank,
    percent_rank() OVER (ORDER BY days_since_last_event) AS days_since_last_event_rank
  FROM active_customers
),
scored AS (
  SELECT
    *,
    100 * least(1, {margin} * gross_margin_rank + {revenue} * revenue_rank) AS profitability,
    100 * least(1, {events_weight} * events_rank + {a_month} * events_per_active_month_rank
      + {products} * distinct_products_rank + {units} * distinct_bus_rank
      + {days} * (1 - days_since_last_event_rank)) AS adherence
  FROM ranked
),
-- Thresholds are asked of nine decimals, since a score of exactly 70 may come out as 69.99999999999999.
tiered AS (
  SELECT
    *,
    CASE
      WHEN round(profitability, 9) >= {profitable} AND round(adherence, 9) >= {adherent} THEN 'A'
      WHEN round(profitability, 9) >= {profitable} THEN 'B'
      WHEN round(adherence, 9) >= {adherent} THEN 'C'
      ELSE 'D'
    END AS tier_code,
    {flag} AS action_flag
  FROM scored
)
SELECT
  t.customer_name,
  t.main_business_unit,
  t.cs_representative,
  t.region,
  CAST(round(t.revenue, 2) AS DOUBLE) AS total_revenue,
  CAST(round(t.gross_margin, 2) AS DOUBLE) AS total_gross_margin,
  round(100 * CAST(t.gross_margin AS DOUBLE) / nullif(CAST(t.revenue AS DOUBLE), 0), 2) AS margin_rate_pct,
  round(CAST(t.revenue AS DOUBLE) / t.active_accounts, 2) AS revenue_per_active_account,
  t.active_accounts,
  t.total_accounts,
  t.total_events,
  t.active_months,
  round(t.events_a_month, 2) AS events_per_active_month,
  t.distinct_products,
  t.distinct_bus,
  t.first_event_date,
  t.last_event_date,
  t.days_since_last_event,
  round(t.profitability, 2) AS profitability_score,
  t.profitability AS profitability_score_raw,
  round(t.adherence, 2) AS adherence_score,
  t.adherence AS adherence_score_raw,
  {tier_name} AS tier,
  t.action_flag,
  t.tier_code,
  {action} AS action,
  t.gross_margin_rank,
  t.revenue_rank,
  t.events_rank,
  t.events_per_active_month_rank,
  t.distinct_products_rank,
  t.distinct_bus_rank,
  t.days_since_last_event_rank
FROM tiered AS t
ORDER BY t.customer_name
"""


def tiers_sql(rules: TierRules, reference_date: dt.date) -> str:
    """One SELECT with a row a customer that has an active account: the team's columns, action, ranks.

    Of money in `total_gross_margin` null ranks highest, as in the team's query.
    """
    profitability, adherence = rules.profitability, rules.adherence
    return _CUSTOMERS.format(
        events=events_cte(rules, reference_date),
        day=day_literal(reference_date),
        margin=profitability.gross_margin,
        revenue=profitability.revenue,
        events_weight=adherence.events,
        a_month=adherence.events_per_active_month,
        products=adherence.distinct_products,
        units=adherence.distinct_business_units,
        days=adherence.days_since_last_event,
        profitable=rules.profitability_at_least,
        adherent=rules.adherence_at_least,
        flag=first_of([(_condition(flag), flag.name) for flag in rules.flags]),
        tier_name=first_of(
            [(f"t.tier_code = {text_literal(k)}", tier.name) for k, tier in rules.tiers.by_code.items()]
        ),
        action=first_of([(f"t.action_flag = {text_literal(flag.name)}", flag.action) for flag in rules.flags]),
    )


def _condition(flag: Flag) -> str:
    """When a flag holds, over the columns of `scored`."""
    match flag:
        case Inactive():
            return f"days_since_last_event > {flag.days}"
        case FewProducts():
            return f"active_months >= {flag.active_months} AND distinct_products BETWEEN 1 AND {flag.products}"
        case FewAccounts():
            enough = f"round(profitability, 9) >= {flag.profitability}"
            return f"{enough} AND active_accounts <= {flag.active_accounts}"
        case New():
            return f"months_ago <= {flag.months}"
        case _:
            return "true"
