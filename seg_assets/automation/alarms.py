"""What on-call must hear of from automation, as alerts: late sources, what was given up, what a check stopped.

Belongs here: what each is about, the same at every tick while it lasts, what happened and what to do about it.
Does not: sending (resources/alerts.py), finding it out (lateness.py, due.py, choose.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from resources.alert import Alert
from seg_assets.automation.lateness import Late
from seg_assets.automation.plan import Skip
from seg_assets.automation.world import Failed, Work
from seg_assets.checks.finding import RUNBOOK

KIND = "automation"
"""What `about` of every alert here begins with."""

TABLES = "tables"
"""The same of the one alert that nothing can be decided, since a table cannot be opened."""

SHOWN = 4


def of_late(late: Late) -> Alert:
    """A source that is past its deadline, with its owner."""
    weeks = ", ".join(map(str, late.weeks[-SHOWN:]))
    more = f" and {len(late.weeks) - SHOWN} before" if len(late.weeks) > SHOWN else ""
    return Alert(
        about=f"{KIND}:late {late.source}",
        title=f"{late.source} is late",
        says=f"{late.source} has not landed for {weeks}{more}. They are not scored until it lands: ask its owner.",
        facts=(
            ("owner", late.owner),
            ("due", f"{late.since:%Y-%m-%d %H:%M} UTC"),
            ("newest week that landed", str(late.newest or "none")),
            ("runbook", f"{RUNBOOK}#late-source"),
        ),
    )


def of_unreadable(source: str, why: str) -> Alert:
    """A landing table that cannot be opened."""
    return Alert(
        about=f"{KIND}:unreadable {source}",
        title=f"the landing table of {source} cannot be opened",
        says=why,
        facts=(("runbook", f"{RUNBOOK}#a-landing-table-cannot-be-opened"),),
    )


def of_damaged(why: str) -> Alert:
    """A table of ours that cannot be opened."""
    return Alert(
        about=f"{TABLES}:damaged",
        title="a table cannot be opened, and nothing is started",
        says=why,
        facts=(("runbook", f"{RUNBOOK}#a-table-cannot-be-opened"),),
    )


def of_given_up(work: Work, failed: Failed) -> Alert:
    """A work that failed too often."""
    return Alert(
        about=f"{KIND}:given up {work.makes} {work.partition}",
        title=f"{work.makes} of {work.partition} was given up",
        says=f"It failed {failed.attempts} times and is not tried again by itself. Land its input again, or find the "
        "cause in the run and run the job by hand.",
        facts=(("job", work.job), ("newest run", failed.run_id), ("runbook", f"{RUNBOOK}#a-run-failed")),
    )


def of_stopped(stopped: Skip) -> Alert:
    """Something that automation does not start, since a blocking check failed on what it would read."""
    return Alert(
        about=f"{KIND}:stopped {stopped.what}",
        title=f"{stopped.what} was not started",
        says=f"{stopped.why[0].upper()}{stopped.why[1:]}. Land it again, or accept it as it is: the runbook says how.",
        facts=(("runbook", f"{RUNBOOK}#was-not-started"),),
    )


def alarms(
    late: Sequence[Late],
    unreadable: Mapping[str, str],
    given_up: Sequence[tuple[Work, Failed]],
    stopped: Sequence[Skip],
) -> tuple[Alert, ...]:
    """All alerts that stand now; one that is no longer among them is over."""
    return (
        *(of_late(one) for one in late),
        *(of_unreadable(source, why) for source, why in unreadable.items()),
        *(of_given_up(work, failed) for work, failed in given_up),
        *(of_stopped(one) for one in stopped),
    )
