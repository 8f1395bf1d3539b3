"""What automation starts and when, through simulated months: the contract's order, and its awkward calendar days."""

from __future__ import annotations

import datetime as dt
import itertools
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seg_assets.automation import jobs
from seg_assets.automation.due import decide
from seg_assets.automation.priorities import BACKFILL, REFRESH, REPORT, SCORING
from seg_assets.automation.world import Running, Stop
from seg_assets.calendar import mondays, month_of
from seg_assets_tests.automation.simulated_home import EVENTS, SOURCES, SimulatedHome, utc

DAY = dt.timedelta(days=1)


def month(text: str) -> dt.date:
    return dt.date.fromisoformat(f"{text}-01")


def home_after(last: str, weeks: int = 12) -> SimulatedHome:
    """Everything up to the Monday `last` landed and done; it is 09:00 on that day."""
    home = SimulatedHome(utc(f"{last} 09:00"))
    end = dt.date.fromisoformat(last)
    for week in mondays(end - dt.timedelta(weeks=weeks - 1), end):
        home.land(week)
    home.settle()
    home.done.clear()
    return home


def test_nothing_landed_starts_nothing_and_alarms_nobody():
    decision = SimulatedHome(utc("2026-07-06 09:00")).tick()
    assert (decision.launches, decision.waits, decision.alarms) == ((), (), ())


def test_a_week_is_scored_once_all_required_sources_have_landed_not_by_the_clock():
    home = home_after("2026-07-13")
    week = dt.date(2026, 7, 20)
    home.now = utc("2026-07-21 09:00")
    for source in SOURCES[:-1]:
        home.land(week, source)
        home.settle()
        assert ("segment_scores", week) not in home.done
    home.land(week, SOURCES[-1])
    home.settle()
    assert home.done == [("account_snapshots", week), ("segment_scores", week)]
    home.settle()
    assert len(home.done) == 2


def test_a_week_that_landed_again_is_read_and_scored_again_and_no_model_is_fitted_for_it():
    home = home_after("2026-07-20")
    week = dt.date(2026, 7, 13)
    home.land(week, SOURCES[2], mark="corrected")
    home.settle()
    # The hold of the week after looks at it too.
    assert home.done == [
        ("account_snapshots", week),
        ("segment_scores", dt.date(2026, 7, 20)),
        ("segment_scores", week),
    ]


def test_a_training_snapshot_that_landed_again_leaves_its_model_alone():
    """Definitions that were in use for weeks would be fitted anew, and every later month with them."""
    home = home_after("2026-07-20")
    home.land(dt.date(2026, 6, 29), SOURCES[0], mark="corrected")
    home.settle()
    assert not home.jobs_done("segment_model")
    assert dt.date(2026, 6, 29) in home.jobs_done("segment_scores")


@pytest.mark.parametrize(
    ("training", "begins", "first"),
    [
        ("2026-06-29", "2026-07", "2026-07-06"),  # a week that straddles two months
        ("2026-05-25", "2026-06", "2026-06-01"),  # a month that begins on a Monday
        ("2025-12-29", "2026-01", "2026-01-05"),  # a year's end
        ("2026-03-30", "2026-04", "2026-04-06"),  # the day after clocks went forward in Europe
        ("2025-10-27", "2025-11", "2025-11-03"),  # the day after they went back
        ("2026-02-23", "2026-03", "2026-03-02"),  # a short month
    ],
)
def test_a_month_is_refreshed_when_it_has_begun_and_scores_its_first_week(training, begins, first):
    home = home_after(training)
    before = home.scored_by[dt.date.fromisoformat(training)]
    assert before.startswith(f"{month(training[:7]):%Y-%m}")
    starts = dt.datetime.combine(month(begins), dt.time(), dt.UTC)
    home.now = starts - dt.timedelta(seconds=1)
    home.settle()
    assert not home.done
    home.now = starts
    home.settle()
    assert home.jobs_done("segment_model") == [month(begins)]
    home.now = utc(f"{first} 07:00")
    home.land(dt.date.fromisoformat(first))
    home.settle()
    assert home.scored_by[dt.date.fromisoformat(first)] == f"{begins}.1"
    assert home.scored_by[dt.date.fromisoformat(training)] == before


