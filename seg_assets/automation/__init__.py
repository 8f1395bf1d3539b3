"""What runs, when, and why: jobs, the plan of `seg run`, and making its runs.

Belongs here: job definitions, pure decisions about what is stale, thin shells that ask and launch.
Does not: what an asset does (assets/).
"""
