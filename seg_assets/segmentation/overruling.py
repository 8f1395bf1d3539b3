"""A person's promotion or rollback: the row that it adds to the promotions table, or why it is refused.

Belongs here: what a person may decide, and until when it holds. Pure: rows in, a row out.
Does not: the gates of an automatic promotion (promotion.py), storing the row (steps/models.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from seg_assets.segmentation.promotion import AUTOMATIC, Promotion, champion_of, versions_in_force

SHOWN = 8


class Refused(ValueError):
    """A decision that cannot be recorded; the message says why and what can be done instead."""


def promoted_by(
    promotions: Sequence[Promotion],
    fitted: Mapping[str, dt.date],
    *,
    definition_version: str,
    by: str,
    reason: str,
    at: dt.datetime,
) -> Promotion:
    """The row by which a person makes a fitted version champion, from its own service month on.

    fitted: every version with its service month. Raises Refused for a version that is not among them, and without a
    name or a reason.
    """
    _refuse_nobody(by, reason)
    month = _month_of(definition_version, fitted)
    champion = champion_of(promotions, month)
    before = None if champion is None or champion.before_first_model else champion.definition_version
    return Promotion(month, definition_version, "promote", by.strip(), at, reason.strip(), before, definition_version)


def rolled_back_by(
    promotions: Sequence[Promotion],
    fitted: Mapping[str, dt.date],
    *,
    definition_version: str,
    service_month: dt.date,
    by: str,
    reason: str,
    at: dt.datetime,
) -> Promotion:
    """The row by which a person puts an earlier champion back, from `service_month` on.

    Raises Refused as `promoted_by` does, for a month that was never refreshed, for a version that learned from data
    later than that month, and for one that never was champion.
    """
    _refuse_nobody(by, reason)
    own = _month_of(definition_version, fitted)
    months = sorted(set(fitted.values()))
    if service_month not in months:
        raise Refused(
            f"service month {service_month:%Y-%m} was never refreshed; those that were are {_listed_months(months)}"
        )
    if service_month < own:
        raise Refused(
            f"{definition_version} learned from data that {service_month:%Y-%m} did not have; it can serve from "
            f"{own:%Y-%m} on"
        )
    if definition_version not in {row.to_version for row in promotions if row.action != "reject"}:
        raise Refused(
            f"{definition_version} never was champion, so there is nothing to go back to: `seg promote "
            f"{definition_version}` makes it champion from {own:%Y-%m} on"
        )
    champion = champion_of(promotions, service_month)
    before = None if champion is None else champion.definition_version
    return Promotion(
        service_month, definition_version, "rollback", by.strip(), at, reason.strip(), before, definition_version
    )


def changes_nothing(promotions: Iterable[Promotion], decision: Promotion) -> bool:
    """Whether the version is in force from that month already, so that nothing has to be recorded again."""
    champion = champion_of(promotions, decision.service_month)
    if champion is None or champion.before_first_model:
        return False
    return champion.definition_version == decision.to_version


def holds_until(promotions: Iterable[Promotion], service_month: dt.date) -> tuple[dt.date, str] | None:
    """The next service month with a decision of its own and the version in force from then on; None for the last."""
    later = {month: version for month, version in versions_in_force(promotions).items() if month > service_month}
    return (min(later), later[min(later)]) if later else None


def weeks_to_score_again(
    stored: Mapping[dt.date, str], promotions: Sequence[Promotion]
) -> list[tuple[dt.date, str, str]]:
    """The weeks that were scored by another version than is in force for them now: week, that version, this one.

    stored: each scored week with the version of its scores. Weeks change only when they are scored again.
    """
    found = []
    for week, version in sorted(stored.items()):
        champion = champion_of(promotions, week)
        if champion is not None and champion.definition_version != version:
            found.append((week, version, champion.definition_version))
    return found


def _refuse_nobody(by: str, reason: str) -> None:
    if not reason.strip():
        raise Refused("a reason is needed: one sentence that tells the next person why")
    if not by.strip() or by.strip() == AUTOMATIC:
        raise Refused("the name of the person who decides is needed")


def _month_of(definition_version: str, fitted: Mapping[str, dt.date]) -> dt.date:
    if definition_version not in fitted:
        known = sorted(fitted, key=lambda version: (fitted[version], version))
        shown = ", ".join(known[-SHOWN:]) or "none"
        raise Refused(f"no version {definition_version!r} was fitted; the newest are {shown}")
    return fitted[definition_version]


def _listed_months(months: Sequence[dt.date]) -> str:
    return ", ".join(f"{month:%Y-%m}" for month in months[-SHOWN:]) or "none"
