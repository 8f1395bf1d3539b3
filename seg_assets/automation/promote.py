"""A person's promotion and rollback as jobs: recorded, the alias moved, the release note written.

Belongs here: the two jobs, and what they tell. Does not: what is refused (segmentation/overruling.py), automatic
promotions (steps/decision.py), scoring weeks again (`seg run`, or a backfill of segment_scores).
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import dagster as dg

from resources.lakehouse import Lakehouse
from resources.pages import Pages
from resources.tracking import Tracking
from seg_assets.automation.launch import QUIET, why_failed
from seg_assets.calendar import parse_month
from seg_assets.catalogs import Catalogue
from seg_assets.notice_schemas import RELEASE_NOTES
from seg_assets.reports.release_note import FOLDER, money_unit, release_page
from seg_assets.schemas import SEGMENT_MODEL, SEGMENT_SCORES
from seg_assets.segmentation.overruling import (
    Refused,
    changes_nothing,
    holds_until,
    promoted_by,
    rolled_back_by,
    weeks_to_score_again,
)
from seg_assets.segmentation.promotion import Promotion, champion_before
from seg_assets.steps.models import append_promotion, read_promotions, versions_of_partitions
from seg_assets.steps.release_notes import add_note, notes_of_version, without_note

PROMOTE = "promote"
ROLLBACK = "rollback"
SHOWN_WEEKS = 8
RECORD = {PROMOTE: "record_promotion", ROLLBACK: "record_rollback"}


class PromoteConfig(dg.Config):
    """A person's promotion."""

    definition_version: str
    """The version that becomes champion, such as 2026-07.1, from its own service month on."""
    by: str
    """The name of the person who decides."""
    reason: str
    """Why, in a sentence."""


class RollbackConfig(dg.Config):
    """A person's rollback."""

    definition_version: str
    """An earlier champion, such as 2026-06.1."""
    service_month: str
    """The month from which it holds again, such as 2026-07."""
    by: str
    """The name of the person who decides."""
    reason: str
    """Why, in a sentence."""


def build_decision_jobs(catalogue: Catalogue) -> list[dg.JobDefinition]:
    """The jobs `promote` and `rollback`."""

    @dg.op(name=RECORD[PROMOTE])
    def record_promotion(
        context: dg.OpExecutionContext,
        config: PromoteConfig,
        lakehouse: dg.ResourceParam[Lakehouse],
        tracking: dg.ResourceParam[Tracking],
        pages: dg.ResourceParam[Pages],
    ) -> None:
        def decision(promotions: Sequence[Promotion], fitted: Mapping[str, dt.date]) -> Promotion:
            return promoted_by(
                promotions,
                fitted,
                definition_version=config.definition_version,
                by=config.by,
                reason=config.reason,
                at=dt.datetime.now(dt.UTC),
            )

        _carry_out(context, catalogue, lakehouse, tracking, pages, decision)

    @dg.op(name=RECORD[ROLLBACK])
    def record_rollback(
        context: dg.OpExecutionContext,
        config: RollbackConfig,
        lakehouse: dg.ResourceParam[Lakehouse],
        tracking: dg.ResourceParam[Tracking],
        pages: dg.ResourceParam[Pages],
    ) -> None:
        def decision(promotions: Sequence[Promotion], fitted: Mapping[str, dt.date]) -> Promotion:
            try:
                month = parse_month(config.service_month)
            except ValueError as error:
                raise Refused(str(error)) from error
            return rolled_back_by(
                promotions,
                fitted,
                definition_version=config.definition_version,
                service_month=month,
                by=config.by,
                reason=config.reason,
                at=dt.datetime.now(dt.UTC),
            )

        _carry_out(context, catalogue, lakehouse, tracking, pages, decision)

    @dg.job(name=PROMOTE, description="Make a fitted version champion, whatever its gates said, for a person's reason")
    def promote() -> None:
        record_promotion()

    @dg.job(name=ROLLBACK, description="Put an earlier champion back from a service month on, for a person's reason")
    def rollback() -> None:
        record_rollback()

    return [promote, rollback]


