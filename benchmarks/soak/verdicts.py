"""What the messages mean: each event caught or missed, each message explained or a false alarm.

Belongs here: pure verdicts on what was planned, done and told. Does not: reading tables (tables.py), words (report.py).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.soak.half_year import Journal
from benchmarks.soak.story import NAMED, Planned, Story
from benchmarks.soak.webhook import Message

REFRESH_TOLD = ("promotion_gates of segment_model",)
"""Messages that tell what a refresh decided; the table of refreshes shows them, and they are no alarm about data."""
RUN_FAILED = " failed"
AFTER_KILL = dt.timedelta(hours=1)
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class Caught:
    """How an event was caught. by: the title of the message; None where none came or it did not name what it had to.

    seconds: from the landing, or from the deadline of a source that was late, to the message. others: further messages
    about it. blocked: its week was not scored by what had landed. over_at: the message that it is over, None where it
    did not come. missed: why it counts as missed.
    """

    planned: Planned
    by: Message | None
    seconds: float | None
    others: tuple[str, ...]
    blocked: bool
    over_at: dt.datetime | None
    missed: str | None


@dataclass(frozen=True)
class Told:
    """One message, and what explains it; None: a false alarm."""

    message: Message
    because: str | None


def caught(planned: Planned, journal: Journal, messages: Sequence[Message], scored_at: Iterable[dt.datetime]) -> Caught:
    """The verdict on one event. scored_at: when runs that scored its week ended well."""
    first = next(landing.at for landing in journal.landings if landing.week == planned.week)
    ends = journal.ends[planned.week]
    here = [one for one in messages if first <= one.at <= ends]
    raised = [one for one in here if not one.over]
    by = next((one for one in raised if planned.is_caught_by(one.title)), None)
    # The rest of its life: true changes go on until a refresh knows them.
    over = next((one.at for one in messages if by and one.over and one.title == by.title and one.at >= by.at), None)
    right = next(
        (landing.at for landing in journal.landings if landing.week == planned.week and landing.how == "right"), ends
    )
    missed = None
    if by is None:
        missed = f"no message of its check came; came: {'; '.join(one.title for one in raised) or 'none'}"
    elif NAMED[planned.event] not in by.title + by.says:
        missed = f"the message does not name {NAMED[planned.event]}: {by.says}"
    elif not planned.is_true and over is None:
        missed = "it was landed right, and no message came that it is over"
    since = first if planned.event != "late_source" else _deadline(planned.week)
    return Caught(
        planned=planned,
        by=by,
        seconds=None if by is None else (by.at - since).total_seconds(),
        others=tuple(one.title for one in raised if one is not by),
        blocked=not any(first <= at < right for at in scored_at) if not planned.is_true else False,
        over_at=over,
        missed=missed,
    )


def _deadline(week: dt.date) -> dt.datetime:
    return dt.datetime.combine(week + dt.timedelta(days=2), dt.time(), dt.UTC)


def explained(
    story: Story, journal: Journal, messages: Iterable[Message], promoted: Mapping[dt.date, dt.datetime]
) -> list[Told]:
    """Every problem that was told, in order, with what explains it. promoted: service month to when one was.

    A mistake explains what is told between its landing and the end of its week; a change that is so, what is told of
    its weeks and months until a refresh has learned from them; the death of the daemon, what is told in the hour after.
    """
    return [Told(one, _because(one, story, journal, promoted)) for one in messages if not one.over]


def still_open(messages: Iterable[Message]) -> list[Message]:
    """The problems of which no message said that they are over, oldest first."""
    standing: dict[str, Message] = {}
    for one in messages:
        if one.over:
            standing.pop(one.title, None)
        else:
            standing.setdefault(one.title, one)
    return list(standing.values())


def _because(message: Message, story: Story, journal: Journal, promoted: Mapping[dt.date, dt.datetime]) -> str | None:
    if message.title.startswith(REFRESH_TOLD):
        return "a refresh"
    if journal.killed_at is not None and journal.killed_at <= message.at <= journal.killed_at + AFTER_KILL:
        return "kill -9"
    if message.title.endswith(RUN_FAILED):
        # No event of the story breaks a run: data that are refused, blocked or late have checks and words of their own.
        return None
    about = DATE.search(message.title)
    for one in story.events:
        began = next((landing.at for landing in journal.landings if landing.week == one.week), None)
        if began is None or message.at < began:
            continue
        if one.is_true:
            if about is None or dt.date.fromisoformat(about[0]) <= _learned(one, promoted):
                return one.event
        elif message.at <= journal.ends.get(one.week, message.at):
            return one.event
    return None


def _learned(planned: Planned, promoted: Mapping[dt.date, dt.datetime]) -> dt.date:
    """The last day on which a true change is news: the one before the first later month that promoted a model."""
    later = sorted(month for month in promoted if month > planned.week)
    return later[0] - dt.timedelta(days=1) if later else dt.date.max


def failures(found: Iterable[Caught], told: Iterable[Told], broken: Iterable[str]) -> list[str]:
    """Everything for which a soak fails, in words: missed events, and invariants that do not hold.

    A false alarm is named too: half a year has at most one.
    """
    missed = [f"{one.planned.event} of {one.planned.week} was missed: {one.missed}" for one in found if one.missed]
    false = [one for one in told if one.because is None]
    more = [f"{len(false)} false alarms, at most {MOST_FALSE}: see the report"] if len(false) > MOST_FALSE else []
    return [*missed, *more, *broken]


MOST_FALSE = 1
"""Issue 5: at most one in 18 undisturbed months."""
