"""The same scoring as plain scikit-learn and pandas, from the table's Parquet file to a Parquet file.

Belongs here: the call. Does not: the scoring (plain_scoring.py).
"""

from __future__ import annotations

from itertools import repeat

from benchmarks.plain_scoring import PlainScoring
from benchmarks.prepared import DEFINITION_VERSION, Prepared
from benchmarks.stages import Repeats


def repeats(prepared: Prepared) -> Repeats:
    """Every repeat writes the same file."""
    scoring = PlainScoring(prepared.segmentation, DEFINITION_VERSION)
    accounts = prepared.file_of("account_snapshots")
    yield from repeat(lambda: scoring.score_file(accounts, prepared.plain_scores))
