"""One of PARTS equal parts of the refits in the loop over k with scikit-learn.

Belongs here: the call. Does not: the loop (plain_refresh.py), the whole that the part stands for (comparison.py).
"""

from __future__ import annotations

from itertools import repeat

from benchmarks.plain_refresh import fitted, part_of_refits
from benchmarks.prepared import Prepared
from benchmarks.stages import Repeats
from benchmarks.stages.fit import SEED
from benchmarks.stages.plain_counts import Coordinates


def repeats(prepared: Prepared) -> Repeats:
    """Every repeat is the same part."""
    at = Coordinates.of(prepared)
    models = fitted(at.sample, at.counts, SEED)

    def refit() -> int:
        part_of_refits(models, at.sample, SEED)
        return len(at.everyone)

    yield from repeat(refit)
