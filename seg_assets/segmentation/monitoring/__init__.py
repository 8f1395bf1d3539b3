"""What a snapshot looks like beside others: profiles, drift, missing values, steps and the mix of segments.

Belongs here: pure figures over frames of accounts, exact over all rows.
Does not: Dagster's checks and their words (checks/), tables (assets/monitoring.py), Evidently (checks/report.py).
"""
