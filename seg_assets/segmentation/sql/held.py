"""The hold as SQL: one SELECT over snapshots of several weeks, which looks back by LAG.

Belongs here: what holding.py computes, for all weeks of a table at once. Does not: what the hold means (holding.py),
indices (select.py).
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from seg_assets.segmentation.definitions import Box, Condition, Definition
from seg_assets.segmentation.holding import asked_columns, loosened
from seg_assets.segmentation.model import Segmentation
from seg_assets.segmentation.sql.layout import laid_out
from seg_assets.segmentation.sql.select import KEYS, Columns, Steps, chained, free, index_steps, named
from seg_assets.segmentation.sql.syntax import Branches, check_dialect, choice, column, is_missing, number, sum_of
from seg_assets.segmentation.unknown import Making, makings

OWN, OTHERS, NEAR, SHOWN = "__own", "__others", "__near", "__shown"


def held_sql(segmentation: Segmentation, table: str, hold_weeks: int, dialect: str = "duckdb") -> str:
    """One SELECT over `table`, account_snapshots or what has its columns: where accounts are shown in every week.

    Columns: account_id, snapshot_date, segment_id, rule_segment_id, held: of all rows the same as `assign` gives with
    the hold for `hold_weeks` (1 or 2). For one week that week and the `hold_weeks` + 1 Mondays before it are enough.
    dialect: as of `select_sql`. Raises ValueError for another dialect.
    """
    check_dialect(dialect)
    flags = unknown_flags(segmentation)
    beside = unknown_columns(segmentation, flags)

    def steps() -> Steps:
        yield from index_steps(segmentation, beside)
        yield "footings", named(KEYS) | footing(segmentation, flags, dialect)
        yield "weeks", named(KEYS) | _weeks(hold_weeks)
        shown = choice([(holds, place) for holds, place in held_places(hold_weeks)], column(of_week(OWN, 0)))
        yield "places", named([*KEYS, of_week(OWN, 0)]) | {SHOWN: shown}

    held = exp.NEQ(this=column(SHOWN), expression=column(of_week(OWN, 0)))
    select = exp.select(
        *named(KEYS).values(),
        exp.alias_(_id_of(SHOWN, segmentation), "segment_id"),
        exp.alias_(_id_of(of_week(OWN, 0), segmentation), "rule_segment_id"),
        exp.alias_(held, "held"),
    )
    return laid_out(chained(select, steps(), exp.to_table(table, dialect=dialect)), dialect)


def unknown_flags(segmentation: Segmentation) -> dict[str, str]:
    """For every column that definitions ask the name of the flag that it is unknown."""
    taken = [*segmentation.required_columns, *segmentation.index_set.names]
    return {name: free(f"{name}_unknown", taken) for name in asked_columns(segmentation.definitions)}


def unknown_columns(segmentation: Segmentation, flags: Mapping[str, str]) -> Columns:
    """Those flags, computed from accounts: never null."""
    return {flag: _unknown(makings(name, segmentation.index_set)) for name, flag in flags.items()}


def near_box(box: Box, segmentation: Segmentation, flags: Mapping[str, str], dialect: str) -> exp.Expression:
    """Whether an account meets the box, or is near to meeting it."""

    def near(condition: Condition) -> exp.Expression:
        loose = Definition((Box((loosened(condition, segmentation.confidence),)),)).predicate(dialect)
        return exp.paren(exp.or_(column(flags[condition.column]), loose))

    every = [near(condition) for condition in box.conditions]
    return exp.and_(*every) if every else exp.true()


def footing(segmentation: Segmentation, flags: Mapping[str, str], dialect: str) -> Columns:
    """The bit of the segment whose definition holds, and the sum of the bits of those that the account is near to."""
    bits = list(zip(bits_of(segmentation), segmentation.definitions, strict=True))

    def near_any(definition: Definition) -> exp.Expression:
        return exp.or_(*(near_box(box, segmentation, flags, dialect) for box in definition.boxes))

    return {
        of_week(OWN, 0): choice([(definition.predicate(dialect), number(bit)) for bit, definition in bits]),
        NEAR: sum_of([choice([(near_any(definition), number(bit))], number(0)) for bit, definition in bits]),
    }


def _weeks(hold_weeks: int) -> Columns:
    """For this week and those that are remembered the own bit and the others; 0 where the account was not there."""
    columns: Columns = {}
    for back in range(hold_weeks + 2):
        own, near = column(of_week(OWN, 0)), column(NEAR)
        others: exp.Expression = exp.Sub(this=near, expression=own)
        if back:
            now, then = column("snapshot_date"), _lag(column("snapshot_date"), back)
            days = exp.DateDiff(this=now, expression=then, unit=exp.var("DAY"))
            there = exp.EQ(this=days, expression=number(7 * back))
            own, others = (choice([(there, _lag(value, back))], number(0)) for value in (own, others))
        columns |= {of_week(OWN, back): own, of_week(OTHERS, back): others}
    return columns


def held_places(hold_weeks: int) -> Branches:
    """For the first week of a hold and the second, whether it holds an account, and the bit of the segment in which.

    `with_hold`, operation by operation. An account is in the first that holds, else in its own.
    """
    own, others = ([column(of_week(name, back)) for back in range(4)] for name in (OWN, OTHERS))
    claimed = [_common(others[1], own[2])]
    if hold_weeks == 2:
        claimed.append(_common(others[1], others[2], own[3]))
    branches = [(exp.and_(_common(others[0], own[1]), exp.not_(exp.or_(*claimed))), own[1])]
    if hold_weeks == 2:
        before = exp.or_(_common(others[2], own[3]), _common(others[2], others[3]))
        branches.append((exp.and_(_common(others[0], others[1], own[2]), exp.not_(before)), own[2]))
    return branches


def _unknown(made_of: tuple[Making, ...]) -> exp.Expression:
    missing = [choice([(_is_missing(making), number(2 * making.weight))], number(0)) for making in made_of]
    return exp.GT(this=sum_of([number(0), *missing]), expression=number(sum(making.weight for making in made_of)))


def _is_missing(making: Making) -> exp.Expression:
    null = is_missing(making.feature)
    return null if making.gate is None else exp.and_(null, exp.func("COALESCE", column(making.gate), exp.true()))


def _common(first: exp.Expression, *others: exp.Expression) -> exp.Expression:
    bits = first.copy()
    for other in others:
        bits = exp.BitwiseAnd(this=bits, expression=other.copy())
    return exp.NEQ(this=exp.paren(bits), expression=number(0))


def _lag(value: exp.Expression, back: int) -> exp.Expression:
    """The value of the account's row `back` rows earlier."""
    return exp.Window(
        this=exp.Lag(this=value.copy(), offset=number(back)),
        partition_by=[column("account_id")],
        order=exp.Order(expressions=[exp.Ordered(this=column("snapshot_date"))]),
    )


def _id_of(name: str, segmentation: Segmentation) -> exp.Expression:
    """The segment_id of the one bit in a column."""
    ids = [exp.Literal.string(segment.segment_id) for segment in segmentation.segments]
    asked = [exp.EQ(this=column(name), expression=number(bit)) for bit in bits_of(segmentation)]
    return choice(list(zip(asked, ids, strict=True)))


def bits_of(segmentation: Segmentation) -> list[int]:
    """The bit of each segment, in their order."""
    return [1 << position for position in range(len(segmentation.segments))]


def of_week(name: str, back: int) -> str:
    """The column of a bit `back` weeks before."""
    return f"{name}_{back}"
