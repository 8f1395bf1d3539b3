"""What `seg run` says of a run that a check stopped."""

from __future__ import annotations

from seg_assets.automation.launch import Check, Run
from seg_assets.console import Progress

LOOK = "seg show account_snapshots --history web_visits_30d"


def made(*, blocking: bool) -> Run:
    runbook = "docs/runbook.md#drift"
    check = Check("account_snapshots", "drift", False, blocking, "web_visits_30d has drifted", runbook, LOOK)
    return Run("score", "2026-07-06", "run-1", not blocking, 1.0, None, "1 step failed" if blocking else None, (check,))


def test_a_check_that_stopped_a_run_is_named_with_what_to_do(capsys):
    Progress(quiet=False)(made(blocking=True))
    told = capsys.readouterr().out
    assert "STOPPED score" in told and "FAILED" not in told
    assert "check drift of account_snapshots stopped it: web_visits_30d has drifted" in told
    assert "docs/runbook.md#drift" in told and LOOK in told
    assert "1 step failed" not in told


def test_a_check_that_only_warns_stops_nothing(capsys):
    Progress(quiet=False)(made(blocking=False))
    told = capsys.readouterr().out
    assert "done    score" in told and "check drift of account_snapshots warns" in told
