"""A week's scores as codes: one SELECT for Spark, from which `Segmentation.told` makes texts batch by batch.

Belongs here: all of `assign` that compares and counts, put together: indices, definitions, margins, hold, labels.
Does not: texts (model.py, scoring.py), running it (steps/score_on_spark.py), each part (the other modules of sql/).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import polars as pl
from sqlglot import exp

from seg_assets.catalogs import Kind
from seg_assets.catalogs.model import SEGMENT_ID, TIER
from seg_assets.segmentation.definitions import Definition
from seg_assets.segmentation.holding import HELD_WEEK, SHOWN, SHOWN_BOX, asked_columns
from seg_assets.segmentation.labels import MASK, Labels
from seg_assets.segmentation.model import SECOND, Segmentation
from seg_assets.segmentation.reference import UNUSUAL_FEATURES, Reference
from seg_assets.segmentation.scoring import BOX, SEGMENT
from seg_assets.segmentation.sql.doubles import in_doubles, read, with_one_nan
from seg_assets.segmentation.sql.held import unknown_columns, unknown_flags
from seg_assets.segmentation.sql.held_codes import DIALECT, as_held, as_placed, remembered_names
from seg_assets.segmentation.sql.labels import label_steps
from seg_assets.segmentation.sql.layout import laid_out
from seg_assets.segmentation.sql.margins import CHANCE, margin_steps
from seg_assets.segmentation.sql.select import KEYS, Columns, Steps, chained, free, index_steps, named
from seg_assets.segmentation.sql.syntax import choice, column, number, sum_of

UNUSUAL = "__unusual"
Types = Mapping[str, pl.DataType]


def codes_sql(segmentation: Segmentation, labels: Labels, table: str, columns: Types, hold_weeks: int = 0) -> str:
    """One SELECT over `table`, the accounts of one week, in the SQL of Spark: what `Segmentation.told` asks for.

    columns: of `table`, with types: the segmentation's `required_columns`, the features that labels ask, `tier` where
    it is known, and with a hold `remembered_names`, null where the account was not there.
    All of an account is as `assign` finds it, on JVM Spark and on pysail: nulls, NaN, infinities and values exactly on
    a threshold included.
    """
    asked = [name for name in labels.columns if name in columns]
    back = remembered_names(hold_weeks)
    flags = unknown_flags(segmentation) if hold_weeks else {}
    beside = {UNUSUAL: _unusual(segmentation.reference)} | unknown_columns(segmentation, flags) | named([*asked, *back])

    def steps() -> Steps:
        yield "accounts_read", read([*KEYS, *segmentation.required_columns, *asked, *back], columns)
        yield from index_steps(segmentation, beside)
        yield from _in_turn(
            named([*KEYS, *asked_columns(segmentation.definitions), *beside, *segmentation.index_set.names]),
            lambda known: _placed(segmentation, known),
            lambda known: margin_steps(segmentation, known),
            lambda known: (
                as_held(segmentation, hold_weeks, flags, known) if hold_weeks else as_placed(segmentation, known)
            ),
            lambda known: _labelled(segmentation, labels, columns, known),
        )

    told = [*KEYS, *asked_columns(segmentation.definitions), SEGMENT, SHOWN, HELD_WEEK, SHOWN_BOX, SECOND, MASK]
    last = named(told) | {"confidence": column(CHANCE), "unusual": column(UNUSUAL)}
    select = exp.select(*(exp.alias_(tree, name) for name, tree in last.items()))
    return laid_out(in_doubles(chained(select, steps(), exp.to_table(table, dialect=DIALECT))), DIALECT)


def _in_turn(known: Columns, *stages: Callable[[Columns], Steps]) -> Steps:
    """The steps of all stages, each of which is told the columns that the one before left."""
    for stage in stages:
        for name, found in stage(known):
            yield name, found
        known = named(found)


def _unusual(reference: Reference) -> exp.Expression:
    flags: list[exp.Expression] = []
    for scale in reference.scales:
        if scale.kind is Kind.NUMERIC:
            below = exp.LT(this=column(scale.feature), expression=number(scale.usual_low))
            above = exp.GT(this=column(scale.feature), expression=number(scale.usual_high))
            flags.append(choice([(exp.or_(below, above), number(1))], number(0)))
    return exp.GTE(this=exp.paren(sum_of([number(0), *flags])), expression=number(UNUSUAL_FEATURES))


def _placed(segmentation: Segmentation, known: Columns) -> Steps:
    """BOX and SEGMENT: whose definition holds."""
    owned = [(position, box) for position, one in enumerate(segmentation.definitions) for box in one.boxes]
    boxes, owners = [], []
    for code, (position, box) in enumerate(owned):
        boxes.append((Definition((box,)).predicate(DIALECT), number(code)))
        owners.append((exp.EQ(this=column(BOX), expression=number(code)), number(position)))
    yield "boxes", known | {BOX: choice(boxes)}
    yield "segments", known | named([BOX]) | {SEGMENT: choice(owners)}


def _labelled(segmentation: Segmentation, labels: Labels, columns: Types, known: Columns) -> Steps:
    """MASK: which labels an account has, as it is shown."""
    answered = [name for name in labels.columns if name in columns]
    told = dict(known)
    for name in segmentation.unanswered(labels, answered):
        told[name] = exp.cast(exp.null(), exp.DType.TEXT if name == TIER else exp.DType.DOUBLE)
    told |= {name: exp.cast(column(name), exp.DType.DOUBLE) for name in segmentation.index_set.names}
    if SEGMENT_ID in labels.columns:
        ids = [exp.Literal.string(segment.segment_id) for segment in segmentation.segments]
        shown = [exp.EQ(this=column(SHOWN), expression=number(position)) for position in range(len(ids))]
        told[SEGMENT_ID] = choice(list(zip(shown, ids, strict=True)))
    yield "told_to_labels", told
    flags = {name: free(f"is_{name}", told) for name in labels.names}
    doubles = {name for name in answered if columns[name].is_float()}
    for name, found in label_steps(labels, named(told), flags, doubles, DIALECT):
        yield name, {each: with_one_nan(tree) if each in flags.values() else tree for each, tree in found.items()}
    bits = [choice([(column(flag), number(1 << place))], number(0)) for place, flag in enumerate(flags.values())]
    yield "labelled", known | {MASK: sum_of([number(0), *bits])}
