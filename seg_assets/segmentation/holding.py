"""The hold: an account that has just crossed a border stays for a week or two in the segment where it was.

Belongs here: what is near a border, and from where an account is held: a pure function of up to four snapshots and the
definitions in force. Does not: reading snapshots (steps/score.py), the same in SQL (sql/held.py), telling of it
(model.py).

Segments are bits: the segment whose definition holds is an account's `own`, those that it is near to are `others`. All
that decides is which bits two weeks have in common. What earlier scorings stored is never asked, so a week can be
scored alone and again, in any order. Memory therefore begins somewhere, and what came before is not known: an account
is held only where it would be whatever that was. So it is never held longer than `hold_weeks` in a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import polars as pl

from seg_assets.segmentation.confidence import Confidence
from seg_assets.segmentation.definitions import Box, Condition, Definition, Test
from seg_assets.segmentation.indices import IndexSet
from seg_assets.segmentation.scoring import BOX, SEGMENT, looked_up, with_segment
from seg_assets.segmentation.serialise import stable
from seg_assets.segmentation.unknown import makings, unknown

NEAR = 1.0
"""How far from a border is near it, in the noise of a week: what an account moves without being another one."""
HELD_WEEK = "__held_week"
SHOWN = "__shown"
SHOWN_BOX = "__shown_box"


def remembered_columns(definitions: Sequence[Definition], indices: IndexSet) -> set[str]:
    """The columns of a snapshot that decide which borders its accounts are near to."""
    made_of = [making for column in asked_columns(definitions) for making in makings(column, indices)]
    gates = {making.gate for making in made_of if making.gate is not None}
    return {"account_id"} | gates | {making.feature for making in made_of}


def asked_columns(definitions: Sequence[Definition]) -> list[str]:
    """The indices and features that definitions ask for, sorted."""
    return sorted({column for definition in definitions for column in definition.columns})


def loosened(condition: Condition, confidence: Confidence) -> Condition:
    """The condition that accounts meet which are near to meeting `condition`; levels are met or not."""
    if condition.test not in (Test.AT_LEAST, Test.BELOW):
        return condition
    slack = NEAR * confidence.weekly(condition.column)
    outward = -slack if condition.test is Test.AT_LEAST else slack
    return Condition(condition.column, condition.test, stable(condition.threshold + outward))


def with_footing(
    frame: pl.LazyFrame, definitions: Sequence[Definition], confidence: Confidence, indices: IndexSet
) -> pl.LazyFrame:
    """`frame`, which has features, indices and SEGMENT, with the bits `own` and `others` of this week, as UInt32.

    A value that is unknown is near every border: what is not known of an account this week is no reason to move it.
    """
    asked = asked_columns(definitions)
    frame = frame.with_columns(unknown(makings(column, indices)).alias(_unknown(column)) for column in asked)
    near = [
        pl.when(pl.any_horizontal([_near(box, confidence) for box in definition.boxes])).then(bit).otherwise(0)
        for bit, definition in zip(_bits(definitions), definitions, strict=True)
    ]
    frame = frame.with_columns(looked_up(_bits(definitions), pl.col(SEGMENT), pl.UInt32).alias(_own(0)))
    return frame.with_columns((pl.sum_horizontal(near).cast(pl.UInt32) - pl.col(_own(0))).alias(_others(0)))


def remembered(
    snapshot: pl.LazyFrame, definitions: Sequence[Definition], confidence: Confidence, indices: IndexSet
) -> pl.LazyFrame:
    """account_id and the bits of an earlier week. snapshot: its accounts with `remembered_columns`."""
    asked = asked_columns(definitions)
    values = [index for index in indices.expressions() if index.meta.output_name() in asked]
    frame = with_segment(snapshot.with_columns(values), definitions)
    return with_footing(frame, definitions, confidence, indices).select("account_id", _own(0), _others(0))


def with_hold(frame: pl.LazyFrame, earlier: Sequence[pl.LazyFrame | None], hold_weeks: int) -> pl.LazyFrame:
    """`frame`, as `with_footing` gives it, with HELD_WEEK (Int32: 1 or 2 where held, else 0) and SHOWN.

    earlier: what is `remembered` of the `hold_weeks` + 1 Mondays before, nearest first, None where one has not landed.
    SHOWN: the position of the segment in which the account is shown, UInt32. Accounts keep their order.

    First week: near to where it was a week ago, and settled there: it was not itself held then. Second week: near for
    two weeks to where it was before, and settled there. An account is settled where no other segment could have held
    it: none that it was near to, and in a week before, or two weeks before and near ever since.
    """
    for back, past in enumerate(earlier, start=1):
        named = {_own(0): _own(back), _others(0): _others(back)}
        if past is None:
            frame = frame.with_columns(pl.lit(0, pl.UInt32).alias(name) for name in named.values())
        else:
            frame = frame.join(past.rename(named), on="account_id", how="left", maintain_order="left")
    own, others = ([pl.col(name(back)).fill_null(0) for back in range(len(earlier) + 1)] for name in (_own, _others))
    claimed = _common(others[1], own[2])
    twice, claimed_before = pl.lit(False), pl.lit(False)
    if hold_weeks == 2:
        claimed |= _common(others[1], others[2], own[3])
        twice = _common(others[0], others[1], own[2])
        claimed_before = _common(others[2], own[3]) | _common(others[2], others[3])
    first, second = _common(others[0], own[1]) & ~claimed, twice & ~claimed_before
    place = pl.when(first).then(own[1]).when(second).then(own[2]).otherwise(own[0])
    return frame.with_columns(
        pl.when(first).then(1).when(second).then(2).otherwise(0).alias(HELD_WEEK),
        place.bitwise_trailing_zeros().alias(SHOWN),
    )


def with_shown_box(frame: pl.LazyFrame, definitions: Sequence[Definition], confidence: Confidence) -> pl.LazyFrame:
    """`frame`, as `with_hold` gives it, with SHOWN_BOX: the account's box, of a held one that of the segment shown.

    Of two boxes it is the first that a held account is near to. Boxes are counted through all definitions.
    """
    owned = [(position, box) for position, definition in enumerate(definitions) for box in definition.boxes]
    held_in = pl.when(pl.col(HELD_WEEK) > 0).then(pl.col(SHOWN))
    near = (
        pl.when((held_in == position) & _near(box, confidence)).then(pl.lit(code, pl.UInt32))
        for code, (position, box) in enumerate(owned)
    )
    return frame.with_columns(pl.coalesce(*near, BOX).alias(SHOWN_BOX))


def _near(box: Box, confidence: Confidence) -> pl.Expr:
    """Whether an account meets the box, or is near to meeting it; never null."""
    conditions = [
        loosened(c, confidence).expression().fill_null(False) | pl.col(_unknown(c.column)) for c in box.conditions
    ]
    return reduce(lambda left, right: left & right, conditions, pl.lit(True))


def _common(first: pl.Expr, *others: pl.Expr) -> pl.Expr:
    """Whether there is a segment that all of the bits name."""
    return reduce(lambda left, right: left & right, others, first) != 0


def _bits(definitions: Sequence[Definition]) -> list[int]:
    return [1 << position for position in range(len(definitions))]


def _own(back: int) -> str:
    return f"__own_{back}"


def _others(back: int) -> str:
    return f"__others_{back}"


def _unknown(column: str) -> str:
    return f"__unknown_{column}"
