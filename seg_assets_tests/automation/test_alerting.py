"""What on-call hears of: each problem once by its partition, with its facts, and its end."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resources.alert import Alert
from seg_assets.automation.alerting import CheckSeen, News, RunSeen, Span, of_check, of_run, settled
from seg_assets.automation.freshness import GRACE, Waiting, newest_landed, overdue, waiting

NOW = dt.datetime(2026, 7, 6, 9, 12, tzinfo=dt.UTC)
WEEKS = ("2026-06-22", "2026-06-29", "2026-07-06")
DRIFT = "check:account_snapshots:drift"


def check(passed, first=WEEKS[-1], last=None, **metadata):
    return CheckSeen(
        asset="account_snapshots",
        check="drift",
        span=Span(first, last or first),
        run_id="run-1",
        at=NOW,
        passed=passed,
        error=not passed,
        blocks=not passed,
        says="weekly_visits moved",
        metadata={name: str(value) for name, value in metadata.items()},
    )


def opened(*abouts, level="error"):
    return {about: Alert(about, "title", "says", level=level) for about in abouts}


def run(failed=(), done=(), partition=WEEKS[-1]):
    return RunSeen("score", Span(partition, partition), "run-1", NOW, tuple(failed), frozenset(done), "disk is full")


def test_a_failed_check_carries_what_on_call_needs():
    facts = {
        "expected": "PSI below 0.25",
        "seen": "PSI 1.9",
        "since": "2026-06-29",
        "accounts_affected": 1200,
        "arr_affected": 45000,
        "likely_cause": "1. product_usage",
        "runbook": "docs/runbook.md#drift",
        "look_closer": "seg show drift_metrics",
    }
    (alert,), over = settled([of_check(check(False, **facts, unrelated="x"))], {})
    assert alert.about == f"{DRIFT}:2026-07-06"
    assert alert.title == "drift of account_snapshots, 2026-07-06 blocks"
    assert [value for _, value in alert.facts] == [str(value) for value in facts.values()]
    assert (alert.level, over) == ("error", [])


def test_a_check_that_says_little_is_completed_from_its_evaluation():
    (alert,), _ = settled([of_check(check(False, expected="a", seen="b"))], {})
    assert dict(alert.facts) == {
        "Expected": "a",
        "Seen": "b",
        "Since": "2026-07-06 09:12 UTC",
        "Runbook": "docs/runbook.md#drift",
        "Look closer": "seg show account_snapshots; run run-1 in the Dagster UI",
    }


def test_a_later_week_that_passes_does_not_end_one_that_was_stopped():
    """The newest evaluation of a check is of another partition: the week that failed is still wrong."""
    problems, over = settled([of_check(check(False, WEEKS[1])), of_check(check(True, WEEKS[2]))], {})
    assert [alert.about for alert in problems] == [f"{DRIFT}:{WEEKS[1]}"]
    assert over == []


def test_a_warning_of_what_changed_is_over_once_a_later_week_passes():
    """A true change, new accounts or a new price list, would stay open for ever: nothing asks its week again."""
    warned = opened(f"{DRIFT}:{WEEKS[0]}", f"{DRIFT}:{WEEKS[2]}", "check:raw/usage:landing_contract:x", level="warning")
    assert settled([of_check(check(True, WEEKS[1]))], warned) == ([], [f"{DRIFT}:{WEEKS[0]}"])
    assert settled([of_check(check(False, WEEKS[1]))], warned)[1] == []
    contract = replace(check(True, WEEKS[1]), check="missingness")
    about = f"check:account_snapshots:missingness:{WEEKS[0]}"
    assert settled([of_check(contract)], opened(about, level="warning"))[1] == []


@pytest.mark.parametrize("name", ["overrides", "unused_triggers"])
def test_a_warning_of_what_people_or_sources_do_now_is_over_once_a_later_week_passes(name):
    """Rows that landed well in the next week, overrides ended in it: nothing asks the week of the warning again."""
    about = f"check:account_snapshots:{name}:{WEEKS[0]}"
    well = replace(check(True, WEEKS[1]), check=name)
    assert settled([of_check(well)], opened(about, level="warning")) == ([], [about])
    assert settled([of_check(replace(well, passed=False))], opened(about, level="warning"))[1] == []


def test_the_same_week_that_passes_ends_it():
    problems, over = settled([of_check(check(True, WEEKS[1]))], opened(f"{DRIFT}:{WEEKS[1]}", f"{DRIFT}:{WEEKS[0]}"))
    assert (problems, over) == ([], [f"{DRIFT}:{WEEKS[1]}"])


def test_a_range_tells_each_of_its_bad_weeks_and_ends_the_others():
    seen = check(False, WEEKS[0], WEEKS[2], weeks=f"{WEEKS[0]}, {WEEKS[1]}")
    problems, over = settled(
        [of_check(seen)], opened(f"{DRIFT}:{WEEKS[2]}", "check:account_snapshots:drifting:2026-07-06")
    )
    assert [alert.about for alert in problems] == [f"{DRIFT}:{WEEKS[0]}", f"{DRIFT}:{WEEKS[1]}"]
    assert over == [f"{DRIFT}:{WEEKS[2]}"]


def test_a_failed_step_is_ended_by_the_same_step_of_the_same_partition():
    (alert,), _ = settled(of_run(run(failed=["segment_scores"])), {})
    assert alert.about == "run:score:segment_scores:2026-07-06"
    assert (alert.title, alert.says) == ("score of 2026-07-06 failed", "disk is full")
    assert settled(of_run(run(done=["other", ""])), {alert.about: alert})[1] == []
    assert settled(of_run(run(done=["segment_scores"], partition=WEEKS[0])), {alert.about: alert})[1] == []
    assert settled(of_run(run(done=["segment_scores"])), {alert.about: alert})[1] == [alert.about]


def test_a_run_that_failed_before_any_step_is_ended_by_one_that_succeeds():
    (alert,), _ = settled(of_run(run(failed=[""])), {})
    assert dict(alert.facts)["Step"] == "before any step"
    assert settled(of_run(run(done=["segment_scores", ""])), {alert.about: alert})[1] == [alert.about]


partitions = st.sampled_from(WEEKS)


@given(st.lists(st.tuples(partitions, st.booleans()), max_size=12), st.sets(partitions))
def test_the_last_word_on_a_partition_counts(results, open_weeks):
    """Whatever came before: a partition stands exactly where its last result failed, and is over where it did not."""
    news = [
        News("t", Span(week, week), {} if passed else {week: Alert(f"t:{week}", "title", "says")})
        for week, passed in results
    ]
    known = opened(*(f"t:{week}" for week in sorted(open_weeks)))
    problems, over = settled(news, known)
    last = dict(results)
    assert {alert.about for alert in problems} == {f"t:{week}" for week, passed in last.items() if not passed}
    assert set(over) == {f"t:{week}" for week, passed in last.items() if passed and week in open_weeks}


def days(*texts):
    return {dt.date.fromisoformat(text) for text in texts}


def test_freshness_looks_at_the_newest_week_that_landed_whole():
    """An old week that is scored again makes the asset look fresh to Dagster; the newest one still lacks scores."""
    landed = {"a": days(*WEEKS), "b": days(*WEEKS[:2]), "optional": days("2026-07-13")}
    newest = dt.date.fromisoformat(WEEKS[1])
    assert newest_landed(landed, ["a", "b"]) == newest
    assert newest_landed({}, ["a", "b"]) is None
    assert waiting(newest, days(WEEKS[0], WEEKS[2]), None, NOW) == Waiting(newest, NOW)
    assert waiting(newest, days(WEEKS[1]), None, NOW) is None


def test_a_week_may_wait_for_a_while_and_a_newer_one_waits_anew():
    week, newer = dt.date(2026, 7, 6), dt.date(2026, 7, 13)
    first = waiting(week, (), None, NOW)
    assert first == Waiting(week, NOW)
    later = NOW + GRACE
    assert waiting(week, (), first, later) == first
    assert not overdue(first, later - dt.timedelta(seconds=1)) and overdue(first, later)
    assert waiting(newer, (), first, later) == Waiting(newer, later)
    assert waiting(None, (), first, later) is None and not overdue(None, later)
