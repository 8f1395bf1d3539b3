"""Looking at what automation does: is it idle, what ran, what it said last.

Belongs here: questions to the home's Dagster instance. Does not: starting or changing anything there.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import dagster as dg
from dagster._core.scheduler.instigation import InstigatorTick, TickStatus

from benchmarks.soak.clock import SimulatedClock
from seg_assets.automation.choose import RETRY_AFTER
from seg_assets.automation.evidence import AUTOMATION, SENSOR, UNDER_WAY, WORK
from seg_assets.automation.launch import RANGE_END
from seg_assets.automation.on_call import SENSOR as ON_CALL
from seg_assets.automation.sensors import SECONDS
from seg_assets.automation.world import MOST_ATTEMPTS

PARTITION = "dagster/partition"
POLL_SECONDS = 0.4
PATIENCE_SECONDS = 900
"""Of real time in which automation has to become idle, after a week landed or a month began."""


class Stuck(RuntimeError):
    """Automation did not become idle in time; the message says what it was at."""


@dataclass(frozen=True)
class Ran:
    """A run that ended, by the simulated clock. by_person: nothing but a person can have asked for it."""

    job: str
    partition: str
    ok: bool
    ended: dt.datetime
    by_person: bool = False


@dataclass(frozen=True)
class Look:
    """A sensor's newest tick that is over: when it began, whether it asked for no run, and what it said.

    goes_on: a newer one is under way. On a busy machine one always is.
    """

    at: dt.datetime
    is_quiet: bool
    says: str
    goes_on: bool


class Watch:
    """One instance, looked at from outside."""

    def __init__(self, instance: dg.DagsterInstance, clock: SimulatedClock) -> None:
        self._instance, self._clock = instance, clock

    def is_busy(self) -> bool:
        """Whether any run is queued or under way."""
        return bool(self._instance.get_runs_count(dg.RunsFilter(statuses=list(UNDER_WAY))))

    def wait_for(self, job: str, partition: dt.date) -> None:
        """Wait until a run of `job` for `partition` does its work. Raises Stuck."""
        wanted = dg.RunsFilter(job_name=job, tags={PARTITION: str(partition)}, statuses=[dg.DagsterRunStatus.STARTED])
        self._wait(lambda: bool(self._instance.get_runs_count(wanted)), f"{job} of {partition} to start")

    def settle(self, patience_seconds: float = PATIENCE_SECONDS) -> str:
        """Wait until nothing is due, running or about to be tried again; what automation said last. Raises Stuck.

        Time in which nothing runs is leapt over, up to the next look of the sensors or the next attempt.
        """
        since = self._clock.now()
        until = time.monotonic() + patience_seconds
        while time.monotonic() < until:
            if self.is_busy():
                time.sleep(POLL_SECONDS)
                continue
            ran = self.runs()
            quiet_since = max([since, *(run.ended for run in ran)])
            looks = [self._look(SENSOR), self._look(ON_CALL)]
            landing = looks[0]
            seen = [look for look in looks if look is not None]
            if landing and landing.is_quiet and sum(look.at > quiet_since for look in seen) == len(looks):
                pause = self._next_attempt()
                if pause <= dt.timedelta():
                    return landing.says
                self._clock.leap_to(self._clock.now() + pause)
                since = self._clock.now()
                continue
            self._hasten(looks)
            time.sleep(POLL_SECONDS)
        look = self._look(SENSOR)
        said = look.says if look else "nothing"
        raise Stuck(f"not idle after {patience_seconds:.0f} s; the sensor said last: {said}")

    def runs(self) -> list[Ran]:
        """All runs that ended, oldest first."""
        ended = dg.RunsFilter(
            statuses=[dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
        )
        return [
            Ran(
                job=record.dagster_run.job_name,
                partition=_partition(record.dagster_run),
                ok=record.dagster_run.status is dg.DagsterRunStatus.SUCCESS,
                ended=dt.datetime.fromtimestamp(record.end_time or record.update_timestamp.timestamp(), dt.UTC),
                by_person=AUTOMATION not in record.dagster_run.tags,
            )
            for record in self._instance.get_run_records(ended, ascending=True)
        ]

    def _hasten(self, looks: Sequence[Look | None]) -> None:
        """Leap to the next look of the sensors, unless one goes on."""
        seen = [look for look in looks if look is not None]
        if len(seen) == len(looks) and not any(look.goes_on for look in seen):
            next_look = max(look.at for look in seen) + dt.timedelta(seconds=SECONDS)
            self._clock.leap((next_look - self._clock.now()).total_seconds())

    def _next_attempt(self) -> dt.timedelta:
        """How long until a run that failed is tried again; nothing where none will be."""
        newest: dict[str, dg.RunRecord] = {}
        failures: dict[str, int] = {}
        for record in self._instance.get_run_records(ascending=True):
            work = record.dagster_run.tags.get(WORK)
            if work is not None:
                newest[work] = record
                failures[work] = failures.get(work, 0) + (record.dagster_run.status is dg.DagsterRunStatus.FAILURE)
        pauses = [
            dt.datetime.fromtimestamp(record.end_time or 0, dt.UTC) + RETRY_AFTER * failures[work] - self._clock.now()
            for work, record in newest.items()
            if record.dagster_run.status is dg.DagsterRunStatus.FAILURE and failures[work] < MOST_ATTEMPTS
        ]
        return max(pauses, default=dt.timedelta())

    def _look(self, sensor: str) -> Look | None:
        for state in self._instance.all_instigator_state():
            if state.instigator_name == sensor:
                return _look_of(self._instance.get_ticks(state.instigator_origin_id, state.selector_id, limit=4))
        return None

    def _wait(self, until: Callable[[], bool], what: str) -> None:
        """Wait for something while looks go on; a look is due whenever nothing runs."""
        end = time.monotonic() + PATIENCE_SECONDS
        while not until():
            if time.monotonic() > end:
                raise Stuck(f"waited {PATIENCE_SECONDS} s for {what}")
            if not self.is_busy():
                self._hasten([self._look(SENSOR), self._look(ON_CALL)])
            time.sleep(POLL_SECONDS)


def _look_of(ticks: Sequence[InstigatorTick]) -> Look | None:
    """ticks: the newest first."""
    over = next((tick for tick in ticks if tick.status is not TickStatus.STARTED), None)
    if over is None:
        return None
    began = dt.datetime.fromtimestamp(over.timestamp, dt.UTC)
    return Look(began, over.status is TickStatus.SKIPPED, over.skip_reason or "", over is not ticks[0])


def _partition(run: dg.DagsterRun) -> str:
    return run.tags.get(PARTITION) or run.tags.get(RANGE_END, "")
