"""The hold over codes: where accounts were near to in earlier weeks, and where they are shown in this one.

Belongs here: what holding.py computes of one week and those before it, for Spark. Does not: all weeks of a table at
once, for people (held.py); the SELECT around it (codes.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl
from sqlglot import exp

from seg_assets.segmentation.holding import HELD_WEEK, SHOWN, SHOWN_BOX, asked_columns
from seg_assets.segmentation.intent.index import INTENT
from seg_assets.segmentation.model import SECOND, Segmentation
from seg_assets.segmentation.scoring import BOX, SEGMENT
from seg_assets.segmentation.sql.doubles import in_doubles, read
from seg_assets.segmentation.sql.held import (
    NEAR,
    OTHERS,
    OWN,
    bits_of,
    footing,
    held_places,
    near_box,
    of_week,
    unknown_columns,
    unknown_flags,
)
from seg_assets.segmentation.sql.layout import laid_out
from seg_assets.segmentation.sql.margins import CHANCE, confidence
from seg_assets.segmentation.sql.select import KEYS, Columns, Steps, aliased, chained, index_steps, named
from seg_assets.segmentation.sql.syntax import choice, column, number

DIALECT = "spark"
PLACE = "__place"


def remembered_sql(
    segmentation: Segmentation, table: str, columns: Mapping[str, pl.DataType], mondays: Sequence[dt.date]
) -> str:
    """One SELECT over `table`, accounts of earlier weeks: what borders each was near to then, a row an account.

    columns: of `table`, with types: the segmentation's `remembered_columns` and snapshot_date; mondays: nearest first,
    of which some may not have landed. Columns: account_id and those of `remembered_names`, null where it was not there.
    """
    asked = _with_asked_indices(segmentation)
    flags = unknown_flags(asked)

    def steps() -> Steps:
        yield "weeks_read", read([*KEYS, *asked.remembered_columns], columns)
        yield from index_steps(asked, unknown_columns(asked, flags))
        yield "footings", named(KEYS) | footing(asked, flags, DIALECT)

    own = column(of_week(OWN, 0))
    others = exp.Sub(this=column(NEAR), expression=own)
    found: Columns = {}
    for back, monday in enumerate(mondays, 1):
        day = exp.cast(exp.Literal.string(monday.isoformat()), exp.DType.DATE)
        then = exp.EQ(this=column("snapshot_date"), expression=day)
        for name, bits in ((OWN, own), (OTHERS, others)):
            found[of_week(name, back)] = exp.func("MAX", choice([(then.copy(), bits.copy())]))
    select = exp.select(*aliased(named(["account_id"]) | found)).group_by(column("account_id"))
    return laid_out(in_doubles(chained(select, steps(), exp.to_table(table, dialect=DIALECT))), DIALECT)


def remembered_names(hold_weeks: int) -> tuple[str, ...]:
    """The columns of `remembered_sql` that a hold for so many weeks asks."""
    weeks = range(1, hold_weeks + 2) if hold_weeks else ()
    return tuple(of_week(name, back) for back in weeks for name in (OWN, OTHERS))


def as_placed(segmentation: Segmentation, known: Columns) -> Steps:
    """Without a hold: every account is shown where its values are."""
    sure = confidence(segmentation.confidence, exp.false())
    yield "shown", known | {HELD_WEEK: number(0), SHOWN: column(SEGMENT), SHOWN_BOX: column(BOX), CHANCE: sure}


def as_held(segmentation: Segmentation, hold_weeks: int, flags: Mapping[str, str], known: Columns) -> Steps:
    """HELD_WEEK, SHOWN, SHOWN_BOX, and of a held account the chance and the second segment that it has then.

    known: columns with BOX, SEGMENT, SECOND, `flags` and `remembered_names`.
    """
    yield "footings_now", known | footing(segmentation, flags, DIALECT)
    own, near = column(of_week(OWN, 0)), column(NEAR)
    bits: Columns = {of_week(OWN, 0): own, of_week(OTHERS, 0): exp.Sub(this=near, expression=own)}
    bits |= {name: exp.func("COALESCE", column(name), number(0)) for name in remembered_names(hold_weeks)}
    yield "weeks", known | bits
    places = held_places(hold_weeks)
    week_of = choice([(holds, number(week)) for week, (holds, _) in enumerate(places, 1)], number(0))
    place_of = choice([(holds.copy(), place) for holds, place in places], own)
    yield "places", known | {HELD_WEEK: week_of, PLACE: place_of}
    held = exp.GT(this=column(HELD_WEEK), expression=number(0))
    positions = [
        (exp.EQ(this=column(PLACE), expression=number(bit)), number(position))
        for position, bit in enumerate(bits_of(segmentation))
    ]
    found: Columns = named([HELD_WEEK]) | {
        SHOWN: choice(positions),
        SECOND: choice([(held, column(SEGMENT))], column(SECOND)),
        CHANCE: confidence(segmentation.confidence, held.copy()),
    }
    yield "shown", known | found
    yield "shown_boxes", known | named(found) | {SHOWN_BOX: _shown_box(segmentation, flags, held)}


def _shown_box(segmentation: Segmentation, flags: Mapping[str, str], held: exp.Expression) -> exp.Expression:
    """Of a held account the first box of the segment shown that it is near to, else its own."""
    boxes = [(position, box) for position, one in enumerate(segmentation.definitions) for box in one.boxes]
    branches = []
    for code, (position, box) in enumerate(boxes):
        shown = exp.EQ(this=column(SHOWN), expression=number(position))
        near = near_box(box, segmentation, flags, DIALECT)
        branches.append((exp.and_(held.copy(), shown, near), number(code)))
    return choice(branches, column(BOX))


def _with_asked_indices(segmentation: Segmentation) -> Segmentation:
    """The segmentation with those indices alone that its definitions ask: no other is made of what is remembered."""
    asked, reference = asked_columns(segmentation.definitions), segmentation.reference
    indices = tuple(index for index in reference.indices if index.name in asked)
    intent = segmentation.intent if INTENT in asked else None
    return replace(segmentation, reference=replace(reference, indices=indices), intent=intent)
