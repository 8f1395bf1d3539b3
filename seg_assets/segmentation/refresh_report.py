"""What a refresh changed: who moved, why, and what the segments became, as three tables.

Belongs here: comparing two champions over two snapshots, and each figure in a plain sentence.
Does not: the measures themselves (migrations.py, events.py, threshold_drift.py), which champions (assets/stability.py).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from seg_assets.segmentation.events import Event, Overlap, events
from seg_assets.segmentation.matching import Counts
from seg_assets.segmentation.migrations import (
    BEHAVIOUR,
    DEFINITION,
    LOST,
    NEW,
    HalfLife,
    Memberships,
    agreement,
    half_lives,
    memberships,
    migrations,
    moved,
    together,
)
from seg_assets.segmentation.model import Segmentation
from seg_assets.segmentation.rates import wilson
from seg_assets.segmentation.stability.estimate import Estimate
from seg_assets.segmentation.threshold_drift import Drift, other_questions, threshold_drift

DAYS_A_MONTH = 30.4375
FIGURES = pl.Schema(
    {
        "figure": pl.String(),
        "segment_id": pl.String(),
        "value": pl.Float64(),
        "low": pl.Float64(),
        "high": pl.Float64(),
        "unit": pl.String(),
        "says": pl.String(),
    }
)
EVENTS = pl.Schema(
    {
        "event": pl.String(),
        "from_segment_ids": pl.List(pl.String()),
        "to_segment_ids": pl.List(pl.String()),
        "accounts": pl.Int64(),
        "arr": pl.Float64(),
        "share": pl.Float64(),
        "says": pl.String(),
    }
)


@dataclass(frozen=True)
class Definitions:
    """The definitions in force in some month."""

    version: str
    segmentation: Segmentation


@dataclass(frozen=True, eq=False)
class Champion(Definitions):
    """The definitions in force at a refresh, and the accounts of its training snapshot.

    snapshot: account rows of `day`, with what `Segmentation.required_columns` names and the value feature, if any.
    """

    day: dt.date
    snapshot: pl.DataFrame


@dataclass(frozen=True, eq=False)
class RefreshReport:
    """Frames with the columns of FIGURES, migrations.MIGRATIONS and EVENTS; drifts: of every threshold."""

    figures: pl.DataFrame
    migrations: pl.DataFrame
    events: pl.DataFrame
    drifts: tuple[Drift, ...]


@dataclass(frozen=True)
class _Figure:
    figure: str
    says: str
    value: float | None = None
    unit: str | None = None
    segment_id: str | None = None
    low: float | None = None
    high: float | None = None


def first_report(now: Champion, value_feature: str | None) -> RefreshReport:
    """The report of a first refresh: every account is new, and nothing else can be said."""
    nobody = pl.DataFrame(schema={"account_id": pl.String, "segment_id": pl.String, "arr": pl.Float64})
    members = Memberships(nobody, nobody, memberships(now.segmentation, now.snapshot, value_feature))
    accounts = members.now.height
    says = (
        f"No version was in force before {now.version}: all {accounts:,} accounts of {now.day} are new, and what moved "
        "can be said from the next refresh on."
    )
    figures = [_Figure("new_accounts", says, 1.0, "share", low=wilson(accounts, accounts)[0], high=1.0)]
    return RefreshReport(_frame(figures), migrations(members), pl.DataFrame(schema=EVENTS), ())


def refresh_report(
    before: Champion, now: Champion, value_feature: str | None, year_before: Definitions | None = None
) -> RefreshReport:
    """What changed from the champion before to the champion now.

    year_before: the definitions of twelve months ago, where there were some. Raises ValueError where the snapshots are
    of the same day or in the wrong order.
    """
    if before.day >= now.day:
        raise ValueError(f"the snapshot before is of {before.day}, which is not before {now.day}")
    members = Memberships(
        was=memberships(before.segmentation, before.snapshot, value_feature),
        meant=memberships(before.segmentation, now.snapshot, value_feature),
        now=memberships(now.segmentation, now.snapshot, value_feature),
    )
    ids = [[segment.segment_id for segment in side.segmentation.segments] for side in (before, now)]
    counts, arr = together(members, *ids, known=True)
    came, came_arr = together(members, *ids, known=False)
    valued = value_feature is not None
    happened = events(
        Overlap(
            before=_named(before.segmentation),
            after=_named(now.segmentation),
            accounts=counts,
            came=came.sum(axis=0),
            arr=arr if valued else None,
            arr_came=came_arr.sum(axis=0) if valued else None,
        )
    )
    table = migrations(members)
    drifts = threshold_drift(before.segmentation, now.segmentation)
    months = (now.day - before.day).days / DAYS_A_MONTH
    figures = [
        *_moves(table, before, now),
        *_year(members, now, year_before),
        *(_half_life(found, now.segmentation, before) for found in half_lives(table, months)),
        _agreement(counts + came, before, now),
        *_definitions(drifts, other_questions(before.segmentation, now.segmentation)),
        _events(happened),
    ]
    return RefreshReport(_frame(figures), table, _event_frame(happened), drifts)


def _named(segmentation: Segmentation) -> tuple[tuple[str, str], ...]:
    return tuple((segment.segment_id, segment.name) for segment in segmentation.segments)


def _moves(table: pl.DataFrame, before: Champion, now: Champion) -> list[_Figure]:
    by_behaviour, common = moved(table, BEHAVIOUR)
    by_definition, _ = moved(table, DEFINITION)
    new, lost = moved(table, NEW)[0], moved(table, LOST)[0]
    both = f"{common:,} accounts of {before.day} and {now.day}"
    changed = f"the definitions changed ({before.version} to {now.version}, both on {now.day})"
    if before.version == now.version:
        changed = f"the definitions changed, as {now.version} stays in force"
    shares = [
        _share(
            "moved_by_behaviour",
            by_behaviour,
            common,
            f"of the {both} are in another segment because their values changed (by {before.version} on both days).",
        ),
        _share(
            "moved_by_definition",
            by_definition,
            common,
            f"of the {both} are in another segment because {changed}.",
        ),
        _share("new_accounts", new, common + new, f"of the {common + new:,} accounts of {now.day} are new."),
        _share("lost_accounts", lost, common + lost, f"of the {common + lost:,} accounts of {before.day} are gone."),
    ]
    return [figure for figure in shares if figure is not None]


def _share(figure: str, accounts: int, of: int, says: str) -> _Figure | None:
    """None where there is no account to have a share of."""
    if of == 0:
        return None
    low, high = wilson(accounts, of)
    return _Figure(figure, f"{accounts / of:.1%} {says}", accounts / of, "share", low=low, high=high)


def _year(members: Memberships, now: Champion, year_before: Definitions | None) -> list[_Figure]:
    if year_before is None:
        return []
    then = memberships(year_before.segmentation, now.snapshot, None).select("account_id", before="segment_id")
    both = members.now.join(then, on="account_id")
    apart = both.filter(pl.col("before") != pl.col("segment_id")).height
    says = f"of accounts would be in another segment by the definitions of a year ago ({year_before.version})."
    share = _share("moved_by_definition_in_a_year", apart, both.height, says)
    return [] if share is None else [share]


def _half_life(found: HalfLife, segmentation: Segmentation, before: Champion) -> _Figure:
    names = dict(_named(before.segmentation)) | dict(_named(segmentation))
    whose = "a segment" if found.segment_id is None else f"{found.segment_id} {names[found.segment_id]}"
    accounts = f"{found.accounts:,} accounts of {before.day}"
    says = f"Nobody has left {whose}: all {accounts} are still there."
    if found.months is not None:
        until = "no end" if found.high is None else f"{found.high:.1f}"
        says = (
            f"Half of the accounts of {whose} have left it after {found.months:.1f} months ({found.low or 0:.1f} to "
            f"{until}), as {found.stayed:,} of the {accounts} are still there."
        )
    return _Figure("half_life", says, found.months, "months", found.segment_id, found.low, found.high)


def _agreement(counts: Counts, before: Champion, now: Champion) -> _Figure:
    found: Estimate = agreement(counts)
    says = (
        f"The definitions of {before.version} and {now.version} agree by an adjusted Rand index of {found.value:.3f} "
        f"on the {counts.sum():,.0f} accounts of {now.day} (1 is the same, 0 is chance)."
    )
    if before.version == now.version:
        says = f"{now.version} stays in force: the adjusted Rand index of its definitions with themselves is 1."
    return _Figure("definitional_agreement", says, found.value, "adjusted Rand index", None, found.low, found.high)


def _definitions(drifts: tuple[Drift, ...], others: dict[str, str]) -> list[_Figure]:
    apart = [drift for drift in drifts if drift.before != drift.after]
    moved_ones = _Figure(
        "thresholds_moved", f"{len(apart)} of {len(drifts)} thresholds moved.", float(len(apart)), "thresholds"
    )
    return [
        moved_ones,
        *(_Figure("threshold_drift", drift.says, drift.after - drift.before, drift.unit) for drift in apart),
        *(_Figure("definition_changed", says, segment_id=segment) for segment, says in others.items()),
    ]


def _events(happened: tuple[Event, ...]) -> _Figure:
    told = [event.says for event in happened if event.kind != "survived"]
    says = " ".join(told) or "Every segment lives on: none split, merged, ended or began."
    return _Figure("events", says, float(len(told)), "events")


def _event_frame(happened: tuple[Event, ...]) -> pl.DataFrame:
    rows = [(e.kind, [*e.before], [*e.after], e.accounts, e.arr, e.share, e.says) for e in happened]
    return pl.DataFrame(rows, schema=EVENTS, orient="row")


def _frame(figures: list[_Figure]) -> pl.DataFrame:
    rows = [tuple(getattr(figure, name) for name in FIGURES) for figure in figures]
    return pl.DataFrame(rows, schema=FIGURES, orient="row")


def moves_of(report: RefreshReport, most: int) -> pl.DataFrame:
    """The `most` biggest moves from segment to segment: kind, from_segment_id, to_segment_id, accounts, arr."""
    between = pl.col("from_segment_id").ne_missing(pl.col("to_segment_id"))
    moves = report.migrations.filter(between, pl.col("kind").is_in([BEHAVIOUR, DEFINITION]))
    return moves.sort(-pl.col("accounts"), "kind", "from_segment_id", "to_segment_id").head(most)
