"""The report of a soak: Markdown for people who come later, one table for the console.

Belongs here: words and tables. Does not: verdicts (verdicts.py), figures (tables.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.soak.half_year import Journal
from benchmarks.soak.tables import Decision, ScoredWeek
from benchmarks.soak.verdicts import Caught, Told
from benchmarks.soak.watch import Ran
from benchmarks.soak.webhook import Message
from benchmarks.table import aligned
from seg_assets.automation import jobs

AIM_MINUTES = 30


@dataclass(frozen=True)
class Effort:
    """What it took: real seconds, processor seconds of the deployment; load: what the machine had to do at the end.

    Processes that were killed with -9 are counted as far as their parents lived on.
    """

    seconds: float
    processor_seconds: float
    load: float


@dataclass(frozen=True)
class Facts:
    """Everything that a report tells. failed: why the soak failed, empty where it did not."""

    accounts: int
    effort: Effort
    machine: str
    caught: Sequence[Caught]
    told: Sequence[Told]
    still_open: Sequence[Message]
    scored: Sequence[ScoredWeek]
    decided: Sequence[Decision]
    runs: Sequence[Ran]
    journal: Journal
    failed: Sequence[str]


def console(facts: Facts) -> str:
    """A table of events, then a line about all else."""
    rows = [("event", "week", "caught by", "after", "scoring", "over")]
    rows += [
        (
            one.planned.event,
            f"{one.planned.week}",
            one.by.title if one.by and not one.missed else "MISSED",
            _span(one.seconds),
            _scoring(one),
            _moment(one.over_at),
        )
        for one in facts.caught
    ]
    return "\n".join([aligned(rows, left=6), "", _opening(facts), *(f"FAILED: {why}" for why in facts.failed)])


def markdown(facts: Facts) -> str:
    """The whole report."""
    parts = [
        f"# Soak: {len(facts.scored)} weeks unattended",
        _opening(facts),
        "\n".join(f"- **failed**: {why}" for why in facts.failed),
        _NOTES,
        "## Events",
        _events(facts.caught),
        "## Weeks",
        _weeks(facts),
        "## Refreshes",
        _refreshes(facts.decided),
        "## The daemon was killed",
        _killed(facts),
        "## Messages that no event explains",
        _false(facts.told),
        "## Open at the end",
        "\n".join(f"- {_moment(one.at)} {one.title}" for one in facts.still_open) or "Nothing.",
        "## All messages",
        _messages(facts.told),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


_NOTES = """\
How it was run: Dagster's own daemon and a code server, `landing_sensor` and `on_call_sensor` on, under a clock that
was moved forward whenever nothing ran (libfaketime). Times are of that clock, so *after* is what on-call's watch would
have shown, waiting for the next look of a sensor included. Nobody did anything in Dagster. Sources landed a week each
Tuesday at 05:00 UTC, wrong where an event is a mistake, and right six hours later, as their owner does once told."""


def _opening(facts: Facts) -> str:
    caught = sum(one.missed is None for one in facts.caught)
    false = sum(one.because is None for one in facts.told)
    verdict = "FAILED" if facts.failed else "passed"
    minutes = facts.effort.seconds / 60
    aim = "" if facts.accounts < 20_000 else f" ({'under' if minutes < AIM_MINUTES else 'NOT under'} {AIM_MINUTES})"
    return (
        f"{verdict}: {len(facts.scored)} weeks scored and {len(facts.decided)} refreshes decided for "
        f"{facts.accounts:,} accounts in {minutes:.1f} minutes{aim}, "
        f"{facts.effort.processor_seconds / 60:.1f} minutes of processor time, "
        f"load {facts.effort.load:.1f} on {facts.machine}; "
        f"{caught} of {len(facts.caught)} events caught, "
        f"{false} false alarms, {sum(not run.ok for run in facts.runs)} of {len(facts.runs)} runs failed, "
        f"{sum(run.by_person for run in facts.runs)} runs that a person asked for."
    )


def _events(caught: Sequence[Caught]) -> str:
    rows = [["event", "week", "message", "what it says", "after", "scoring", "over", "other messages"]]
    for one in caught:
        says = one.by.says if one.by else ""
        title = one.by.title if one.by else "**none**"
        rows.append(
            [
                one.planned.event,
                f"{one.planned.week}",
                f"{title} (**missed**: {one.missed})" if one.missed else title,
                _short(says, 160),
                _span(one.seconds),
                _scoring(one),
                _moment(one.over_at),
                "; ".join(one.others),
            ]
        )
    return _table(rows)


def _weeks(facts: Facts) -> str:
    rows = [["week", "landed", "scored at", "version", "accounts", "segments", "scoring runs"]]
    for one in facts.scored:
        runs = [run for run in facts.runs if run.job == jobs.SCORE and run.partition == f"{one.week}"]
        well = [run.ended for run in runs if run.ok]
        landed = [landing for landing in facts.journal.landings if landing.week == one.week]
        rows.append(
            [
                f"{one.week}",
                ", then ".join(f"{landing.how} {_moment(landing.at)}" for landing in landed),
                _moment(max(well, default=None)),
                one.version,
                f"{one.accounts:,}",
                str(one.segments),
                f"{len(runs)}" + (f", {len(runs) - len(well)} failed" if len(well) < len(runs) else ""),
            ]
        )
    return _table(rows)


def _refreshes(decided: Sequence[Decision]) -> str:
    rows = [["month", "challenger", "decision", "in force", "churn", "at", "why"]]
    rows += [
        [
            f"{one.month:%Y-%m}",
            one.version,
            one.action,
            one.in_force or "",
            one.churn,
            _moment(one.at),
            _short(one.reason, 240),
        ]
        for one in decided
    ]
    return _table(rows)


def _killed(facts: Facts) -> str:
    killed, back = facts.journal.killed_at, facts.journal.back_at
    if killed is None or back is None:
        return "It was not killed."
    after = [run for run in facts.runs if run.ended > killed]
    lost = [run for run in after if not run.ok and run.ended <= back + dt.timedelta(hours=1)]
    names = ", ".join(f"{run.job} of {run.partition}" for run in lost) or "none"
    next_well = next((run for run in after if run.ok), None)
    goes_on = f"{next_well.job} of {next_well.partition} at {_moment(next_well.ended)}" if next_well else "nothing"
    return (
        f"kill -9 at {_moment(killed)} to daemon, code server and runs under way; started again at {_moment(back)}. "
        f"Runs that were lost and found: {names}. The first that ended well afterwards: {goes_on}."
    )


def _false(told: Sequence[Told]) -> str:
    rows = [["at", "title", "what it says"]]
    rows += [
        [_moment(one.message.at), one.message.title, _short(one.message.says, 240)]
        for one in told
        if one.because is None
    ]
    return _table(rows) if len(rows) > 1 else "None."


def _messages(told: Sequence[Told]) -> str:
    rows = [["at", "title", "because of"]]
    rows += [[_moment(one.message.at), one.message.title, one.because or "**nothing**"] for one in told]
    return _table(rows) if len(rows) > 1 else "None."


def _scoring(one: Caught) -> str:
    if one.planned.is_true:
        return "went on"
    return "waited for the right landing" if one.blocked else "went on, again with the right landing"


def _span(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    return f"{seconds:.0f} s" if seconds < 600 else f"{seconds / 60:.0f} min"


def _moment(at: dt.datetime | None) -> str:
    return "-" if at is None else f"{at:%Y-%m-%d %H:%M}"


def _short(text: str, most: int) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= most else f"{plain[: most - 1]}…"


def _table(rows: Sequence[Sequence[str]]) -> str:
    header, *body = ([cell.replace("|", "\\|") for cell in row] for row in rows)
    return "\n".join(f"| {' | '.join(row)} |" for row in (header, ["---"] * len(header), *body))
