"""What on-call has to hear of: checks and runs that failed, in words, and what is over. Pure: values in, values out.

Belongs here: one problem a check or step and partition, its facts, and which later result ends it.
Does not: asking Dagster (on_call.py), telling things once (resources/alerts.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from resources.alert import Alert
from seg_assets.checks.build import DRIFT, MIX, ROWS, STEPS
from seg_assets.checks.finding import RUNBOOK
from seg_assets.checks.gates import PROMOTION_GATES
from seg_assets.checks.overrides import OVERRIDES
from seg_assets.checks.triggers import UNUSED_TRIGGERS

FACTS = {
    "expected": "Expected",
    "seen": "Seen",
    "since": "Since",
    "accounts_affected": "Accounts affected",
    "arr_affected": "ARR affected",
    "likely_cause": "Likely cause",
    "page": "Page",
    "runbook": "Runbook",
    "look_closer": "Look closer",
}
"""The metadata of a check that an alert carries, in this order."""
COMPARING = frozenset({ROWS, STEPS, DRIFT, MIX, PROMOTION_GATES})
"""Checks that set a partition beside the one before: a true change is ordinary from the next one on."""
STANDING = frozenset({OVERRIDES, UNUSED_TRIGGERS})
"""Checks of what people and sources do now, told with the newest week: overrides that hold, files that landed."""
WEEKS = "weeks"
"""The metadata of a check of several partitions that names those that failed."""
CHECK, RUN = "check", "run"
BEFORE_ANY_STEP = ""
"""The step of a run that failed before it had one; a run that succeeds has it done."""
LONGEST_ERROR = 1_200


@dataclass(frozen=True)
class Span:
    """The partitions that a run was about, as keys that sort by date; both empty for a run without partitions."""

    first: str = ""
    last: str = ""

    def __str__(self) -> str:
        return self.first if self.first == self.last else f"{self.first} to {self.last}"

    def holds(self, partition: str) -> bool:
        """Whether `partition` was among them."""
        return self.first <= partition <= self.last


@dataclass(frozen=True)
class CheckSeen:
    """One evaluation of a check. metadata: as text; error: of that severity; blocks: one that stops what
    follows when it fails.
    """

    asset: str
    check: str
    span: Span
    run_id: str
    at: dt.datetime
    passed: bool
    error: bool
    blocks: bool
    says: str
    metadata: Mapping[str, str]


@dataclass(frozen=True)
class RunSeen:
    """One run that ended. failed, done: its steps; error: why it failed."""

    job: str
    span: Span
    run_id: str
    at: dt.datetime
    failed: tuple[str, ...]
    done: frozenset[str]
    error: str


@dataclass(frozen=True)
class News:
    """A result about some partitions: problems by partition; the others of the span are well.

    ends_earlier: where a partition is well, warnings of those before it are over too.
    """

    topic: str
    span: Span
    problems: Mapping[str, Alert]
    ends_earlier: bool = False

    def ends(self, partition: str, alert: Alert) -> bool:
        """Whether a problem of the same topic, of a partition that is not among those that failed, is over."""
        if self.span.holds(partition):
            return True
        return self.ends_earlier and not self.problems and alert.level == "warning" and partition < self.span.first


def settled(news: Iterable[News], known: Mapping[str, Alert]) -> tuple[list[Alert], list[str]]:
    """The problems that stand after all `news`, oldest first, and which of the `known` are over.

    known: the problems that are open, by what they are about. What no news is about stays as it is.
    """
    standing: dict[str, Alert] = {}
    over: dict[str, None] = {}
    for one in news:
        prefix = f"{one.topic}:"
        bad = {f"{prefix}{partition}": alert for partition, alert in one.problems.items()}
        for about, alert in (dict(known) | standing).items():
            if about.startswith(prefix) and about not in bad and one.ends(about.removeprefix(prefix), alert):
                standing.pop(about, None)
                over[about] = None
        for about, alert in bad.items():
            standing[about] = alert
            over.pop(about, None)
    return list(standing.values()), [about for about in over if about in known]


def of_check(seen: CheckSeen) -> News:
    """What an evaluation tells: one problem for every partition that failed."""
    topic = f"{CHECK}:{seen.asset}:{seen.check}"
    if seen.passed:
        return News(topic, seen.span, {}, ends_earlier=seen.check in COMPARING | STANDING)
    named = [part.strip() for part in seen.metadata.get(WEEKS, "").split(",")]
    failed = [part for part in named if part and seen.span.holds(part)] or [seen.span.last]
    return News(topic, seen.span, {partition: _check_alert(seen, topic, partition) for partition in failed})


def _check_alert(seen: CheckSeen, topic: str, partition: str) -> Alert:
    filled = {
        "since": f"{seen.at:%Y-%m-%d %H:%M} UTC",
        "runbook": f"{RUNBOOK}#{seen.check}",
        "look_closer": f"seg show {seen.asset}; run {seen.run_id} in the Dagster UI",
    }
    told = filled | {name: value for name, value in seen.metadata.items() if value}
    of = f", {partition}" if partition else ""
    return Alert(
        about=f"{topic}:{partition}",
        title=f"{seen.check} of {seen.asset}{of}{' blocks' if seen.blocks else ''}",
        says=seen.says,
        facts=tuple((title, told[name]) for name, title in FACTS.items() if name in told),
        level="error" if seen.error else "warning",
    )


def of_run(seen: RunSeen) -> list[News]:
    """What a run tells: a problem for each step that failed, by the last of its partitions; the others are well."""
    partition = seen.span.last
    found = [News(f"{RUN}:{seen.job}:{step}", seen.span, {}) for step in sorted(seen.done)]
    for step in seen.failed:
        topic = f"{RUN}:{seen.job}:{step}"
        of = f" of {seen.span}" if partition else ""
        facts = (
            ("Step", step or "before any step"),
            ("Since", f"{seen.at:%Y-%m-%d %H:%M} UTC"),
            ("Runbook", f"{RUNBOOK}#a-run-failed"),
            ("Look closer", f"run {seen.run_id} in the Dagster UI"),
        )
        says = seen.error[:LONGEST_ERROR]
        alert = Alert(f"{topic}:{partition}", f"{seen.job}{of} failed", says, facts)
        found.append(News(topic, Span(partition, partition), {partition: alert}))
    return found
