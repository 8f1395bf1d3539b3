"""Alerts: a problem is told once, and its end once.

Belongs here: which news are new, and delivering them, now or at a later call.
Does not: what is a problem (seg_assets/automation/alerting.py), a delivery itself (webhook.py, mail.py).

Everything is a row of the table `alerts`, so that another process goes on where one was killed. Nothing here may fail a
run: what cannot be stored is logged, and sent all the same.
"""

from __future__ import annotations

import datetime as dt
import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import polars as pl
from deltalake.exceptions import DeltaError
from polars.exceptions import PolarsError

from resources.alert import Alert, Channel, Message, cut
from resources.lakehouse import Lakehouse, TableError
from resources.mail import Mail
from resources.webhook import Webhook
from seg_assets.notice_schemas import ALERTS

Event = Literal["raised", "recovered", "delivered", "undelivered", "refused"]
MESSAGES = ("raised", "recovered")
WEBHOOK, EMAIL, LOG_ONLY = "webhook", "email", "log"

FIRST_PAUSE = dt.timedelta(seconds=30)
LONGEST_PAUSE = dt.timedelta(hours=1)
TRIES = 12
"""How often a message is tried, with pauses that double up to an hour: for about six hours."""
LONGEST_LOGGED = 2_900
STORAGE_ERRORS = (TableError, DeltaError, PolarsError, OSError)
LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Sent:
    """A message on one channel, with its tries so far."""

    message_id: str
    at: dt.datetime
    event: Event
    channel: str
    alert: Alert
    tries: tuple[dt.datetime, ...] = ()
    done: bool = False

    def due(self, now: dt.datetime) -> bool:
        """Whether it is to be tried now."""
        if self.done or len(self.tries) >= TRIES:
            return False
        pause = min(FIRST_PAUSE * 2 ** max(len(self.tries) - 1, 0), LONGEST_PAUSE)
        return not self.tries or now >= max(self.tries) + pause

    @property
    def as_message(self) -> Message:
        """What a channel sends."""
        return Message(self.message_id, self.alert, over=self.event == "recovered")


