"""Labels as one SELECT: account snapshots in, one true or false a label out.

Belongs here: where indices, segments and tiers come from, and labels that build on labels.
Does not: conditions (label_predicates.py), indices (select.py), the hold (held.py).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import polars as pl
import sqlglot
from sqlglot import exp

from seg_assets.catalogs.model import SEGMENT_ID, TIER
from seg_assets.segmentation.labels import Labels
from seg_assets.segmentation.model import Segmentation
from seg_assets.segmentation.sql.held import held_sql
from seg_assets.segmentation.sql.label_predicates import Predicates
from seg_assets.segmentation.sql.layout import laid_out
from seg_assets.segmentation.sql.select import KEYS, Columns, Steps, chained, free, index_steps, named
from seg_assets.segmentation.sql.syntax import check_dialect, choice, column


def labels_sql(
    segmentation: Segmentation,
    labels: Labels,
    table: str,
    columns: Mapping[str, pl.DataType],
    *,
    tiers: str | None = None,
    hold_weeks: int = 0,
    dialect: str = "duckdb",
) -> str:
    """One SELECT over `table`, account rows: the labels of every account.

    Columns: account_id, snapshot_date, and by priority a Boolean a label, never null: of every account the same as
    `assign` gives with these labels. What they ask and nothing answers is null (Segmentation.unanswered).

    columns: what `table` has, with types; the segmentation's `required_columns` and the features that labels ask are
    among them. tiers: a table of account_id and tier, one row an account, of the data month in force; without it tiers
    are null. hold_weeks: as of `held_sql`, and where labels ask the segment `table` then holds the Mondays before too.
    dialect: as of `select_sql`. Raises ValueError for another dialect.
    """
    check_dialect(dialect)
    joined = _joined(segmentation, labels, table, tiers, hold_weeks, dialect)
    flags = {n: free(f"is_{n}", [*columns, *segmentation.index_set.names, *labels.columns]) for n in labels.names}
    beside = [name for name in labels.columns if name in columns or name in joined]
    select = exp.select(*named(KEYS).values(), *(exp.alias_(column(flags[n]), column(n).this) for n in labels.names))
    source = exp.to_table(table, dialect=dialect)
    if joined:
        read = [name for name in dict.fromkeys([*KEYS, *segmentation.required_columns, *beside]) if name not in joined]
        step = free("accounts_told", [source.name])
        select = select.with_(step, as_=_together(source, read, joined))
        source = exp.to_table(step)

    def steps() -> Steps:
        yield from index_steps(segmentation, named(beside))
        passed = _known(segmentation, labels, beside, dialect)
        yield "known", passed
        doubles = [name for name, dtype in columns.items() if dtype.is_float()]
        yield from label_steps(labels, passed, flags, {*doubles, *segmentation.index_set.names}, dialect)

    return laid_out(chained(select, steps(), source), dialect)


def label_steps(
    labels: Labels, known: Columns, flags: Mapping[str, str], doubles: Collection[str], dialect: str
) -> Steps:
    """Steps that add `flags`, a Boolean a label, never null, to `known`: columns with all that labels ask."""
    passed = dict(known)
    asked = {name: column(flags.get(name, name)) for name in (*known, *flags)}
    predicates = Predicates(asked, doubles, dialect)
    for number, generation in enumerate(labels.generations(), 1):
        found = {flags[name]: _holds(predicates.of(labels.trees[name])) for name in generation}
        yield f"labels_{number}", named(passed) | found
        passed |= found


def _known(segmentation: Segmentation, labels: Labels, beside: Sequence[str], dialect: str) -> Columns:
    """All that labels ask, null where nothing answers."""
    known = named([*KEYS, *beside, *(name for name in segmentation.index_set.names if name in labels.columns)])
    if SEGMENT_ID in labels.columns and SEGMENT_ID not in known:
        ids = [exp.Literal.string(segment.segment_id) for segment in segmentation.segments]
        asked = [segment.definition.predicate(dialect) for segment in segmentation.segments]
        known[SEGMENT_ID] = choice(list(zip(asked, ids, strict=True)))
    for name in segmentation.unanswered(labels, beside):
        known[name] = exp.cast(exp.null(), exp.DType.TEXT if name == TIER else exp.DType.DOUBLE)
    return known


def _holds(condition: exp.Expression) -> exp.Expression:
    return exp.func("COALESCE", condition, exp.false())


def _joined(
    segmentation: Segmentation, labels: Labels, table: str, tiers: str | None, hold_weeks: int, dialect: str
) -> dict[str, tuple[exp.Expression, Sequence[str]]]:
    """What comes from beside the accounts, where labels ask it: by column where it is, and what it is joined on."""
    found: dict[str, tuple[exp.Expression, Sequence[str]]] = {}
    if TIER in labels.columns and tiers is not None:
        found[TIER] = exp.to_table(tiers, dialect=dialect), KEYS[:1]
    if SEGMENT_ID in labels.columns and hold_weeks:
        held = sqlglot.parse_one(held_sql(segmentation, table, hold_weeks, dialect), dialect=dialect)
        found[SEGMENT_ID] = held.subquery(), KEYS
    return found


def _together(
    source: exp.Table, read: Sequence[str], joined: Mapping[str, tuple[exp.Expression, Sequence[str]]]
) -> exp.Select:
    """The accounts with what is joined to them, each under its own name."""
    own = "accounts_of"
    select = exp.select(*(_column_of(own, name) for name in read)).from_(exp.alias_(source, own, table=True))
    for name, (table, keys) in joined.items():
        other = f"{name}_of"
        same = [exp.EQ(this=_column_of(own, key), expression=_column_of(other, key)) for key in keys]
        select = select.select(_column_of(other, name)).join(
            exp.alias_(table, other, table=True), on=exp.and_(*same), join_type="left"
        )
    return select


def _column_of(table: str, name: str) -> exp.Column:
    found = column(name)
    found.set("table", exp.to_identifier(table))
    return found
