"""`python -m benchmarks.soak.backfill`: 18 months and 78 weeks that lie there on the first day, and a daemon that dies.

Belongs here: landing everything at once, killing the deployment on the way, what is there at the end. Does not: a life
week by week (half_year.py), the deployment itself (deployment.py).
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg

from benchmarks.soak.clock import SimulatedClock
from benchmarks.soak.deployment import Deployment
from benchmarks.soak.supplier import SEED, landed_accounts
from benchmarks.soak.tables import broken, decisions, scored_weeks
from benchmarks.soak.watch import Watch
from resources.settings import Settings
from seg_assets.automation.evidence import SENSOR
from seg_assets.calendar import mondays
from seg_assets.sample_data import write_landing

WEEKS = 78
LAST_WEEK = date(2026, 6, 29)
STARTS_AT = datetime(2026, 7, 1, 9, tzinfo=UTC)
KILLED_AFTER = (40, 200)
"""Runs that have ended when everything is killed with -9."""
PATIENCE_SECONDS = 3 * 3600


def main() -> None:
    """The program; exits with 1 where anything of it is missing, doubled or of the wrong version."""
    given = _arguments()
    home = given.home.absolute()
    if home.exists():
        sys.exit(f"{home} is there already: delete it, or name another by --home")
    home.mkdir(parents=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    weeks = mondays(LAST_WEEK - timedelta(weeks=WEEKS - 1), LAST_WEEK)
    write_landing(home / "landing", accounts=given.accounts, mondays=weeks, seed=SEED)
    clock = SimulatedClock(home / "clock", STARTS_AT)
    settings = Settings(home=home, landing=str(home / "landing"))
    deployment = Deployment(settings, clock)
    os.environ["DAGSTER_HOME"] = str(settings.dagster_home)
    began = time.monotonic()
    with dg.DagsterInstance.get() as instance:
        watch = Watch(instance, clock)
        try:
            deployment.start()
            deployment.turn_on(SENSOR)
            for runs in KILLED_AFTER:
                _wait_for_runs(watch, runs, began)
                deployment.kill()
                print(f"{time.monotonic() - began:7.1f} s  killed with -9 after {runs} runs", flush=True)
                deployment.start()
            said = watch.settle(PATIENCE_SECONDS)
        finally:
            deployment.stop()
        ran = watch.runs()
    minutes = (time.monotonic() - began) / 60
    wrong = _wrong(home, weeks)
    print(
        f"{WEEKS} weeks and {len(_months(weeks))} months of {given.accounts:,} accounts in {minutes:.1f} minutes: "
        f"{len(ran)} runs, {sum(not run.ok for run in ran)} failed, {len(KILLED_AFTER)} times killed with -9, "
        f"{sum(run.by_person for run in ran)} runs that a person asked for. Automation said last: {said}"
    )
    print("\n".join(f"FAILED: {one}" for one in wrong) or "every week is scored once, whole, by the version in force")
    sys.exit(1 if wrong else 0)


def _wait_for_runs(watch: Watch, runs: int, began: float) -> None:
    while len(watch.runs()) < runs:
        if time.monotonic() - began > PATIENCE_SECONDS:
            raise TimeoutError(f"{len(watch.runs())} runs in {PATIENCE_SECONDS} s, and {runs} were waited for")
        time.sleep(1)


def _months(weeks: Sequence[date]) -> list[date]:
    """The service months whose data month's last snapshot is among `weeks`."""
    firsts = sorted({week.replace(day=1) for week in weeks} | {(weeks[-1] + timedelta(weeks=1)).replace(day=1)})
    return firsts[1:]


def _wrong(home: Path, weeks: Sequence[date]) -> list[str]:
    lakehouse = home / "lakehouse"
    scored = scored_weeks(lakehouse, weeks, lambda week: landed_accounts(home / "landing", week))
    return broken(weeks, _months(weeks), scored, decisions(lakehouse))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak.backfill", description=__doc__)
    parser.add_argument("--accounts", type=int, default=3_000, help="of the sample (default %(default)s)")
    parser.add_argument("--home", type=Path, default=Path(".seg-backfill"), help="a new folder (default %(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
