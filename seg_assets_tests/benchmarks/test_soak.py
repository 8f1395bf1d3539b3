"""Half a year unattended: its verdicts tell a caught event from a missed one, and a false alarm from a message.

The run itself takes half an hour: `make soak`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable

from benchmarks.soak.half_year import Journal, Landing
from benchmarks.soak.report import Effort, Facts, console, markdown
from benchmarks.soak.story import FEWEST_WEEKS, Planned, Story, story
from benchmarks.soak.supplier import Supplier
from benchmarks.soak.tables import Decision, ScoredWeek, broken, decisions, scored_weeks
from benchmarks.soak.verdicts import Caught, caught, explained, failures, still_open
from benchmarks.soak.watch import Ran
from benchmarks.soak.webhook import Message, Webhook
from resources.alerts import Alert, Alerts
from resources.lakehouse import Lakehouse
from seg_assets.sample_data import EVENT_NAMES
from seg_assets.segmentation.promotion import Promotion
from seg_assets.steps.models import append_promotion

WEEK = dt.date(2026, 2, 16)
OUTAGE, PRICES = Planned("outage", WEEK), Planned("price_change", WEEK)
TITLE = f"missingness of account_snapshots, {WEEK} blocks"
SAYS = "email_open_rate_90d is missing for 91 % of accounts"


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(f"2026-{text}").replace(tzinfo=dt.UTC)


JOURNAL = Journal(
    landings=[Landing(WEEK, at("02-17T05:00"), "outage"), Landing(WEEK, at("02-17T11:00"), "right")],
    ends={WEEK: at("02-17T11:10")},
)
RAISED = Message(at("02-17T05:01"), TITLE, SAYS, over=False)
OVER = Message(at("02-17T11:02"), TITLE, "It had been open since 05:01", over=True)
SCORED = [at("02-17T11:05")]


def plan(*events: Planned) -> Story:
    return Story((WEEK,), events, WEEK)


def test_every_event_of_the_contract_has_a_week_of_its_own_however_short_the_soak():
    for weeks in (26, FEWEST_WEEKS):
        found = story(weeks)
        assert {one.event for one in found.events} == set(EVENT_NAMES)
        assert len({one.week for one in found.events}) == len(EVENT_NAMES)
        assert {*(one.week for one in found.events), found.killed} <= set(found.weeks)
    assert len(story(26).weeks) == 26 and len(story(26).months) == 6
    with pytest.raises(ValueError, match="weeks is 7"):
        story(7)


def test_an_event_is_caught_by_its_check_with_the_feature_and_told_when_it_is_over():
    verdict = caught(OUTAGE, JOURNAL, [RAISED, OVER], SCORED)
    assert verdict.missed is None
    assert verdict.by == RAISED and verdict.seconds == 60
    assert verdict.blocked and verdict.over_at == OVER.at
    assert failures([verdict], [], []) == []


@pytest.mark.parametrize(
    ("messages", "why"),
    [
        ([], "no message of its check came; came: none"),
        ([replace(RAISED, title="drift of account_snapshots, 2026-02-16")], "came: drift of account_snapshots"),
        ([replace(RAISED, title=TITLE.replace("02-16", "02-09"))], "no message of its check came"),
        ([replace(RAISED, at=at("02-18T05:00"))], "no message of its check came"),
        ([replace(RAISED, says="something is missing"), OVER], "does not name email_open_rate_90d"),
        ([RAISED], "no message came that it is over"),
    ],
)
def test_a_missed_event_fails_the_soak_and_says_why(messages: Sequence[Message], why: str):
    (told,) = failures([caught(OUTAGE, JOURNAL, messages, SCORED)], [], [])
    assert told.startswith("outage of 2026-02-16 was missed") and why in told


def test_what_nobody_was_told_to_be_over_is_open():
    other = replace(RAISED, title="steps of account_snapshots, 2026-03-02")
    assert still_open([RAISED, other, OVER]) == [other]
    assert still_open([OVER, RAISED, RAISED]) == [RAISED]


def test_a_week_that_was_scored_by_the_wrong_landing_did_not_wait():
    assert not caught(OUTAGE, JOURNAL, [RAISED, OVER], [at("02-17T05:05"), *SCORED]).blocked


def test_a_message_that_nothing_explains_is_a_false_alarm_and_two_fail_the_soak():
    alarm = Message(at("03-03T05:01"), "steps of account_snapshots, 2026-03-02", "x", over=False)
    told = explained(plan(OUTAGE), JOURNAL, [RAISED, OVER, alarm, replace(alarm, at=at("03-10T05:01"))], {})
    assert [(one.message.title, one.because) for one in told] == [
        (TITLE, "outage"),
        (alarm.title, None),
        (alarm.title, None),
    ]
    assert failures([], told[:2], []) == []
    assert "2 false alarms" in failures([], told, [])[0]


def test_a_true_change_explains_messages_until_a_refresh_has_learned_it():
    about = "drift of account_snapshots, {}"
    messages = [
        Message(at("02-24T05:01"), about.format("2026-02-23"), "", over=False),
        Message(at("03-03T05:01"), about.format("2026-03-02"), "", over=False),
    ]
    journal = replace(JOURNAL, ends=JOURNAL.ends | {WEEK: at("02-17T06:00")})
    promoted = {dt.date(2026, 3, 1): at("03-01T01:05")}
    assert [one.because for one in explained(plan(PRICES), journal, messages, promoted)] == ["price_change", None]
    assert [one.because for one in explained(plan(PRICES), journal, messages, {})] == ["price_change"] * 2


def test_a_run_that_failed_is_explained_by_no_event():
    broke = Message(at("02-17T05:03"), f"monitor of {WEEK} failed", "TypeError", over=False)
    for planned in (OUTAGE, PRICES):
        assert explained(plan(planned), JOURNAL, [broke], {})[0].because is None


def test_the_death_of_the_daemon_and_a_rejected_challenger_are_no_false_alarms():
    journal = Journal(killed_at=at("03-17T05:02"), back_at=at("03-17T05:04"))
    messages = [
        Message(at("03-17T05:05"), "score of 2026-03-16 failed", "died", over=False),
        Message(at("04-01T01:05"), "promotion_gates of segment_model, 2026-04-01", "churn", over=False),
    ]
    assert [one.because for one in explained(plan(), journal, messages, {})] == ["kill -9", "a refresh"]


def test_what_alerts_send_arrives_with_its_moment(tmp_path: Path):
    webhook = Webhook(lambda: at("02-17T05:02"))
    alerts = Alerts(Lakehouse(str(tmp_path)), webhook.url)
    alert = Alert("check:x", TITLE, SAYS, (("Since", "2026-02-16"),))
    try:
        alerts.tell([alert], [])
        alerts.tell([], [alert.about])
    finally:
        webhook.close()
    raised, over = webhook.messages
    assert raised == Message(at("02-17T05:02"), TITLE, SAYS, over=False)
    assert (over.title, over.over) == (TITLE, True)


DECIDED = [
    Decision(dt.date(2026, 1, 1), "2026-01.1", "promote", "passed", "2026-01.1", at("01-01T01:05")),
    Decision(
        dt.date(2026, 2, 1),
        "2026-02.1",
        "reject",
        "failed churn: the refresh alone moves 31.0% of accounts (at most 25.0%)",
        "2026-01.1",
        at("02-01T01:05"),
    ),
]
WHOLE = ScoredWeek(WEEK, "2026-01.1", 100, 100, 100, 0, 0, 0, 8)


def test_whole_weeks_by_the_version_in_force_break_nothing():
    assert broken([WEEK], [row.month for row in DECIDED], [WHOLE], DECIDED) == []
    assert DECIDED[1].churn == "31.0%"


@pytest.mark.parametrize(
    ("week", "why"),
    [
        (replace(WHOLE, rows=101), "101 rows of 100 accounts"),
        (replace(WHOLE, not_scored=3), "3 landed ones are missing"),
        (replace(WHOLE, not_landed=2), "2 never landed"),
        (replace(WHOLE, nulls=1), "1 rows lack a segment"),
        (replace(WHOLE, version="2026-02.1"), "scored by 2026-02.1, and 2026-01.1 was in force"),
        (replace(WHOLE, week=WEEK + dt.timedelta(weeks=1)), f"week {WEEK} is not scored"),
    ],
)
def test_an_invariant_that_does_not_hold_is_named(week: ScoredWeek, why: str):
    assert any(why in told for told in broken([WEEK], [], [week], DECIDED))
    assert "month 2026-03 has no refresh" in broken([WEEK], [dt.date(2026, 3, 1)], [WHOLE], DECIDED)[0]


def test_decisions_are_read_as_promotions_stores_them(tmp_path: Path):
    assert decisions(tmp_path) == []
    lakehouse = Lakehouse(str(tmp_path))
    for one in reversed(DECIDED):
        row = Promotion(one.month, one.version, one.action, "automatic", one.at, one.reason, None, one.in_force)
        append_promotion(lakehouse, row)
    assert decisions(tmp_path) == DECIDED


def test_scores_are_counted_against_the_files_that_landed(tmp_path: Path):
    scores = pl.DataFrame(
        {
            "account_id": ["A", "B", "B", "X"],
            "snapshot_date": [WEEK] * 4,
            "segment_id": ["SEG-01", "SEG-02", "SEG-02", None],
            "segment_name": ["one", "two", "two", "three"],
            "definition_version": ["2026-01.1"] * 4,
        }
    )
    scores.write_delta(tmp_path / "segment_scores", delta_write_options={"partition_by": ["snapshot_date"]})
    assert DeltaTable(str(tmp_path / "segment_scores")).partitions()
    files = [tmp_path / "one.parquet", tmp_path / "two.parquet"]
    pl.DataFrame({"account_id": ["A", "B"]}).write_parquet(files[0])
    pl.DataFrame({"account_id": ["B", "C"], "value": [1, 2]}).write_parquet(files[1])
    (found,) = scored_weeks(tmp_path, [WEEK, WEEK + dt.timedelta(weeks=1)], lambda week: files)
    assert found == ScoredWeek(WEEK, "2026-01.1", 3, 4, 3, 1, 1, 1, 2)


def test_a_week_lands_wrong_and_then_right(tmp_path: Path):
    supplier = Supplier(plan(OUTAGE), 300, tmp_path / "made", tmp_path / "landing")
    supplier.land(WEEK, "outage")
    file = tmp_path / "landing" / "marketing_engagement" / f"snapshot_date={WEEK}" / "part-0.parquet"
    rates = pl.col("email_open_rate_90d").null_count() / pl.len()
    assert pl.read_parquet(file).select(rates).item() > 0.8
    others = {path: path.read_bytes() for path in tmp_path.glob("landing/*/*/*") if path != file}
    supplier.land_again(WEEK, "outage")
    assert pl.read_parquet(file).select(rates).item() < 0.5
    assert {path: path.stat().st_size for path in others} == {path: len(data) for path, data in others.items()}
    assert len(supplier.landed_accounts(WEEK)) == 5 and all(path.exists() for path in supplier.landed_accounts(WEEK))


def facts(verdicts: Sequence[Caught], failed: Sequence[str]) -> Facts:
    runs = [Ran("score", f"{WEEK}", ok, when) for ok, when in ((False, at("02-17T11:03")), (True, at("02-17T11:05")))]
    told = explained(plan(OUTAGE), JOURNAL, [RAISED], {})
    return Facts(
        20_000, Effort(1_500, 2_400, 1.9), "2 cores", verdicts, told, [RAISED], [WHOLE], DECIDED, runs, JOURNAL, failed
    )


def test_the_report_says_what_was_caught_when_and_what_was_scored_with_what():
    told = markdown(facts([caught(OUTAGE, JOURNAL, [RAISED, OVER], SCORED)], []))
    assert (
        "passed: 1 weeks scored" in told
        and "in 25.0 minutes (under 30), 40.0 minutes of processor time, load 1.9 on 2 cores" in told
    )
    assert f"| outage | {WEEK} | {TITLE} | {SAYS} | 60 s | waited for the right landing | 2026-02-17 11:02 |" in told
    assert "| 2026-02-17 11:05 | 2026-01.1 | 100 | 8 | 2, 1 failed |" in told
    assert f"## Open at the end\n\n- 2026-02-17 05:01 {TITLE}" in told
    assert "| 2026-02 | 2026-02.1 | reject | 2026-01.1 | 31.0% |" in told


def test_a_failed_soak_says_so_first():
    verdict = caught(OUTAGE, JOURNAL, [], SCORED)
    failed = facts([verdict], failures([verdict], [], []))
    assert "MISSED" in console(failed) and "FAILED: outage of 2026-02-16 was missed" in console(failed)
    assert markdown(failed).splitlines()[2].startswith("FAILED")
