"""A person's override of one account's segment: which one holds in a week, and whether one can be recorded.

Belongs here: rows of the table of overrides in, rows and answers out. Pure. Does not: storing them
(steps/overrides.py), what scores say of them (overridden.py).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from seg_assets.segmentation.overruling import Refused

SET: Literal["set"] = "set"
END: Literal["end"] = "end"
NONE = "none"


@dataclass(frozen=True)
class Override:
    """One row of the table of overrides. It is about the Mondays from `from_week` to `expires_on`, None for an end."""

    account_id: str
    action: Literal["set", "end"]
    segment_id: str
    owner: str
    reason: str
    from_week: dt.date
    expires_on: dt.date | None
    recorded_at: dt.datetime


def in_force(rows: Iterable[Override], week: dt.date) -> dict[str, Override]:
    """The override of each account that holds in the week that begins on `week`, by account_id.

    Of the rows of an account that are about the week, or about one before it, the one recorded last counts.
    """
    newest: dict[str, Override] = {}
    for row in sorted(rows, key=lambda row: row.recorded_at):
        if row.from_week <= week:
            newest[row.account_id] = row
    return {account: row for account, row in newest.items() if row.expires_on is not None and week <= row.expires_on}


def fingerprint(held: Mapping[str, Override]) -> str:
    """A text that changes with what scores show of the overrides that hold in a week; NONE without any."""
    if not held:
        return NONE
    shown = [(a, o.segment_id, o.owner, o.reason, str(o.expires_on)) for a, o in sorted(held.items())]
    return hashlib.sha256(json.dumps(shown).encode()).hexdigest()[:12]


def weeks_changed(rows: Iterable[Override], scored_with: Mapping[dt.date, str]) -> list[dt.date]:
    """The weeks for which other overrides hold than they were scored with, ascending.

    scored_with: every scored week with the fingerprint of the overrides that its scores show.
    """
    kept = list(rows)
    return [week for week, shown in sorted(scored_with.items()) if fingerprint(in_force(kept, week)) != shown]


def set_by(
    *,
    account_id: str,
    segment_id: str,
    owner: str,
    reason: str,
    from_week: dt.date,
    expires_on: dt.date,
    at: dt.datetime,
    segments: Mapping[str, str],
    ended: Mapping[str, str],
) -> Override:
    """The row by which a person sets an account to a segment.

    segments: the segments of the version that serves `from_week`, each with its name; ended: those that have ended,
    each with what became of it. Raises Refused for a segment that is not among them, an expiry that is over before it
    begins, and without a name or a reason.
    """
    _refuse_nobody(owner, reason)
    if segment_id in ended:
        raise Refused(f"{segment_id} has ended: {ended[segment_id]}. Set the account to {_listed(segments)}")
    if segment_id not in segments:
        raise Refused(f"there is no segment {segment_id!r}; in week {from_week} there are {_listed(segments)}")
    if expires_on < from_week:
        raise Refused(f"it would be over on {expires_on}, before the week {from_week} that it begins with")
    return Override(account_id, SET, segment_id, owner.strip(), reason.strip(), from_week, expires_on, at)


def ended_by(
    rows: Iterable[Override], *, account_id: str, owner: str, reason: str, from_week: dt.date, at: dt.datetime
) -> Override:
    """The row by which a person ends the override that holds for an account in `from_week`, from that week on.

    Raises Refused where none does, and without a name or a reason.
    """
    _refuse_nobody(owner, reason)
    kept = list(rows)
    held = in_force(kept, from_week).get(account_id)
    if held is None:
        own = sorted((row for row in kept if row.account_id == account_id), key=lambda row: row.recorded_at)
        last = f"; the last row of it is {told(own[-1])}" if own else ""
        raise Refused(f"no override holds for account {account_id} in week {from_week}{last}")
    return Override(account_id, END, held.segment_id, owner.strip(), reason.strip(), from_week, None, at)


def changes_nothing(rows: Iterable[Override], decision: Override) -> bool:
    """Whether the same holds for the account from that week on already, so that nothing has to be recorded again."""
    own = [row for row in rows if row.account_id == decision.account_id]
    newest = max(own, key=lambda row: row.recorded_at, default=None)
    held = in_force(own, decision.from_week).get(decision.account_id)
    return newest is not None and newest == held and _shown(newest) == _shown(decision)


def told(row: Override) -> str:
    """The row in words."""
    if row.expires_on is None:
        return f"ended by {row.owner} from {row.from_week} on: {row.reason}"
    return f"{row.segment_id} by {row.owner} from {row.from_week} until {row.expires_on}: {row.reason}"


def _shown(row: Override) -> tuple[str, str, str, dt.date | None]:
    return row.segment_id, row.owner, row.reason, row.expires_on


def _refuse_nobody(owner: str, reason: str) -> None:
    if not reason.strip():
        raise Refused("a reason is needed: one sentence that tells the next person why")
    if not owner.strip():
        raise Refused("the name of the person who decides is needed")


def _listed(segments: Mapping[str, str]) -> str:
    return ", ".join(f"{segment} ({name})" for segment, name in segments.items())