def test_a_first_week_that_lands_with_the_month_waits_for_the_refresh():
    home = home_after("2026-05-25")
    home.now = utc("2026-06-01 07:00")
    home.land(dt.date(2026, 6, 1))
    home.settle()
    assert home.scored_by[dt.date(2026, 6, 1)] == "2026-06.1"
    assert home.done.index(("segment_model", month("2026-06"))) < home.done.index(
        ("segment_scores", dt.date(2026, 6, 1))
    )


def test_a_first_week_waits_until_a_deadline_and_then_takes_the_champion_before():
    home = home_after("2026-06-29")
    home.now, first = utc("2026-07-06 07:00"), dt.date(2026, 7, 6)
    home.land(first)
    refresh = home.settle(lambda work: work.job == jobs.REFRESH)
    assert any("comes first" in str(wait) for wait in refresh.waits)
    # A refresh that hangs: it runs on and on.
    home.failed.clear()
    hangs = Running(frozenset({"segment_model"}), month("2026-07"), month("2026-07"), "refresh")
    home.running = (hangs,)
    home.now = utc("2026-07-07 06:59")
    home.settle()
    assert first not in home.scored_by
    home.now = utc("2026-07-07 07:00")
    home.settle()
    assert home.scored_by[first] == "2026-06.1"
    home.running = ()
    home.settle()
    assert home.jobs_done("segment_model") == [month("2026-07")]
    # It was announced as June's; another champion alone changes no stored week.
    assert home.scored_by[first] == "2026-06.1"


def test_a_first_week_does_not_wait_for_a_refresh_that_was_given_up():
    home = home_after("2026-06-29")
    home.now = utc("2026-07-06 07:00")
    home.land(dt.date(2026, 7, 6))
    for _ in range(4):
        decision = home.settle(lambda work: work.job == jobs.REFRESH)
        home.now += dt.timedelta(minutes=30)
    assert home.scored_by[dt.date(2026, 7, 6)] == "2026-06.1"
    assert [alarm.about for alarm in decision.alarms] == ["automation:given up segment_model 2026-07-01"]


def test_another_week_of_the_month_goes_before_its_refresh():
    home = home_after("2026-06-29")
    home.now = utc("2026-07-06 07:00")
    home.land(dt.date(2026, 7, 6))
    home.made["segment_scores"][dt.date(2026, 7, 6)] = 10**6
    home.land(dt.date(2026, 7, 13))
    home.now = utc("2026-07-13 07:00")
    for launch in home.tick().launches:
        home.run(launch)
    decision = home.tick()
    launched = [(launch.work.makes, launch.work.priority) for launch in decision.launches]
    assert launched[0] == ("segment_scores", SCORING)
    assert ("segment_model", REFRESH) in launched


def test_scoring_goes_before_refresh_before_backfill_before_reports():
    home = home_after("2026-07-20", weeks=30)
    home.land(dt.date(2026, 3, 9), SOURCES[0], mark="corrected")
    priorities = [launch.work.priority for launch in home.tick().launches]
    assert priorities == [BACKFILL]
    assert SCORING > REFRESH > BACKFILL > REPORT
    home.land(dt.date(2026, 7, 27))
    home.now = utc("2026-07-27 09:00")
    launches = home.tick().launches
    assert [launch.work.first for launch in launches if launch.work.makes == "account_snapshots"] == [
        dt.date(2026, 7, 27),
        dt.date(2026, 3, 9),
    ]


def test_a_refresh_waits_for_conversions_of_its_training_snapshot_until_they_are_late():
    training = dt.date(2026, 8, 31)
    home = home_after("2026-08-24")
    home.land(training, *SOURCES)
    home.now = utc("2026-09-01 23:59")
    decision = home.settle()
    assert not home.jobs_done("segment_model")
    assert [wait.why for wait in decision.waits if wait.what == "month 2026-09"] == [
        "pipeline_conversions of 2026-08-31 has not landed; without it from 2026-09-02 00:00 UTC on"
    ]
    home.now = utc("2026-09-02 00:00")
    home.settle()
    assert home.jobs_done("segment_model") == [month("2026-09")]


