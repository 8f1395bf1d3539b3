"""On-call is told once that something is wrong and once that it is over, whatever the webhook does."""

from __future__ import annotations

import datetime as dt
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from resources import webhook
from resources.alert import Alert
from resources.alerts import TRIES, Alerts
from resources.lakehouse import Lakehouse
from seg_assets_tests.resources.slack import SECRET, Slack

NOW = dt.datetime(2026, 7, 6, 9, 12, tzinfo=dt.UTC)
DRIFT = Alert(
    "check:account_snapshots:drift:2026-07-06",
    "drift of account_snapshots, week 2026-07-06",
    "1 feature moved",
    (("expected", "PSI below 0.25"), ("seen", "PSI 1.9 in <weekly_visits> & more")),
)


@pytest.fixture
def slack(monkeypatch) -> Iterator[Slack]:
    monkeypatch.setattr(webhook, "PAUSES", (0.0, 0.0))
    found = Slack()
    yield found
    found.close()


@pytest.fixture
def alerts(slack, tmp_path) -> Alerts:
    return Alerts(Lakehouse(str(tmp_path / "lakehouse")), slack.url)


def events(alerts: Alerts) -> list[str]:
    return alerts.lakehouse.scan("alerts").sort("at").collect()["event"].to_list()


def test_a_problem_is_told_once_and_its_end_once(alerts, slack):
    assert alerts.tell([DRIFT], [], NOW) == [DRIFT]
    assert alerts.tell([DRIFT], [], NOW + dt.timedelta(minutes=1)) == []
    assert alerts.open() == {DRIFT.about: DRIFT}
    (ended,) = alerts.tell([], [DRIFT.about], NOW + dt.timedelta(hours=2))
    assert alerts.tell([], [DRIFT.about], NOW + dt.timedelta(hours=3)) == []
    assert alerts.open() == {}
    assert ended.says == "It had been open since 2026-07-06 09:12 UTC."
    first, second = slack.bodies
    assert first["text"].startswith(":rotating_light: drift of account_snapshots, week 2026-07-06. 1 feature moved")
    assert second["text"].startswith(":white_check_mark: Over: drift of account_snapshots, week 2026-07-06")


def test_a_problem_that_comes_back_is_told_again(alerts, slack):
    for hour, (problems, over) in enumerate([([DRIFT], []), ([], [DRIFT.about]), ([DRIFT], [])]):
        alerts.tell(problems, over, NOW + dt.timedelta(hours=hour))
    assert len(slack.bodies) == 3


def test_what_was_never_told_of_is_not_told_to_be_over(alerts, slack):
    assert alerts.tell([], [DRIFT.about], NOW) == []
    assert slack.bodies == []


def test_the_message_is_what_slack_takes(alerts, slack):
    """Header, section and fields, within Slack's lengths, and with nothing in the data that Slack would obey."""
    many = tuple((f"fact {n}", "<!channel> & " * 400) for n in range(15))
    alerts.tell([DRIFT, Alert("long", "t" * 400, "s" * 9_000, many, "warning")], [], NOW)
    short, long = slack.bodies
    assert [block["type"] for block in short["blocks"]] == ["header", "section", "section"]
    assert short["blocks"][2]["fields"][1]["text"] == "*seen*\nPSI 1.9 in &lt;weekly_visits&gt; &amp; more"
    header, text, fields = long["blocks"]
    assert header["text"]["text"].startswith(":warning:") and len(header["text"]["text"]) <= 150
    assert len(text["text"]["text"]) <= 3_000
    assert len(fields["fields"]) == 10 and all(len(field["text"]) <= 2_000 for field in fields["fields"])
    assert "<" not in json.dumps(long)


def test_without_a_webhook_alerts_are_logged_and_stored(tmp_path, caplog):
    alerts = Alerts(Lakehouse(str(tmp_path)))
    with caplog.at_level(logging.WARNING):
        alerts.tell([DRIFT], [], NOW)
    assert "drift of account_snapshots, week 2026-07-06" in caplog.text
    assert alerts.lakehouse.scan("alerts").collect()["channel"].to_list() == ["log"]


def test_a_webhook_set_later_does_not_get_what_was_only_logged(tmp_path, slack):
    lakehouse = Lakehouse(str(tmp_path))
    Alerts(lakehouse).tell([DRIFT], [], NOW)
    Alerts(lakehouse, slack.url).tell([], [], NOW)
    assert slack.bodies == []


def test_a_busy_webhook_is_tried_again_at_once(alerts, slack):
    slack.answers = [503, 429, 200]
    alerts.tell([DRIFT], [], NOW)
    assert len(slack.bodies) == 3
    assert events(alerts).count("delivered") == 1


def test_a_refused_message_is_not_tried_again(alerts, slack):
    slack.answers = [404]
    alerts.tell([DRIFT], [], NOW)
    alerts.tell([], [], NOW + dt.timedelta(days=1))
    assert len(slack.bodies) == 1
    assert sorted(events(alerts)) == ["raised", "refused"]


