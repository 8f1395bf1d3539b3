"""What on-call is told: Dagster's asset checks over the figures of segmentation/monitoring.

Belongs here: bounds, verdicts, and the words and metadata of a failed check.
Does not: the figures themselves, alerts (automation/), what to do about a failure (docs/runbook.md).
"""
