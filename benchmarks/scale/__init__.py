"""How scoring grows with the population: `python -m benchmarks.scale`, or `make scale`.

Belongs here: populations of three sizes, each scored by Polars and by Spark; what that would cost on clusters.
Does not: the yardstick of one size, against others (benchmarks/).
"""