def test_a_redirect_is_not_followed(alerts, slack):
    slack.answers = [302]
    alerts.tell([DRIFT], [], NOW)
    assert len(slack.bodies) == 1
    assert sorted(events(alerts)) == ["raised", "refused"]


def test_a_dead_webhook_fails_nothing_and_gets_the_message_when_it_is_back(tmp_path, slack, monkeypatch):
    alerts = Alerts(Lakehouse(str(tmp_path)), slack.url)
    slack.answers = [500]
    alerts.tell([DRIFT], [], NOW)
    assert sorted(events(alerts)) == ["raised", "undelivered"]
    slack.answers, tried = [200], len(slack.bodies)
    alerts.tell([DRIFT], [], NOW + dt.timedelta(seconds=10))
    assert len(slack.bodies) == tried, "it waits before it tries again"
    alerts.tell([DRIFT], [], NOW + dt.timedelta(seconds=40))
    alerts.tell([DRIFT], [], NOW + dt.timedelta(seconds=400))
    assert len(slack.bodies) == tried + 1
    assert events(alerts).count("delivered") == 1


def test_tries_are_bounded(alerts, slack, monkeypatch):
    monkeypatch.setattr(webhook, "PAUSES", ())
    slack.answers = [500]
    for hour in range(TRIES + 5):
        alerts.tell([DRIFT], [], NOW + dt.timedelta(hours=hour))
    assert len(slack.bodies) == TRIES


def test_several_messages_wait_for_a_dead_webhook_once(alerts, slack):
    slack.answers = [500]
    alerts.tell([DRIFT, Alert("other", "another", "problem")], [], NOW)
    assert {body["text"] for body in slack.bodies} == {slack.bodies[0]["text"]}


def test_a_webhook_that_never_answers_is_given_up(alerts, slack, monkeypatch):
    monkeypatch.setattr(webhook, "SECONDS", 0.1)
    slack.hold.clear()
    alerts.tell([DRIFT], [], NOW)
    (undelivered,) = alerts.lakehouse.scan("alerts").collect().rows_by_key("event", named=True)["undelivered"]
    assert "did not answer within 0.1 s" in undelivered["says"]


@pytest.mark.parametrize("answer", [404, 500, 302])
def test_the_secret_is_in_no_log_and_no_table(alerts, slack, caplog, answer):
    """urllib3 logs the path of every retry, and http.client puts a bad URL into its error."""
    slack.answers = [answer]
    with caplog.at_level(logging.DEBUG):
        alerts.tell([DRIFT], [], NOW)
        dead = Alerts(alerts.lakehouse, f"http://127.0.0.1:1/services/{SECRET}")
        dead.tell([Alert("dead", "dead", "dead")], [], NOW)
        odd = Alerts(alerts.lakehouse, f"http://127.0.0.1:1/services/{SECRET} \x7f")
        odd.tell([Alert("odd", "odd", "odd")], [], NOW)
    told = caplog.text + alerts.lakehouse.scan("alerts").collect().write_json() + repr(alerts) + repr(dead)
    assert "cannot be reached" in told
    assert "hunter2" not in told


def test_a_disk_that_takes_nothing_keeps_no_alert_back(tmp_path, slack, caplog):
    (tmp_path / "file").write_text("a file where the folder of the tables should be")
    alerts = Alerts(Lakehouse(str(tmp_path / "file")), slack.url)
    with caplog.at_level(logging.WARNING):
        assert alerts.tell([DRIFT], [], NOW) == [DRIFT]
        assert alerts.tell([DRIFT], [], NOW + dt.timedelta(minutes=1)) == []
    assert len(slack.bodies) == 1
    assert "alert not stored" in caplog.text
    alerts.tell([], [DRIFT.about], NOW + dt.timedelta(minutes=2))
    assert len(slack.bodies) == 2


def test_a_table_that_cannot_be_read_keeps_no_alert_back(alerts, slack):
    alerts.tell([DRIFT], [], NOW)
    for commit in (Path(alerts.lakehouse.root) / "alerts" / "_delta_log").glob("*.json"):
        commit.write_text("{cut sh")
    assert alerts.tell([Alert("other", "another", "problem")], [], NOW) != []
    assert slack.bodies[-1]["text"].startswith(":rotating_light: another")


def test_what_does_not_stand_any_more_is_over(alerts, slack):
    late, other = Alert("landing:usage", "usage is late", "x"), Alert("freshness:scores", "not scored", "x")
    alerts.standing("landing", [late], NOW)
    alerts.standing("freshness", [other], NOW + dt.timedelta(minutes=1))
    alerts.standing("landing", [], NOW + dt.timedelta(minutes=2))
    assert list(alerts.open()) == ["freshness:scores"]
    assert len(slack.bodies) == 3
