"""Which segment each account belongs to, how sure that is, and why.

Belongs here: definitions as expressions over a frame of accounts; nothing is fitted, no row is visited in Python.
Does not: fitting (refresh.py), the model's shape (model.py), reading or writing tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import polars as pl

from seg_assets.segmentation.confidence import FAR, Confidence, distance
from seg_assets.segmentation.definitions import Box, Condition, Definition, Test
from seg_assets.segmentation.wording import NOT_KNOWN, Vocabulary

# No text holds it, so that reasons can be joined and split again: far faster than building lists.
SEPARATOR = "\x1f"
BOX = "__box"
SEGMENT = "__segment"


def box_code(definitions: Sequence[Definition]) -> pl.Expr:
    """The number of the first box that holds, counted through all definitions, as UInt32; null where none holds."""
    boxes = [box for definition in definitions for box in definition.boxes]
    return pl.coalesce(pl.when(box.expression()).then(pl.lit(code, dtype=pl.UInt32)) for code, box in enumerate(boxes))


def with_segment(frame: pl.LazyFrame, definitions: Sequence[Definition]) -> pl.LazyFrame:
    """`frame`, which has features and indices, with two columns of UInt32 more.

    BOX: the number of the box that holds, counted through all definitions; SEGMENT: the position of its definition.
    """
    owners = [position for position, definition in enumerate(definitions) for _ in definition.boxes]
    coded = frame.with_columns(box_code(definitions).alias(BOX))
    return coded.with_columns(looked_up(owners, pl.col(BOX), pl.UInt32).alias(SEGMENT))


def looked_up(values: Sequence[object], code: pl.Expr, dtype: type[pl.DataType]) -> pl.Expr:
    """`values` at the positions in `code`."""
    return pl.lit(pl.Series(values, dtype=dtype)).gather(code)


def margins(definitions: Sequence[Definition], confidence: Confidence, segment: pl.Expr) -> list[pl.Expr]:
    """How far each account is from each definition, in weeks' noise: Float64, null for the account's own."""
    found: list[pl.Expr] = []
    for position, definition in enumerate(definitions):
        boxes = [
            pl.max_horizontal([distance(c, confidence) for c in box.conditions] or [pl.lit(0.0)])
            for box in definition.boxes
        ]
        found.append(pl.when(segment != position).then(pl.min_horizontal(boxes)))
    return found


def nearest(distances: Sequence[pl.Expr], margin: pl.Expr) -> pl.Expr:
    """The position of the first definition that is as near as `margin`, as UInt32.

    Null where there is no other, and where every other is as far as can be: then none is nearer than the rest.
    """
    return pl.when(margin < FAR).then(
        pl.coalesce(
            pl.when(distance_to == margin).then(pl.lit(position, dtype=pl.UInt32))
            for position, distance_to in enumerate(distances)
        )
    )


def reasons(
    definitions: Sequence[Definition], vocabulary: Vocabulary, box: pl.Expr, last: pl.Expr | None = None
) -> pl.Expr:
    """The conditions that the account's box makes, each with the account's value: list[str].

    "usage depth 71 (at least 60)"; a level that is asked for by name goes without what was asked.
    last: a text to end with, null where there is nothing more to say.
    """
    boxes = [box for definition in definitions for box in definition.boxes]
    slots = max(len(box.conditions) for box in boxes)
    if slots == 0:
        return no_texts()
    texts = [_slot(boxes, slot, vocabulary, box) for slot in range(slots)] + ([] if last is None else [last])
    return pl.concat_str(texts, separator=SEPARATOR, ignore_nulls=True).str.split(SEPARATOR)


def held_words(names: Sequence[str], hold_weeks: int, shown: pl.Expr, week: pl.Expr) -> pl.Expr:
    """What is said of an account that is held in the segment `shown` in the first or second `week`; null for 0."""
    held = [f"week {number} of {hold_weeks}" for number in range(1, hold_weeks + 1)]
    said = [text for name in names for text in (None, *(f"held at the border of {name}, {which}" for which in held))]
    return looked_up(said, shown * (hold_weeks + 1) + week, pl.String)


def no_texts() -> pl.Expr:
    """An empty list[str] for every row."""
    return pl.lit(pl.Series([[]], dtype=pl.List(pl.String))).first()


def _slot(boxes: Sequence[Box], slot: int, vocabulary: Vocabulary, box: pl.Expr) -> pl.Expr:
    asked = [b.conditions[slot] if slot < len(b.conditions) else None for b in boxes]
    before = [None if c is None else f"{vocabulary.term(c.column).title} " for c in asked]
    after = ["" if c is None or _says_it_all(c) else f" ({vocabulary.demand(c)})" for c in asked]
    columns = list(dict.fromkeys(c for c in asked if c is not None))
    by_column: dict[str, tuple[Condition, list[int]]] = {}
    for condition in columns:
        codes = [code for code, c in enumerate(asked) if c is not None and c.column == condition.column]
        by_column[condition.column] = (condition, codes)
    *first, last = by_column.values()
    value = reduce(
        lambda otherwise, pair: pl.when(box.is_in(pair[1])).then(value_text(pair[0], vocabulary)).otherwise(otherwise),
        first,
        value_text(last[0], vocabulary),
    )
    return pl.concat_str(looked_up(before, box, pl.String), value, looked_up(after, box, pl.String))


def _says_it_all(condition: Condition) -> bool:
    return condition.test in (Test.TRUE, Test.NOT_TRUE) or (
        condition.test is Test.ONE_OF and len(condition.levels) == 1
    )


def value_text(condition: Condition, vocabulary: Vocabulary) -> pl.Expr:
    """The value of the condition's column as people read it; "not known" where it is missing."""
    column = pl.col(condition.column)
    match condition.test:
        case Test.AT_LEAST | Test.BELOW:
            term = vocabulary.term(condition.column)
            if term.index:
                return column.cast(pl.Int64).cast(pl.String)
            number = column * 100 if term.unit == "share" else column
            text = number.round_sig_figs(6).cast(pl.String).str.strip_suffix(".0")
            if term.unit == "share":
                text = text + " %"
        case Test.ONE_OF | Test.NONE_OF:
            text = column.str.replace_all("_", " ", literal=True)
        case Test.TRUE | Test.NOT_TRUE:
            text = pl.when(column).then(pl.lit("yes")).when(~column).then(pl.lit("no"))
    return text.fill_null(NOT_KNOWN)