def test_a_failed_run_is_tried_again_with_a_bound_and_then_told():
    home = home_after("2026-07-13")
    home.land(dt.date(2026, 7, 20))
    home.now = utc("2026-07-20 09:00")
    tried = []

    def fails(work):
        tried.append((home.now, work.makes))
        return work.makes == "segment_scores"

    while home.now < utc("2026-07-20 10:00"):
        decision = home.settle(fails)
        home.now += dt.timedelta(minutes=1)
    scoring = [moment for moment, makes in tried if makes == "segment_scores"]
    assert [later - first for first, later in itertools.pairwise(scoring)] == [
        dt.timedelta(minutes=5),
        dt.timedelta(minutes=10),
    ]
    (alarm,) = decision.alarms
    assert alarm.about == "automation:given up segment_scores 2026-07-20"
    assert "failed 3 times" in alarm.says
    home.land(dt.date(2026, 7, 20), SOURCES[1], mark="corrected")
    assert home.settle().alarms == ()
    assert home.done[-1] == ("segment_scores", dt.date(2026, 7, 20))


def test_each_attempt_has_its_own_run_key():
    """A sensor's run key whose run failed is never launched again."""
    home = home_after("2026-07-13")
    home.land(dt.date(2026, 7, 20), *SOURCES)
    keys = set()
    for _ in range(3):
        (launch,) = home.tick().launches
        keys.add(launch.run_key)
        home.run(launch, ok=False)
        home.now += DAY
    assert len(keys) == 3
    assert home.tick().launches == ()


def test_one_bad_week_of_events_keeps_the_others_in():
    home = SimulatedHome(utc("2026-07-20 09:00"))
    weeks = mondays(dt.date(2026, 6, 1), dt.date(2026, 7, 20))
    for week in weeks:
        home.land(week, "pipeline_conversions")
    bad = weeks[3]
    for _ in range(6):
        home.settle(lambda work: work.first <= bad <= work.last)
        home.now += DAY
    assert set(home.read["pipeline_conversions"]) == set(weeks) - {bad}


def test_a_failed_blocking_check_stops_scoring_and_refresh_and_the_next_month_goes_on():
    home = home_after("2026-06-22")
    home.now = utc("2026-07-01 09:00")
    home.land(dt.date(2026, 6, 29))
    home.stopped = {"account_snapshots": {dt.date(2026, 6, 29): Stop("drift", home.now)}}
    decision = home.settle()
    assert not home.jobs_done("segment_scores") and not home.jobs_done("segment_model")
    assert {alarm.about for alarm in decision.alarms} == {
        "automation:stopped week 2026-06-29",
        "automation:stopped month 2026-07",
    }
    assert all("drift" in alarm.says for alarm in decision.alarms)
    for week in mondays(dt.date(2026, 7, 6), dt.date(2026, 8, 3)):
        home.now = dt.datetime.combine(week, dt.time(9), dt.UTC)
        home.land(week)
        home.settle()
    assert home.scored_by[dt.date(2026, 7, 6)] == "2026-06.1"
    assert home.scored_by[dt.date(2026, 8, 3)] == "2026-08.1"


def test_the_lift_report_of_a_month_comes_once_its_outcomes_are_complete():
    home = home_after("2026-07-20", weeks=30)
    reported = set(home.made["conversion_lift_report"])
    # 60 days after 2026-05-25 is 2026-07-24, which the landing of 2026-07-27 completes.
    assert max(reported) == month("2026-04")
    home.now = utc("2026-07-27 09:00")
    home.land(dt.date(2026, 7, 27), *SOURCES)
    home.settle()
    assert month("2026-05") not in home.made["conversion_lift_report"]
    home.land(dt.date(2026, 7, 27), *EVENTS)
    home.settle()
    assert home.done[-1] == ("conversion_lift_report", month("2026-05"))


def test_a_scored_week_is_monitored_again_when_its_accounts_are_made_again():
    home = home_after("2026-07-20")
    assert set(home.made["drift_metrics"]) == set(home.made["segment_scores"])
    before = dict(home.made["drift_metrics"])
    home.land(dt.date(2026, 7, 13), SOURCES[2], mark="corrected")
    home.settle()
    again = {week for week, position in home.made["drift_metrics"].items() if position != before[week]}
    assert again == {dt.date(2026, 7, 13), dt.date(2026, 7, 20)}


