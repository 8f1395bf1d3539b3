"""A person's override of one account's segment as jobs: recorded, and seen on the page of the weekly scores.

Belongs here: the two jobs, what they look up, and what they tell. Does not: what is refused and what holds
(segmentation/overrides.py), scoring weeks again (`seg run`, automation, or a run of the job `score`).
"""

import datetime as dt
from collections.abc import Callable, Sequence

import dagster as dg

from resources.lakehouse import Lakehouse
from seg_assets.calendar import parse_monday
from seg_assets.schemas import SEGMENT_SCORES
from seg_assets.segmentation.overrides import Override, changes_nothing, ended_by, set_by, told
from seg_assets.segmentation.overruling import Refused
from seg_assets.segmentation.promotion import champion_of
from seg_assets.steps.explain import nearest_ids
from seg_assets.steps.models import read_promotions, read_segmentation
from seg_assets.steps.overrides import append_override, read_overrides
from seg_assets.steps.week_reads import SNAPSHOTS

SET_OVERRIDE = "set_override"
END_OVERRIDE = "end_override"
SHOWN_WEEKS = 8


class SetOverrideConfig(dg.Config):
    """A person's override."""

    account_id: str
    """The account."""
    segment_id: str
    """The segment that it is shown in, such as SEG-02."""
    by: str
    """The name of the person who decides, and answers for it."""
    reason: str
    """Why, in a sentence; scores show it."""
    until: str
    """The last day of weeks that it is for, such as 2026-12-31."""
    from_week: str = ""
    """The first Monday that it is for, such as 2026-07-20; without it the newest week with accounts."""


class EndOverrideConfig(dg.Config):
    """The end of an override."""

    account_id: str
    """The account."""
    by: str
    """The name of the person who decides."""
    reason: str
    """Why, in a sentence."""
    from_week: str = ""
    """The first Monday without it; by default the newest week with accounts."""


def build_override_jobs() -> list[dg.JobDefinition]:
    """The jobs `set_override` and `end_override`."""

    @dg.op
    def record_override(
        context: dg.OpExecutionContext, config: SetOverrideConfig, lakehouse: dg.ResourceParam[Lakehouse]
    ) -> None:
        def decision(week: dt.date, rows: Sequence[Override]) -> Override:
            _refuse_unknown(lakehouse, config.account_id, week)
            champion = champion_of(read_promotions(lakehouse), week)
            if champion is None:
                raise Refused("no version of definitions serves yet, so there are no segments: run `seg run` first")
            segmentation = read_segmentation(lakehouse, champion.definition_version)
            return set_by(
                account_id=config.account_id,
                segment_id=config.segment_id,
                owner=config.by,
                reason=config.reason,
                from_week=week,
                expires_on=_day(config.until),
                at=dt.datetime.now(dt.UTC),
                segments={segment.segment_id: segment.name for segment in segmentation.segments},
                ended={tombstone.segment_id: tombstone.words for tombstone in segmentation.tombstones},
            )

        _record(context, lakehouse, config.from_week, decision)

    @dg.op
    def record_end_of_override(
        context: dg.OpExecutionContext, config: EndOverrideConfig, lakehouse: dg.ResourceParam[Lakehouse]
    ) -> None:
        def decision(week: dt.date, rows: Sequence[Override]) -> Override:
            return ended_by(
                rows,
                account_id=config.account_id,
                owner=config.by,
                reason=config.reason,
                from_week=week,
                at=dt.datetime.now(dt.UTC),
            )

        _record(context, lakehouse, config.from_week, decision)

    @dg.job(name=SET_OVERRIDE, description="Show one account in a segment that a person names, until a day")
    def set_override() -> None:
        record_override()

    @dg.job(name=END_OVERRIDE, description="End the override of one account's segment before it expires")
    def end_override() -> None:
        record_end_of_override()

    return [set_override, end_override]


def _record(
    context: dg.OpExecutionContext,
    lakehouse: Lakehouse,
    from_week: str,
    decide: Callable[[dt.date, Sequence[Override]], Override],
) -> None:
    """Raises dagster.Failure, with nothing recorded, where the decision is refused."""
    rows = read_overrides(lakehouse)
    try:
        decision = decide(_week(lakehouse, from_week), rows)
    except Refused as refusal:
        raise dg.Failure(str(refusal), allow_retries=False) from refusal
    if changes_nothing(rows, decision):
        said = f"Nothing is recorded again, since {decision.account_id} is already set to {told(decision)}"
    else:
        append_override(lakehouse, decision)
        said = _told(lakehouse, decision, [*rows, decision])
    context.log.info(said)
    context.log_event(
        dg.AssetObservation(
            SEGMENT_SCORES.name,
            partition=decision.from_week.isoformat(),
            description=said,
            metadata={
                "account_id": decision.account_id,
                "action": decision.action,
                "segment_id": decision.segment_id,
                "owner": decision.owner,
                "reason": decision.reason,
                "expires_on": str(decision.expires_on or "ended"),
            },
        )
    )


def _told(lakehouse: Lakehouse, decision: Override, rows: Sequence[Override]) -> str:
    """What holds now, and which scored weeks do not show it yet."""
    expiries = [row.expires_on for row in rows if row.account_id == decision.account_id and row.expires_on]
    last = decision.expires_on or max(expiries)
    scored = [week for week in sorted(lakehouse.partitions(SEGMENT_SCORES.name)) if decision.from_week <= week <= last]
    verb = "is set to" if decision.expires_on else f"is no longer set to {decision.segment_id},"
    said = f"{decision.account_id} {verb} {told(decision)}."
    if not scored:
        return f"{said} Scoring shows it from week {decision.from_week} on."
    weeks = ", ".join(map(str, scored[-SHOWN_WEEKS:]))
    more = f" and {len(scored) - SHOWN_WEEKS} before" if len(scored) > SHOWN_WEEKS else ""
    return f"{said} Scored weeks show it once they are scored again: {weeks}{more}. `seg run` and automation do that."


def _week(lakehouse: Lakehouse, text: str) -> dt.date:
    """Raises Refused for what is no Monday, and where no week has accounts."""
    if text:
        try:
            return parse_monday(text)
        except ValueError as error:
            raise Refused(str(error)) from error
    weeks = lakehouse.partitions(SNAPSHOTS)
    if not weeks:
        raise Refused("no week has accounts yet: run `seg run` first")
    return max(weeks)


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise Refused(f"{text!r} is not a date: write it as 2026-12-31") from None


def _refuse_unknown(lakehouse: Lakehouse, account_id: str, week: dt.date) -> None:
    """Raises Refused where the account is not in the newest snapshot up to `week`."""
    stored = [monday for monday in lakehouse.partitions(SNAPSHOTS) if monday <= week]
    if not stored:
        raise Refused(
            f"no week up to {week} has accounts; the first is {min(lakehouse.partitions(SNAPSHOTS), default=None)}"
        )
    ids = lakehouse.scan(SNAPSHOTS, [max(stored)]).select("account_id").collect().to_series()
    if not ids.is_in([account_id]).any():
        near = nearest_ids(account_id, ids)
        spelled = f"; spelled most like it: {', '.join(near)}" if near else ""
        raise Refused(f"account {account_id!r} is not among the accounts of week {max(stored)}{spelled}")
