"""The check of the promotion gates says what was rejected, since when, and that nobody moves by it."""

from __future__ import annotations

import datetime as dt

import dagster as dg

from seg_assets.assets.model import promotion_gates
from seg_assets.segmentation.promotion import Promotion

JUNE, JULY = dt.date(2026, 6, 1), dt.date(2026, 7, 1)


def decision(month, version, action="promote", to_version=None, by="automatic", day=1):
    at = dt.datetime(month.year, month.month, day, tzinfo=dt.UTC)
    return Promotion(month, version, action, by, at, f"failed churn in {month:%B}", "2026-05.1", to_version or version)


ROWS = [decision(JUNE, "2026-06.1"), decision(JULY, "2026-07.1", "reject", "2026-06.1")]


def test_a_rejected_challenger_warns_and_never_blocks():
    found = promotion_gates(ROWS, [JUNE, JULY])
    assert (found.passed, found.severity) == (False, dg.AssetCheckSeverity.WARN)
    told = {name: value.value for name, value in found.metadata.items()}
    assert told["seen"] == "failed churn in July"
    assert (told["weeks"], told["since"]) == ("2026-07-01", "2026-07-01")
    assert told["accounts_affected"] == "none moves: 2026-06.1 stays in force"
    assert told["runbook"] == "docs/runbook.md#promotion_gates"


def test_what_a_person_promoted_afterwards_does_not_hide_that_the_gates_failed():
    rows = [*ROWS, decision(JULY, "2026-07.1", by="Ana", day=3)]
    assert not promotion_gates(rows, [JULY]).passed
    assert promotion_gates(rows, [JUNE]).passed
