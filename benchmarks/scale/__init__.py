"""How the steps grow with the population: `python -m benchmarks.scale`, or `make scale`.

Belongs here: populations of three sizes, each scored and monitored by Polars and by Spark; what clusters would cost.
Does not: the yardstick of one size, against others (benchmarks/).
"""
