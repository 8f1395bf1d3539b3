"""What is measured at every size: each step by each engine that it has, where the machine has the memory.

Belongs here: which stages there are, and what each needs. Does not: measuring (benchmarks/measuring.py), the stages
themselves (benchmarks/stages).
"""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.scale.cost import Assumptions

POLARS, PYSAIL = "Polars", "pysail"


@dataclass(frozen=True)
class Stage:
    """A step by an engine. module: in benchmarks/stages; bytes_an_account: memory, from smaller sizes, rounded up."""

    step: str
    engine: str
    module: str
    bytes_an_account: int

    @property
    def title(self) -> str:
        """As the table calls it."""
        return f"{self.step}, {self.engine}"

    def times(self, assumed: Assumptions) -> int:
        """How often a week does what was measured."""
        return assumed.snapshots if self.step == "monitor" else 1

    def lacks(self, accounts: int, free: int) -> str | None:
        """Why it cannot be measured where so many bytes of memory are free; None where it can."""
        needed = BASE + self.bytes_an_account * accounts
        # What is free is less by and by, and a machine that swaps stands still: minutes, where the work takes one.
        if needed <= 0.8 * free:
            return None
        return f"needs about {needed / 1e9:.0f} GB of memory, and {free / 1e9:.0f} GB are free"


BASE = 700_000_000
"""Bytes of a process with its libraries, before any account."""
STAGES = (
    Stage("score", POLARS, "scoring", 60),
    Stage("score", PYSAIL, "scoring_on_spark", 750),
    Stage("monitor", POLARS, "monitoring", 200),
    Stage("monitor", PYSAIL, "monitoring_on_spark", 1_800),
    Stage("fit", POLARS, "fit", 250),
)
OF_A_WEEK = ("score", "monitor")
"""A fit is of a month, and on Polars whatever scores: above a million accounts it learns from a sample."""