@dataclass(frozen=True)
class Alerts:
    """The alerts of one home. webhook, email: addresses, both secrets; without any, alerts are logged and stored.

    Open problems that the table does not take are remembered by this process, so that a full disk is told of once.
    """

    lakehouse: Lakehouse
    webhook: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    _unstored: dict[str, _Sent] = field(default_factory=dict, init=False, repr=False, compare=False)

    def open(self) -> dict[str, Alert]:
        """What is not over, by what it is about. Raises TableError where that cannot be read."""
        return {about: message.alert for about, message in self._open().items()}

    def tell(self, problems: Sequence[Alert], over: Sequence[str], now: dt.datetime | None = None) -> list[Alert]:
        """Tell of the problems that are not open yet, and of the end of open ones; those that are news.

        over: what is over, as `Alert.about`; what was never told of is not told to be over. Undelivered messages of
        earlier calls are tried again. Never raises.
        """
        now = now or dt.datetime.now(dt.UTC)
        try:
            known = self._open()
        except STORAGE_ERRORS as error:
            LOG.warning("alerts cannot be read, so some may be told twice: %s", error)
            known = dict(self._unstored)
        begun = {problem.about: problem for problem in problems if problem.about not in known}
        news: list[tuple[Event, Alert]] = [("raised", problem) for problem in begun.values()]
        for message in [known[about] for about in dict.fromkeys(over) if about in known]:
            says = f"It had been open since {message.at:%Y-%m-%d %H:%M} UTC."
            news.append(("recovered", replace(message.alert, says=says, facts=())))
        # A microsecond apart, so that they are told in this order also where a later call has to deliver them.
        times = [now + dt.timedelta(microseconds=place) for place in range(len(news))]
        messages = [
            _Sent(uuid.uuid4().hex, at, event, channel, alert)
            for at, (event, alert) in zip(times, news, strict=True)
            for channel in self._channels() or (LOG_ONLY,)
        ]
        for event, alert in news:
            LOG.warning("%s: %s. %s", event, alert.title, cut(alert.says, LONGEST_LOGGED))
        self._deliver([message for message in messages if not self._keep(message)], now)
        return [alert for _, alert in news]

    def _keep(self, message: _Sent) -> bool:
        """Whether the table took the message; else this process remembers it."""
        stored = self._store(message, message.event, message.at, message.alert.says)
        self._unstored.pop(message.alert.about, None)
        if not stored and message.event == "raised":
            self._unstored[message.alert.about] = message
        return stored

    def standing(self, kind: str, problems: Sequence[Alert], now: dt.datetime | None = None) -> list[Alert]:
        """Tell of `problems` as all that there are now: open ones of that kind that are not among them are over.

        kind: what `about` of every problem begins with, before a colon. Never raises.
        """
        try:
            known = list(self._open())
        except STORAGE_ERRORS:
            known = []
        now_there = {problem.about for problem in problems}
        return self.tell(problems, [a for a in known if a.startswith(f"{kind}:") and a not in now_there], now)

    def _channels(self) -> dict[str, Channel]:
        """Where messages go, by the name that the table has for it."""
        found: dict[str, Channel] = {}
        if self.webhook is not None:
            found[WEBHOOK] = Webhook(self.webhook)
        if self.email is not None:
            found[EMAIL] = Mail.at(self.email)
        return found

    def _deliver(self, unstored: Sequence[_Sent], now: dt.datetime) -> None:
        channels = self._channels()
        if not channels:
            return
        try:
            stored = self._messages()
        except STORAGE_ERRORS:
            stored = []
        for message in [*stored, *unstored]:
            if message.channel not in channels or not message.due(now):
                continue
            refusal = channels[message.channel].send(message.as_message)
            if refusal is None:
                self._store(message, "delivered", now, "")
                continue
            LOG.warning("alert not delivered, %s: %s", refusal.why, message.alert.title)
            self._store(message, "refused" if refusal.final else "undelivered", now, refusal.why)
            if not refusal.final:
                # The next message would wait for the same dead server.
                del channels[message.channel]

    def _store(self, message: _Sent, event: Event, at: dt.datetime, says: str) -> bool:
        row = {
            "at": at,
            "message_id": message.message_id,
            "about": message.alert.about,
            "event": event,
            "channel": message.channel,
            "level": message.alert.level,
            "title": message.alert.title,
            "says": says,
            "facts": [{"name": name, "value": value} for name, value in message.alert.facts],
        }
        try:
            self.lakehouse.append(ALERTS, pl.DataFrame([row], schema=ALERTS.schema))
        except STORAGE_ERRORS as error:
            LOG.warning("alert not stored: %s", error)
            return False
        return True

    def _open(self) -> dict[str, _Sent]:
        newest = {message.alert.about: message for message in self._messages()}
        return {about: message for about, message in newest.items() if message.event == "raised"} | self._unstored

    def _messages(self) -> list[_Sent]:
        """All messages in the order of their making. Raises TableError where the table cannot be read."""
        if not self.lakehouse.exists(ALERTS.name):
            return []
        rows = self.lakehouse.scan(ALERTS.name).collect().to_dicts()
        made = {row["message_id"]: row for row in rows if row["event"] in MESSAGES}
        tries: dict[str, list[dt.datetime]] = {message: [] for message in made}
        done = {row["message_id"] for row in rows if row["event"] in ("delivered", "refused")}
        for row in rows:
            if row["event"] == "undelivered" and row["message_id"] in tries:
                tries[row["message_id"]].append(row["at"])
        return sorted(
            (_message(row, tuple(tries[row["message_id"]]), row["message_id"] in done) for row in made.values()),
            key=lambda message: message.at,
        )


def _message(row: dict[str, Any], tries: tuple[dt.datetime, ...], done: bool) -> _Sent:
    facts = tuple((fact["name"], fact["value"]) for fact in row["facts"])
    alert = Alert(row["about"], row["title"], row["says"], facts, row["level"])
    return _Sent(row["message_id"], row["at"], row["event"], row["channel"], alert, tries, done)
