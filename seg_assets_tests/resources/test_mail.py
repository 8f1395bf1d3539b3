"""Alerts by e-mail, over a real mail server on this machine."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterator

import pytest

from resources.alert import Alert, Message
from resources.alerts import Alerts
from resources.lakehouse import Lakehouse
from resources.mail import Mail
from seg_assets_tests.resources.mailbox import PASSWORD, USER, Mailbox
from seg_assets_tests.resources.slack import Slack

NOW = dt.datetime(2026, 7, 6, 9, 12, tzinfo=dt.UTC)
DRIFT = Alert(
    "check:account_snapshots:drift:2026-07-06",
    "drift of account_snapshots,\n2026-07-06 → blocks",
    "1 feature moved",
    (("Expected", "PSI below 0.25"), ("Seen", "PSI 1.9")),
)


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    found = Mailbox()
    yield found
    found.close()


def test_a_problem_and_its_end_are_two_mails_of_one_thread(mailbox, tmp_path):
    alerts = Alerts(Lakehouse(str(tmp_path)), email=mailbox.address)
    alerts.tell([DRIFT], [], NOW)
    alerts.tell([], [DRIFT.about], NOW + dt.timedelta(hours=1))
    raised, over = mailbox.mails
    assert raised["Subject"] == "Error: drift of account_snapshots, 2026-07-06 → blocks"
    assert over["Subject"] == "Over: drift of account_snapshots, 2026-07-06 → blocks"
    assert raised["References"] == over["References"] and raised["Message-ID"] != over["Message-ID"]
    assert raised.get_content().splitlines() == ["1 feature moved", "", "Expected: PSI below 0.25", "Seen: PSI 1.9"]
    assert mailbox.people == [["ana@example.com", "ben@example.com"]] * 2
    assert raised["Auto-Submitted"] == "auto-generated"


def test_webhook_and_mail_get_their_own_message_and_a_dead_one_holds_the_other_up_not(mailbox, tmp_path, monkeypatch):
    monkeypatch.setattr("resources.webhook.PAUSES", ())
    slack = Slack()
    try:
        slack.answers = [500]
        alerts = Alerts(Lakehouse(str(tmp_path)), slack.url, mailbox.address)
        alerts.tell([DRIFT], [], NOW)
        assert len(mailbox.mails) == 1
        slack.answers = [200]
        assert alerts.tell([DRIFT], [], NOW + dt.timedelta(minutes=1)) == []
    finally:
        slack.close()
    assert (len(mailbox.mails), len(slack.bodies)) == (1, 2)
    rows = alerts.lakehouse.scan("alerts").collect()
    delivered = rows.filter(event="delivered")["channel"].to_list()
    assert sorted(delivered) == ["email", "webhook"]


def test_the_server_gets_user_and_password(mailbox):
    assert Mail.at(mailbox.with_password).send(Message("1", DRIFT, over=False)) is None
    assert mailbox.logins == [(USER.encode(), PASSWORD.encode())]


@pytest.mark.parametrize(("answer", "final"), [("451 try later", False), ("554 never", True)])
def test_a_server_that_takes_nothing_says_whether_to_try_again(mailbox, answer, final):
    mailbox.answers = [answer]
    refusal = Mail.at(mailbox.address).send(Message("1", DRIFT, over=False))
    assert refusal is not None
    assert (refusal.why, refusal.final) == (f"the mail server answered {answer[:3]}", final)


def test_a_dead_server_gets_the_mail_when_it_is_back(tmp_path):
    gone = Mailbox()
    gone.close()
    alerts = Alerts(Lakehouse(str(tmp_path)), email=gone.address)
    alerts.tell([DRIFT], [], NOW)
    (row,) = alerts.lakehouse.scan("alerts").collect().filter(event="undelivered").to_dicts()
    assert row["says"] == "the mail server cannot be reached (ConnectionRefusedError)"


def test_the_password_is_in_no_log_and_no_table(mailbox, tmp_path, caplog):
    wrong = mailbox.with_password.replace("%2F%3F", "wrong")
    alerts = Alerts(Lakehouse(str(tmp_path)), email=wrong)
    with caplog.at_level(logging.DEBUG):
        alerts.tell([DRIFT], [], NOW)
    told = caplog.text + alerts.lakehouse.scan("alerts").collect().write_json() + repr(alerts) + repr(Mail.at(wrong))
    assert "the mail server answered 535" in told
    assert "hunter2" not in told


def test_a_password_never_leaves_this_machine_unencrypted(mailbox, monkeypatch):
    monkeypatch.setattr("resources.mail.HERE", ())
    refusal = Mail.at(mailbox.with_password).send(Message("1", DRIFT, over=False))
    assert refusal is not None and "gets no password" in refusal.why
    assert mailbox.logins == []


@pytest.mark.parametrize(
    "address",
    [
        "http://host/?from=a@b.c&to=d@e.f",
        "smtp://host/?to=d@e.f",
        "smtp://host/?from=a@b.c&to=d",
        "smtp://host/?from=a@b.c&to=d@e.f&to=g@h.i",
        "smtp://user@host/?from=a@b.c&to=d@e.f",
        "smtp://host:x/?from=a@b.c&to=d@e.f",
        "smtp://host/?from=a@b.c&to=d@e.f%0aBcc:g@h.i",
        "smtp:///?from=a@b.c&to=d@e.f",
    ],
)
def test_what_is_no_mail_address_is_refused(address):
    with pytest.raises(ValueError, match="not shaped as smtps://user:password@host"):
        Mail.at(address)
