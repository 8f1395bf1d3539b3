"""Conditions in the catalogue's words.

Belongs here: what columns, levels and numbers are called, and conditions as text that people read.
Does not: names of segments (names.py), SQL (definitions.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from seg_assets.catalogs import Catalogue
from seg_assets.segmentation.definitions import Box, Condition, Definition, Test
from seg_assets.segmentation.indices import IndexSet

# Missing values, and levels that the catalogue does not name.
NOT_KNOWN = "not known"


@dataclass(frozen=True)
class Term:
    """How one column is spoken of. levels: the known ones; index: whether it is an index, which is never missing."""

    column: str
    title: str
    unit: str = ""
    levels: tuple[str, ...] = ()
    index: bool = False


@dataclass(frozen=True)
class Vocabulary:
    """The words for every index and feature."""

    terms: tuple[Term, ...]

    @classmethod
    def of(cls, catalogue: Catalogue, indices: IndexSet) -> Vocabulary:
        """The words of the catalogue's features and of the indices."""
        spoken = tuple(Term(index.name, index.title, index=True) for index in indices.spoken)
        features = tuple(Term(f.name, f.label, f.unit, f.levels + f.unordered_levels) for f in catalogue.features)
        return cls(spoken + features)

    def only(self, columns: tuple[str, ...]) -> Vocabulary:
        """The words for `columns` alone."""
        return Vocabulary(tuple(term for term in self.terms if term.column in columns))

    def term(self, column: str) -> Term:
        """The words for `column`; its name in words where there are none."""
        return next((t for t in self.terms if t.column == column), Term(column, column.replace("_", " ")))

    def condition(self, condition: Condition) -> str:
        """The condition as "usage depth at least 62" or "sales motion is enterprise"."""
        return f"{self.term(condition.column).title} {self.demand(condition)}"

    def demand(self, condition: Condition) -> str:
        """What the condition asks, without its subject: "at least 62", "is enterprise or commercial"."""
        term = self.term(condition.column)
        match condition.test:
            case Test.AT_LEAST:
                return f"at least {quantity(condition.threshold, term.unit)}"
            case Test.BELOW:
                unknown = "" if term.index else f" or {NOT_KNOWN}"
                return f"below {quantity(condition.threshold, term.unit)}{unknown}"
            case Test.ONE_OF:
                return f"is {listed(condition.levels)}"
            case Test.NONE_OF:
                left = tuple(level for level in term.levels if level not in condition.levels)
                if 0 < len(left) < len(condition.levels):
                    return f"is {listed((*left, NOT_KNOWN))}"
                return f"is not {listed(condition.levels)}"
            case Test.TRUE:
                return "is true"
            case Test.NOT_TRUE:
                return "is not true"

    def box(self, box: Box) -> str:
        """All conditions of the box, joined by "and"; "everyone" where there are none."""
        return " and ".join(self.condition(c) for c in box.conditions) or "everyone"

    def definition(self, definition: Definition) -> str:
        """The whole definition; two boxes are joined by ", or "."""
        return ", or ".join(self.box(box) for box in definition.boxes)


def level_words(level: str) -> str:
    """A level as people write it."""
    return level.replace("_", " ")


def quantity(value: float, unit: str = "") -> str:
    """A number with its unit: 62, 120,000 USD, 1.2 million USD, 25 %; counts and ratios go without one."""
    if unit == "share":
        return f"{100 * value:.4g} %"
    if abs(value) >= 1_000_000:
        digits = f"{value / 1_000_000:,.4g} million"
    elif abs(value) >= 1000 or value == round(value):
        digits = f"{value:,.0f}"
    else:
        digits = f"{value:.4g}"
    return f"{digits} {unit}" if unit not in ("", "count", "ratio") else digits


def listed(levels: Sequence[str]) -> str:
    """Levels in words, joined by commas and a last "or"."""
    words = [level_words(level) for level in levels]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
