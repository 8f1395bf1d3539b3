"""Half a year unattended: `python -m benchmarks.soak`, or `make soak`.

Belongs here: sample data that land week by week with every event of the contract, the real daemon under a simulated
clock, what on-call got to hear, one report. Does not: anything that the graph imports, speed (benchmarks/).
"""
