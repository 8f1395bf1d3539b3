"""The check of the promotion gates says what was rejected, since when, and that nobody moves by it."""

from __future__ import annotations

import datetime as dt

from seg_assets.checks.gates import promotion_gates
from seg_assets.segmentation.promotion import Promotion

JUNE, JULY = dt.date(2026, 6, 1), dt.date(2026, 7, 1)


def decision(month, version, action="promote", to_version=None, by="automatic", day=1):
    at = dt.datetime(month.year, month.month, day, tzinfo=dt.UTC)
    reason = f"failed churn: 12% in {month:%B}; 3 go (at most 10%); lift: not judged"
    return Promotion(month, version, action, by, at, reason, "2026-05.1", to_version or version)


ROWS = [decision(JUNE, "2026-06.1"), decision(JULY, "2026-07.1", "reject", "2026-06.1")]


def test_a_rejected_challenger_warns_and_never_blocks():
    found = promotion_gates(ROWS, JULY, "lakehouse/segment_count_report")
    assert (found.passed, found.blocks, found.since) == (False, False, JULY)
    assert found.told.startswith("2026-07.1 failed churn: 12% in July")
    assert found.accounts == "none moves: 2026-06.1 stays in force"
    assert found.causes == ("churn: 12% in July; 3 go (at most 10%)",)


def test_what_a_person_promoted_afterwards_does_not_hide_that_the_gates_failed():
    rows = [*ROWS, decision(JULY, "2026-07.1", by="Ana", day=3)]
    assert not promotion_gates(rows, JULY, "").passed
    assert promotion_gates(rows, JUNE, "").passed
