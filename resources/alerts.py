"""Alerts: a problem is told once, and its end once.

Belongs here: which news are new, their text in Slack's format, and delivering them, now or at a later call.
Does not: what is a problem (seg_assets/automation/alerting.py), the POST itself (webhook.py).

Everything is a row of the table `alerts`, so that another process goes on where one was killed. Nothing here may fail a
run: what cannot be stored is logged, and sent all the same.
"""

from __future__ import annotations

import datetime as dt
import logging
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import polars as pl
from deltalake.exceptions import DeltaError
from polars.exceptions import PolarsError

from resources.lakehouse import Lakehouse, TableError
from resources.webhook import post
from seg_assets.notice_schemas import ALERTS

Level = Literal["error", "warning"]
Event = Literal["raised", "recovered", "delivered", "undelivered", "refused"]
MESSAGES = ("raised", "recovered")

FIRST_PAUSE = dt.timedelta(seconds=30)
LONGEST_PAUSE = dt.timedelta(hours=1)
TRIES = 12
"""How often a message is tried, with pauses that double up to an hour: for about six hours."""
SIGNS = {"error": ":rotating_light:", "warning": ":warning:"}
OVER = ":white_check_mark:"
# Slack refuses a message with longer texts or more fields.
LONGEST_TITLE, LONGEST_TEXT, LONGEST_FIELD, MOST_FIELDS = 150, 2_900, 1_900, 10
STORAGE_ERRORS = (TableError, DeltaError, PolarsError, OSError)
LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Alert:
    """A problem. about: what it is about; as long as that is not over, the same problem is told once.

    facts: (name, value) of what is known of it, the most important first.
    """

    about: str
    title: str
    says: str
    facts: tuple[tuple[str, str], ...] = ()
    level: Level = "error"


@dataclass(frozen=True)
class _Message:
    """A message with its tries so far."""

    message_id: str
    at: dt.datetime
    event: Event
    channel: str
    alert: Alert
    tries: tuple[dt.datetime, ...] = ()
    done: bool = False

    def due(self, now: dt.datetime) -> bool:
        """Whether it is to be tried now."""
        if self.done or self.channel != "webhook" or len(self.tries) >= TRIES:
            return False
        pause = min(FIRST_PAUSE * 2 ** max(len(self.tries) - 1, 0), LONGEST_PAUSE)
        return not self.tries or now >= max(self.tries) + pause


@dataclass(frozen=True)
class Alerts:
    """The alerts of one home. webhook: a secret; without one, alerts are logged and stored.

    Open problems that the table does not take are remembered by this process, so that a full disk is told of once.
    """

    lakehouse: Lakehouse
    webhook: str | None = field(default=None, repr=False)
    _unstored: dict[str, _Message] = field(default_factory=dict, init=False, repr=False, compare=False)

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
        channel = "log" if self.webhook is None else "webhook"
        # A microsecond apart, so that they are told in this order also where a later call has to deliver them.
        times = [now + dt.timedelta(microseconds=place) for place in range(len(news))]
        messages = [
            _Message(uuid.uuid4().hex, at, event, channel, alert)
            for at, (event, alert) in zip(times, news, strict=True)
        ]
        for message in messages:
            LOG.warning("%s: %s. %s", message.event, message.alert.title, _cut(message.alert.says, LONGEST_TEXT))
        self._deliver([message for message in messages if not self._keep(message)], now)
        return [alert for _, alert in news]

    def _keep(self, message: _Message) -> bool:
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

    def _deliver(self, unstored: Sequence[_Message], now: dt.datetime) -> None:
        if self.webhook is None:
            return
        try:
            stored = self._messages()
        except STORAGE_ERRORS:
            stored = []
        for message in [*stored, *unstored]:
            if not message.due(now):
                continue
            refusal = post(self.webhook, _slack(message))
            if refusal is None:
                self._store(message, "delivered", now, "")
                continue
            LOG.warning("alert not delivered, %s: %s", refusal.why, message.alert.title)
            self._store(message, "refused" if refusal.final else "undelivered", now, refusal.why)
            if not refusal.final:
                # The next message would wait for the same dead webhook.
                return

    def _store(self, message: _Message, event: Event, at: dt.datetime, says: str) -> bool:
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

    def _open(self) -> dict[str, _Message]:
        newest = {message.alert.about: message for message in self._messages()}
        return {about: message for about, message in newest.items() if message.event == "raised"} | self._unstored

    def _messages(self) -> list[_Message]:
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


def _message(row: dict[str, Any], tries: tuple[dt.datetime, ...], done: bool) -> _Message:
    facts = tuple((fact["name"], fact["value"]) for fact in row["facts"])
    alert = Alert(row["about"], row["title"], row["says"], facts, row["level"])
    return _Message(row["message_id"], row["at"], row["event"], row["channel"], alert, tries, done)


def _slack(message: _Message) -> dict[str, Any]:
    """The message for a Slack webhook: `text` is what a notification shows, `blocks` what the channel shows."""
    alert = message.alert
    over = message.event == "recovered"
    sign, title = (OVER, f"Over: {alert.title}") if over else (SIGNS[alert.level], alert.title)
    text = {"type": "mrkdwn", "text": _plain(alert.says or alert.title, LONGEST_TEXT)}
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": _cut(f"{sign} {title}", LONGEST_TITLE)}},
        {"type": "section", "text": text},
    ]
    if alert.facts:
        fields = [
            {"type": "mrkdwn", "text": f"*{_plain(name, 100)}*\n{_plain(value, LONGEST_FIELD)}"}
            for name, value in alert.facts[:MOST_FIELDS]
        ]
        blocks.append({"type": "section", "fields": fields})
    return {"text": _plain(f"{sign} {title}. {alert.says}", LONGEST_TEXT), "blocks": blocks}


def _plain(text: str, most: int) -> str:
    """Text that Slack shows as it is: its three control characters escaped, so that no data can mention a channel."""
    escaped = _cut(text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"), most)
    return re.sub("&[a-z]*…$", "…", escaped)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