def test_a_check_that_compared_with_an_older_champion_is_asked_again():
    """In a backfill weeks are read before their champion is there: all of them have drifted from one of a year ago."""
    home = home_after("2026-06-29")
    week = dt.date(2026, 7, 6)
    home.land(week)
    home.now = utc("2026-07-06 09:00")
    home.stopped = {"account_snapshots": {week: Stop("drift", utc("2026-01-01 00:00"))}}
    home.settle()
    assert home.scored_by[week] == "2026-07.1"


def test_what_ended_between_the_model_and_its_description_is_described():
    home = home_after("2026-07-20")
    del home.made["segment_profiles"][month("2026-07")]
    home.settle()
    assert home.done == [("segment_profiles", month("2026-07"))]


def test_a_backfill_gives_every_week_the_model_of_its_own_month():
    home = SimulatedHome(utc("2026-11-20 09:00"))
    weeks = mondays(dt.date(2025, 1, 27), dt.date(2026, 7, 20))
    for week in weeks:
        home.land(week)
    decision = home.settle()
    assert home.jobs_done("segment_model") == sorted({month_of(week) for week in weeks} - {month("2025-01")})
    assert home.scored_by == {week: f"{max(month_of(week), month('2025-02')):%Y-%m}.1" for week in weeks}
    assert sorted(home.jobs_done("segment_scores")) == weeks
    # The sample ends in July: to a clock in November all its sources are late, each told once.
    assert [alarm.about for alarm in decision.alarms] == [f"automation:late {source}" for source in SOURCES]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_whatever_the_order_of_landings_every_week_ends_with_one_model_and_nothing_due(data):
    weeks = mondays(dt.date(2026, 5, 4), dt.date(2026, 7, 20))
    home = SimulatedHome(utc("2026-07-20 09:00"))
    parts = [(week, source) for week in weeks for source in (*SOURCES[:2], "rest")]
    for week, source in data.draw(st.permutations(parts)):
        home.land(week, *((*SOURCES[2:], *EVENTS) if source == "rest" else (source,)))
        if data.draw(st.booleans()):
            for launch in home.tick().launches:
                home.run(launch)
    home.settle()
    assert set(home.scored_by) == set(weeks)
    assert home.tick().launches == ()
    # A month is fitted once, whatever lands when.
    assert len(home.jobs_done("segment_model")) == len(set(home.jobs_done("segment_model")))


@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_no_work_is_tried_more_than_three_times_and_none_while_it_runs(data):
    home = SimulatedHome(utc("2026-07-20 09:00"))
    for week in mondays(dt.date(2026, 5, 4), dt.date(2026, 7, 20)):
        home.land(week)
    tried: dict[str, int] = {}
    for _ in range(12):
        launches = home.tick().launches
        for launch in launches:
            tried[launch.work.key] = tried.get(launch.work.key, 0) + 1
            assert launch.attempt == tried[launch.work.key] <= 3
        # Two of the same asset and partition never start together.
        assert len({(launch.work.makes, launch.work.first) for launch in launches}) == len(launches)
        home.running = tuple(
            Running(frozenset({one.work.makes}), one.work.first, one.work.last, one.work.key) for one in launches
        )
        assert not {one.work.key for one in home.tick().launches} & {one.work.key for one in launches}
        home.running = ()
        for launch in launches:
            home.run(launch, ok=data.draw(st.booleans()))
        home.now += dt.timedelta(hours=1)


@given(
    zone=st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Tokyo", "Pacific/Auckland"]),
    hours=st.integers(0, 24 * 14),
)
@settings(max_examples=40, deadline=None)
def test_a_decision_does_not_depend_on_the_zone_of_the_clock(zone, hours):
    """Weeks and months begin in UTC: a change of clocks moved a sensor's Monday by an hour, twice a year."""
    home = SimulatedHome(utc("2026-03-23 09:00") + dt.timedelta(hours=hours))
    for week in mondays(dt.date(2026, 1, 5), dt.date(2026, 4, 6)):
        if week <= home.now.date():
            home.land(week)
    here = decide(home.world(), home.catalogue)
    home.now = home.now.astimezone(ZoneInfo(zone))
    assert decide(home.world(), home.catalogue) == here
