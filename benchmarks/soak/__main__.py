"""`python -m benchmarks.soak`: half a year, the report, and an exit code that says whether all was well.

Belongs here: arguments, putting things together, storing the report. Does not: any of the parts.
"""

from __future__ import annotations

import argparse
import os
import resource
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg

from benchmarks.machine import machine
from benchmarks.soak.clock import NoClock, SimulatedClock
from benchmarks.soak.deployment import Deployment
from benchmarks.soak.half_year import HalfYear
from benchmarks.soak.report import Effort, Facts, console, markdown
from benchmarks.soak.story import WEEKS, Story, story
from benchmarks.soak.supplier import Supplier
from benchmarks.soak.tables import broken, decisions, scored_weeks
from benchmarks.soak.verdicts import caught, explained, failures, still_open
from benchmarks.soak.watch import Stuck, Watch
from benchmarks.soak.webhook import Webhook
from resources.settings import Settings
from seg_assets.automation import jobs
from seg_assets.automation.evidence import SENSOR

ACCOUNTS = 20_000
STARTS_AT = datetime(2025, 12, 30, 6, tzinfo=UTC)


def main() -> None:
    """The program; exits with 1 where an event was missed or something does not hold."""
    given = _arguments()
    began = time.monotonic()
    plan, home = story(given.weeks), given.home.absolute()
    if home.exists():
        sys.exit(f"{home} is there already: a soak needs a home of its own; delete it, or name another by --home")
    home.mkdir(parents=True)

    def say(text: str) -> None:
        print(f"{time.monotonic() - began:7.1f} s  {text}", file=sys.stderr, flush=True)

    # As Ctrl-C does: what was started is stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        clock = SimulatedClock(home / "clock", STARTS_AT)
    except NoClock as error:
        sys.exit(str(error))
    supplier = Supplier(plan, given.accounts, home / "supplier", home / "landing")
    supplier.land_history()
    say("landing files made, history landed")
    webhook = Webhook(clock.now)
    settings = Settings(home=home, landing=str(home / "landing"), alert_webhook=webhook.url)
    deployment = Deployment(settings, clock)
    os.environ["DAGSTER_HOME"] = str(settings.dagster_home)
    with dg.DagsterInstance.get() as instance:
        watch = Watch(instance, clock)
        life = HalfYear(plan, clock, deployment, supplier, watch, say)
        stuck = _lived(life, deployment)
        webhook.close()
        effort = Effort(time.monotonic() - began, _processor_seconds(), os.getloadavg()[2])
        facts = _facts(plan, given.accounts, home, life, watch, webhook, supplier, effort, stuck)
    report = markdown(facts)
    for file in (home / "reports" / "soak.md", *([given.out] if given.out else [])):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(report, encoding="utf-8")
    print(console(facts))
    print(f"\nReport: {home / 'reports' / 'soak.md'}")
    sys.exit(1 if facts.failed else 0)


def _lived(life: HalfYear, deployment: Deployment) -> str | None:
    """Live through it, and stop the deployment whatever happens; why it did not come to its end, None where it did."""
    try:
        deployment.start()
        deployment.turn_on(SENSOR)
        life.live()
    except (Stuck, KeyboardInterrupt) as error:
        return str(error) or "it was interrupted"
    finally:
        deployment.stop()
    return None


def _processor_seconds() -> float:
    """Of everything that was started and has ended, on all cores."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def _facts(
    plan: Story,
    accounts: int,
    home: Path,
    life: HalfYear,
    watch: Watch,
    webhook: Webhook,
    supplier: Supplier,
    effort: Effort,
    stuck: str | None,
) -> Facts:
    lakehouse, journal, messages = home / "lakehouse", life.journal, tuple(webhook.messages)
    runs, decided = watch.runs(), decisions(lakehouse)
    scored = scored_weeks(lakehouse, plan.weeks, supplier.landed_accounts)
    scored_at = {
        week: [run.ended for run in runs if run.ok and run.job == jobs.SCORE and run.partition == f"{week}"]
        for week in plan.weeks
    }
    lived = [one for one in plan.events if one.week in journal.ends]
    found = [caught(one, journal, messages, scored_at[one.week]) for one in lived]
    promoted = {one.month: one.at for one in decided if one.action == "promote"}
    told = explained(plan, journal, messages, promoted)
    wrong = [*broken(plan.weeks, plan.months, scored, decided), *([stuck] if stuck else [])]
    wrong += [f"{one.event} of {one.week} was not reached" for one in plan.events if one not in lived]
    here = machine()
    return Facts(
        accounts=accounts,
        effort=effort,
        machine=f"{here['cores']} cores ({here['processor']})",
        caught=found,
        told=told,
        still_open=still_open(messages),
        scored=scored,
        decided=[one for one in decided if one.month in plan.months],
        runs=runs,
        journal=journal,
        failed=failures(found, told, wrong),
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--accounts", type=int, default=ACCOUNTS, help="of the sample (default %(default)s)")
    parser.add_argument("--weeks", type=int, default=WEEKS, help="to live through, from 8 on (default %(default)s)")
    parser.add_argument("--home", type=Path, default=Path(".seg-soak"), help="a new folder (default %(default)s)")
    parser.add_argument("--out", type=Path, help="where the report goes beside <home>/reports/soak.md")
    return parser.parse_args()


if __name__ == "__main__":
    main()
