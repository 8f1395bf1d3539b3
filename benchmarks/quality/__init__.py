"""How good segments are beside simpler ways to make them: `python -m benchmarks.quality`, or `make bench-quality`.

Belongs here: one table on the sample data and on public data, and what readability costs.
Does not: speed (benchmarks/).
"""