def _carry_out(
    context: dg.OpExecutionContext,
    catalogue: Catalogue,
    lakehouse: Lakehouse,
    tracking: Tracking,
    pages: Pages,
    decide: Callable[[Sequence[Promotion], Mapping[str, dt.date]], Promotion],
) -> None:
    """Record, then alias, then note: a run that was killed in between is made whole by running it again.

    Raises dagster.Failure, with nothing recorded, where the decision is refused.
    """
    promotions, models = read_promotions(lakehouse), _models(lakehouse)
    try:
        decision = decide(promotions, {version: month for version, (month, _) in models.items()})
    except Refused as refusal:
        raise dg.Failure(str(refusal), allow_retries=False) from refusal
    if changes_nothing(promotions, decision):
        context.log.info(f"{decision.to_version} is in force already; nothing is recorded again")
    else:
        append_promotion(lakehouse, decision)
        promotions = [*promotions, decision]
    newest = champion_before(promotions, dt.date.max)
    if newest is not None:
        tracking.set_champion(models[newest][1])
    for missing in without_note(lakehouse, promotions, decision.service_month):
        add_note(lakehouse, catalogue, missing)
    version = decision.to_version or decision.definition_version
    page = release_page(version, notes_of_version(lakehouse, version), money_unit(catalogue))
    path = pages.write(f"{FOLDER}/{version}", page, "md")
    told = decision_told(lakehouse, decision.service_month, version)
    context.log.info(told)
    context.log_event(
        dg.AssetMaterialization(
            RELEASE_NOTES.name,
            partition=decision.service_month.isoformat(),
            description=told,
            metadata={
                "definition_version": version,
                "action": decision.action,
                "by": decision.by,
                "reason": decision.reason,
                "note": dg.MetadataValue.md(page),
                "page": dg.MetadataValue.url(path.as_uri()),
                "page_path": dg.MetadataValue.path(str(path)),
            },
        )
    )


def decision_told(lakehouse: Lakehouse, service_month: dt.date, version: str) -> str:
    """What holds now, until when, and which stored weeks were scored by another version."""
    promotions = read_promotions(lakehouse)
    then = holds_until(promotions, service_month)
    end = "" if then is None else f" until {then[0]:%Y-%m}, from which on {then[1]} is in force"
    told = f"{version} is champion from {service_month:%Y-%m} on{end}."
    behind = weeks_to_score_again(versions_of_partitions(lakehouse, SEGMENT_SCORES.name, "snapshot_date"), promotions)
    if not behind:
        return f"{told} Every stored week was scored by the version in force for it."
    weeks = ", ".join(f"{week} (by {was})" for week, was, _ in behind[-SHOWN_WEEKS:])
    more = f" and {len(behind) - SHOWN_WEEKS} before" if len(behind) > SHOWN_WEEKS else ""
    return (
        f"{told} Stored weeks keep the segments of another version until they are scored again: {weeks}{more}. "
        "`seg run` scores them again, as does a backfill of segment_scores"
    )


def _models(lakehouse: Lakehouse) -> dict[str, tuple[dt.date, str]]:
    """Every fitted version with its service month and its registered model."""
    if not lakehouse.exists(SEGMENT_MODEL.name):
        return {}
    rows = lakehouse.scan(SEGMENT_MODEL.name).select("definition_version", "service_month", "model_uri").collect()
    return {version: (month, uri) for version, month, uri in rows.iter_rows()}


@dataclass(frozen=True)
class Decided:
    """How a run of one of the jobs ended. told: what holds now, or why it was refused."""

    ok: bool
    run_id: str
    told: str


def run_decision(
    definitions: dg.Definitions, instance: dg.DagsterInstance, job: str, config: Mapping[str, str]
) -> Decided:
    """Run a job whose one step records a decision, in this process, as a run that the Dagster UI shows as any other."""
    definition = definitions.resolve_job_def(job)
    (step,) = (node.name for node in definition.nodes)
    result = definition.execute_in_process(
        instance=instance,
        run_config={**QUIET, "ops": {step: {"config": dict(config)}}},
        raise_on_error=False,
    )
    if not result.success:
        return Decided(False, result.run_id, why_failed(instance, result.run_id))
    (told,) = [told for event in result.all_events if (told := _told_by(event)) is not None]
    return Decided(True, result.run_id, told)


def _told_by(event: dg.DagsterEvent) -> str | None:
    """What the event says of the decision; None for one that only says how the run goes."""
    if event.is_step_materialization:
        return event.step_materialization_data.materialization.description
    if event.is_asset_observation:
        return event.asset_observation_data.asset_observation.description
    return None
