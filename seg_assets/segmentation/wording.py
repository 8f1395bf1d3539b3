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

    def conditions(self, box: Box) -> dict[str, str]:
        """What the box asks of each column, in words, in order of first mention; both ends of a range as one."""
        by_column: dict[str, list[Condition]] = {}
        for condition in box.conditions:
            by_column.setdefault(condition.column, []).append(condition)
        return {column: self._together(asked) for column, asked in by_column.items()}

    def _together(self, asked: Sequence[Condition]) -> str:
        tests = {condition.test: condition for condition in asked}
        if set(tests) != {Test.AT_LEAST, Test.BELOW}:
            return " and ".join(self.condition(condition) for condition in asked)
        term, low, high = self.term(asked[0].column), tests[Test.AT_LEAST].threshold, tests[Test.BELOW].threshold
        if term.index and low == round(low) and high == round(high):
            # Indices are whole points: below 68 is up to 67.
            return f"{term.title} {low:.0f}" if low == high - 1 else f"{term.title} {low:.0f} to {high - 1:.0f}"
        # A missing value is below, but never at least: nothing is left of it in a range.
        return f"{term.title} at least {quantity(low, term.unit)} and below {quantity(high, term.unit)}"

    def box(self, box: Box) -> str:
        """All that the box asks, joined by "and"; "everyone" where it asks nothing."""
        return " and ".join(self.conditions(box).values()) or "everyone"

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


def listed(levels: Sequence[str], last: str = "or") -> str:
    """Levels in words, joined by commas and a last "or"."""
    words = [level_words(level) for level in levels]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"
