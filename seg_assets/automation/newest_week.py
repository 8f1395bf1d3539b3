"""The check that the newest week which landed is scored, whoever asked for whatever else to be scored meanwhile.

Belongs here: its verdict and words, and asking Dagster why. Does not: which week is the newest and how long it may wait
(freshness.py), when the check is evaluated by itself (on_call.py).
"""

import datetime as dt
from collections.abc import Iterator

import dagster as dg
from dagster._core.scheduler.instigation import InstigatorStatus

from resources.lakehouse import Lakehouse
from seg_assets.automation.evidence import SENSOR as LANDING_SENSOR
from seg_assets.automation.freshness import GRACE, NEWEST_WEEK_SCORED, newest_landed
from seg_assets.automation.plan import usable_weeks
from seg_assets.catalogs import Catalogue
from seg_assets.checks.affected import affected
from seg_assets.checks.build import DRIFT, MISSINGNESS, ROWS
from seg_assets.checks.commands import history, show
from seg_assets.checks.finding import Finding, check_result
from seg_assets.checks.week import SNAPSHOTS
from seg_assets.landing import Landing
from seg_assets.schemas import SEGMENT_SCORES

SCORES = dg.AssetKey(SEGMENT_SCORES.name)
BLOCKING = (MISSINGNESS, DRIFT, ROWS)
MOST_CHECKS = 200


def build_newest_week_check(catalogue: Catalogue) -> dg.AssetChecksDefinition:
    """The check, without partitions: there is one newest week. It is in no job: a run of an old week says nothing."""

    @dg.asset_check(
        asset=SCORES,
        name=NEWEST_WEEK_SCORED,
        description=f"The newest week on which every required source has landed is scored. {LANDING_SENSOR}'s runs do "
        f"not evaluate it: on_call_sensor does, {GRACE.seconds // 3600} hours after the week landed and when it is "
        "scored. Executed by hand it says how it is now.",
    )
    def newest_week_scored(
        context: dg.AssetCheckExecutionContext,
        lakehouse: dg.ResourceParam[Lakehouse],
        landing: dg.ResourceParam[Landing],
    ) -> dg.AssetCheckResult:
        weeks = landed_weeks(catalogue, landing)
        week, scored = newest_landed(weeks, catalogue.required_sources), lakehouse.partitions(SEGMENT_SCORES.name)
        if week is None:
            return dg.AssetCheckResult(passed=True, description="nothing has landed")
        return result_of(context.instance, catalogue, lakehouse, week, scored=week in scored)

    return newest_week_scored


def landed_weeks(catalogue: Catalogue, landing: Landing) -> dict[str, dict[dt.date, str]]:
    """The usable Mondays of every source of the catalogue that is there. Raises LandingError."""
    today = dt.datetime.now(dt.UTC).date()
    monday = today - dt.timedelta(days=today.weekday())
    return {
        source.name: usable_weeks(landing.weeks(source.name), catalogue.first_month, monday)[0]
        for source in catalogue.sources
        if landing.has(source.name)
    }


def result_of(
    instance: dg.DagsterInstance, catalogue: Catalogue, lakehouse: Lakehouse, week: dt.date, *, scored: bool
) -> dg.AssetCheckResult:
    """The check's result for the newest landed `week`."""
    expected = f"week {week}, the newest that landed, in {SEGMENT_SCORES.name}"
    if scored:
        found = Finding("the newest week that landed is scored", expected, "it is there")
    else:
        found = _unscored(instance, catalogue, lakehouse, week, expected)
    return check_result(SCORES, NEWEST_WEEK_SCORED, {week.isoformat(): found})


def _unscored(
    instance: dg.DagsterInstance, catalogue: Catalogue, lakehouse: Lakehouse, week: dt.date, expected: str
) -> Finding:
    scored = sorted(lakehouse.partitions(SEGMENT_SCORES.name))
    stored = [monday for monday in lakehouse.partitions(SNAPSHOTS) if monday <= week]
    who = None
    if stored:
        ids = lakehouse.scan(SNAPSHOTS, [max(stored)]).select("account_id").collect().to_series()
        who = affected(lakehouse, catalogue, ids, week)
    newest = str(scored[-1]) if scored else "none"
    return Finding(
        told=f"the newest week that landed is not scored; people work with {newest}",
        expected=expected,
        seen=f"newest scored week: {newest}",
        passed=False,
        # An error, so that it is red; it stops nothing, since nothing comes after it.
        blocks=True,
        since=min([monday for monday in stored if not scored or monday > scored[-1]], default=week),
        accounts=None if who is None else who.accounts,
        arr=None if who is None else who.arr,
        causes=tuple(_causes(instance, week, read=week in stored)),
        look_closer=history(SEGMENT_SCORES.name, "definition_version") if scored else show("landings"),
    )


def _causes(instance: dg.DagsterInstance, week: dt.date, *, read: bool) -> Iterator[str]:
    for check in BLOCKING:
        if _blocks(instance, check, week):
            yield f"check {check} of {SNAPSHOTS} blocks it"
    if _stopped(instance):
        yield f"{LANDING_SENSOR} is stopped: nothing starts by itself"
    yield "its scoring failed" if read else f"its reading failed: {SNAPSHOTS} does not have it"


def _blocks(instance: dg.DagsterInstance, check: str, week: dt.date) -> bool:
    """Whether the newest evaluation of a check of the week's accounts failed as an error."""
    key = dg.AssetCheckKey(dg.AssetKey(SNAPSHOTS), check)
    for record in instance.event_log_storage.get_asset_check_execution_history(key, limit=MOST_CHECKS):
        found = record.event.asset_check_evaluation if record.event else None
        if found is not None and found.partition == week.isoformat():
            return not found.passed and found.severity == dg.AssetCheckSeverity.ERROR
    return False


def _stopped(instance: dg.DagsterInstance) -> bool:
    """Whether automation is off, as far as the instance keeps states of sensors: one never turned on has none."""
    if instance.schedule_storage is None:
        return False
    running = instance.all_instigator_state(instigator_statuses={InstigatorStatus.RUNNING})
    return LANDING_SENSOR not in {state.name for state in running}
