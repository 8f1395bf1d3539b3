"""The order under load: scoring goes before refresh, refresh before backfill, reports last.

Belongs here: the numbers, as values of Dagster's tag `dagster/priority`. Does not: which work has which (due_*.py).
"""

SCORING, REFRESH, BACKFILL, REPORT = 30, 20, 10, 0
