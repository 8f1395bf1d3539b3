"""Which definitions are champion, and whether a challenger becomes it.

Belongs here: reading the promotions table's rows, version numbers, the gates of a promotion. Pure: rows in, rows out.
Does not: storing a promotion (steps/models.py), the MLflow alias (resources/tracking.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Action = Literal["promote", "reject", "rollback"]
AUTOMATIC = "automatic"
LIFT = "lift"


@dataclass(frozen=True)
class Promotion:
    """One row of the promotions table."""

    service_month: dt.date
    definition_version: str
    action: Action
    by: str
    at: dt.datetime
    reason: str
    from_version: str | None
    to_version: str | None


@dataclass(frozen=True)
class Champion:
    """The definitions that score a week."""

    definition_version: str
    before_first_model: bool


@dataclass(frozen=True)
class Gate:
    """One figure that a challenger has to meet."""

    name: str
    passed: bool
    seen: str
    limit: str


def versions_in_force(promotions: Iterable[Promotion]) -> dict[dt.date, str]:
    """The champion from each service month that had a promotion or rollback: the newest decision of that month."""
    found: dict[dt.date, str] = {}
    for row in sorted(promotions, key=lambda row: row.at):
        if row.action != "reject" and row.to_version is not None:
            found[row.service_month] = row.to_version
    return found


def decided_by_person(promotions: Iterable[Promotion], service_month: dt.date) -> Promotion | None:
    """A person's promotion or rollback that is in force from `service_month` on; None where a machine decided last."""
    made = [row for row in promotions if row.service_month == service_month and row.action != "reject"]
    newest = max(made, key=lambda row: row.at, default=None)
    return None if newest is None or newest.by == AUTOMATIC else newest


def champion_before(promotions: Iterable[Promotion], service_month: dt.date) -> str | None:
    """The version in force just before `service_month`; None for the first model."""
    in_force = versions_in_force(promotions)
    earlier = [month for month in in_force if month < service_month]
    return in_force[max(earlier)] if earlier else None


def champion_of(promotions: Iterable[Promotion], week: dt.date) -> Champion | None:
    """The champion of the week that begins on `week`; None where nothing was ever promoted.

    It is the version in force for the greatest service month that is not after the week's own. A week before every
    model is scored by the first one, and says so.
    """
    in_force = versions_in_force(promotions)
    if not in_force:
        return None
    month = week.replace(day=1)
    until = [candidate for candidate in in_force if candidate <= month]
    return Champion(in_force[max(until)], False) if until else Champion(in_force[min(in_force)], True)


def next_version(service_month: dt.date, versions: Iterable[str]) -> str:
    """The version of the next attempt at `service_month`, `2026-07.1` for the first."""
    prefix = f"{service_month:%Y-%m}."
    attempts = [int(version.removeprefix(prefix)) for version in versions if version.startswith(prefix)]
    return f"{prefix}{max(attempts, default=0) + 1}"


def out_of_order(service_month: dt.date, fitted: Collection[dt.date]) -> str | None:
    """Why `service_month` cannot have its first refresh any more, None where it can.

    Months inherit their segments' ids in order: a month that is fitted after a later one would issue ids that the
    later one has given to other segments.
    """
    later = [month for month in fitted if month > service_month]
    if service_month in fitted or not later:
        return None
    return (
        f"{min(later):%Y-%m} was refreshed before it, and months inherit their segments' ids in order; "
        "use another home to begin earlier"
    )


def rejected_since(promotions: Iterable[Promotion], service_month: dt.date) -> dt.date:
    """The first of the service months up to `service_month`, in a row, whose newest automatic decision rejected."""
    newest = {row.service_month: row for row in sorted(promotions, key=lambda row: row.at) if row.by == AUTOMATIC}
    since = service_month
    for month in sorted((month for month in newest if month <= service_month), reverse=True):
        if newest[month].action != "reject":
            break
        since = month
    return since


def large_enough(share: float, value_share: float, least: float, least_value: float) -> bool:
    """Whether a segment is worth a play, by its share of accounts or of value.

    Trees are grown on a sample: a segment at the limit may miss it by a hair on all accounts, and shares are read to a
    tenth of a percent.
    """
    return round(share, 3) >= least or value_share >= least_value


def promotion_gates(
    *,
    shares: Mapping[str, float],
    value_shares: Mapping[str, float],
    names: Sequence[str],
    churn: float | None,
    smallest_share: float,
    smallest_value_share: float,
    churn_at_most: float,
    unstable: str | None = None,
    lift: tuple[float, float, float] | None = None,
    announced: str | None = None,
    standing: Promotion | None = None,
) -> tuple[Gate, ...]:
    """The gates a challenger has to pass.

    shares, value_shares: segment_id to its share of accounts and of value, 0 to 1; no value_shares without a value
    feature. churn: share of accounts that the refresh alone would move,
    None without a champion. unstable: why no number of segments is stable enough, None where one is. lift: the AUC less
    the champion's and its 95 % interval, None where it cannot be judged. announced: why definitions change on purpose,
    which the churn gate lets pass and says. standing: a person's decision on the same month, which no machine replaces.
    """
    smallest = min(shares, key=lambda segment: (shares[segment], segment))
    large = [large_enough(s, value_shares.get(i, 0.0), smallest_share, smallest_value_share) for i, s in shares.items()]
    named = all(name.strip() for name in names) and len(set(names)) == len(names)
    gates = [
        Gate(
            "size",
            all(large) or len(shares) == 1,
            f"{smallest} holds {shares[smallest]:.1%} of accounts",
            f"at least {smallest_share:.1%}" + (f", or {smallest_value_share:.1%} of ARR" if value_shares else ""),
        ),
        Gate("naming", named, f"{len(set(names))} names for {len(names)} segments", "a unique name each"),
    ]
    if lift is not None:
        value, low, high = lift
        seen = f"AUC {value:+.4f} [{low:+.4f}, {high:+.4f}] against the champion"
        gates.append(Gate(LIFT, high >= 0, seen, "no evidence of harm"))
    if unstable is not None:
        gates.append(Gate("stability", False, unstable.rstrip("."), "segments that come back"))
    if churn is not None:
        seen = f"the refresh alone moves {churn:.1%} of accounts"
        limit = f"at most {churn_at_most:.1%}" if announced is None else f"no limit, an announced change: {announced}"
        gates.append(Gate("churn", churn <= churn_at_most or announced is not None, seen, limit))
    if standing is not None:
        seen = f"{standing.by} chose {standing.to_version} for this month on {standing.at:%Y-%m-%d}"
        gates.append(Gate("person", False, seen, "only a person replaces a person's decision"))
    return tuple(gates)


def decide(
    *,
    service_month: dt.date,
    definition_version: str,
    champion: str | None,
    gates: Sequence[Gate],
    at: dt.datetime,
    in_force: str | None = None,
) -> Promotion:
    """Promote the challenger where every gate passes, else reject it; the reason names the figures.

    champion: the version that it challenged. in_force: the version that serves if it is rejected, the champion unless
    the month has another already.
    """
    failed = [gate for gate in gates if not gate.passed]
    told = "; ".join(f"{gate.name}: {gate.seen} ({gate.limit})" for gate in failed or gates)
    unjudged = "" if any(gate.name == LIFT for gate in gates) else "; lift: not judged"
    return Promotion(
        service_month=service_month,
        definition_version=definition_version,
        action="reject" if failed else "promote",
        by=AUTOMATIC,
        at=at,
        reason=f"{'failed' if failed else 'passed'} {told}{unjudged}",
        from_version=champion,
        to_version=(in_force or champion) if failed else definition_version,
    )
