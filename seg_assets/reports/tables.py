"""A table as a page shows it: a caption, headers, rows of text whose first cell names the row.

Belongs here: the shape that templates draw. Does not: which rows (the pages), how numbers read (numbers.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Sheet:
    """name: unique on the page, of letters, digits and hyphens.

    rows: of a cell with several lines those after the first are set small. numeric: positions of columns that are set
    right; strong: of rows that stand out. Raises ValueError where a row is not as long as the headers.
    """

    name: str
    caption: str
    headers: Sequence[str]
    rows: Sequence[Sequence[str]]
    numeric: frozenset[int] = frozenset()
    strong: frozenset[int] = frozenset()
    note: str = ""

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.headers):
                raise ValueError(f"table {self.name}: {len(row)} cells under {len(self.headers)} headers: {row}")


@dataclass(frozen=True)
class Drawing:
    """A chart and the table of the numbers in it, for those who do not see it. svg: an element made by charts.py."""

    svg: str
    caption: str
    sheet: Sheet
