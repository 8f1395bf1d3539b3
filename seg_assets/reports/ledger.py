"""The report's long table, asked for one figure at a time, and how each figure is written.

Belongs here: looking up a figure or a paired difference, digits and units, what is too small to be shown.
Does not: which figures a page shows (the sections), what a figure means (glossary of the page).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from typing import Any

import polars as pl

from seg_assets.reports import numbers
from seg_assets.segmentation.conversion.figures import (
    ATTAINABLE,
    AUC,
    BRIER,
    CAPTURES,
    GINI,
    LIFTS,
    MUTUAL_INFORMATION,
    QUALIFIED,
)
from seg_assets.segmentation.conversion.wording import LEFT_OUT, RANK_CORRELATION

NO_SPREAD = "no spread"
SHARES = frozenset({ATTAINABLE, *CAPTURES.values()})
DIGITS = {MUTUAL_INFORMATION: 4, BRIER: 4, QUALIFIED: 1, RANK_CORRELATION: 2, AUC: 3, GINI: 3} | dict.fromkeys(
    LIFTS.values(), 2
)


@dataclass(frozen=True)
class Told:
    """A figure, or a paired difference, with its 95 % interval; an end is None where there is no interval."""

    figure: str
    value: float
    low: float | None
    high: float | None
    difference: bool = False

    @property
    def bounded(self) -> tuple[float, float] | None:
        """Both ends, None where one is missing."""
        return (self.low, self.high) if self.low is not None and self.high is not None else None

    @property
    def text(self) -> str:
        """The figure alone, a difference with its sign."""
        return self._written(self.value)

    @property
    def interval(self) -> str:
        """`0.701 to 0.723`, or `no interval`."""
        ends = self.bounded
        if ends is None:
            return "no interval"
        low, high = self._written(ends[0]), self._written(ends[1])
        return NO_SPREAD if low == high else f"{low} to {high}"

    @property
    def stacked(self) -> str:
        """The figure, and on a line below it the interval: for a table's cell."""
        return f"{self.text}\n{self.interval}"

    @property
    def whole(self) -> str:
        """`0.712 (0.701 to 0.723)`; the figure alone where every resampling gives the same."""
        return self.text if self.interval == NO_SPREAD else f"{self.text} ({self.interval})"

    def _written(self, value: float) -> str:
        if self.figure not in SHARES:
            return numbers.decimal(value, DIGITS.get(self.figure, 3), sign=self.difference)
        return numbers.points(value) if self.difference else numbers.share(value)


@dataclass(frozen=True)
class Population:
    """Accounts that were judged together. slug: their name in the page's ids, of letters, digits and hyphens."""

    slug: str
    name: str
    title: str
    accounts: int
    conversions: int
    families: int

    @property
    def few(self) -> bool:
        """Whether they are too few for any figure of them to be shown."""
        return numbers.few(self.accounts, self.conversions)

    @property
    def rate(self) -> float:
        """The share of them that converted."""
        return self.conversions / self.accounts if self.accounts else 0.0


@dataclass(frozen=True, eq=False)
class Ledger:
    """Rows of conversion_lift_report of one data month."""

    frame: pl.DataFrame

    @cached_property
    def populations(self) -> tuple[Population, ...]:
        """In the order in which the report has them."""
        columns = ("population", "population_title", "accounts", "conversions", "families")
        rows = self.frame.select(columns).unique(maintain_order=True).iter_rows()
        return tuple(Population(f"population-{place}", *row) for place, row in enumerate(rows, start=1))

    def candidates(self, population: str) -> list[tuple[str, str, int | None]]:
        """(name, title, classes) of every candidate that was judged, in the report's order."""
        own = self.frame.filter(pl.col("population") == population, pl.col("figure") != LEFT_OUT)
        return own.select("candidate", "candidate_title", "classes").unique("candidate", maintain_order=True).rows()

    def title(self, candidate: str) -> str:
        """What a candidate is called; its name where the report lacks it."""
        found = self.frame.filter(pl.col("candidate") == candidate)["candidate_title"].head(1).to_list()
        return str(found[0]) if found else candidate

    def left_out(self, population: str) -> Sequence[str]:
        """Why candidates could not be judged, a sentence each."""
        own = self.frame.filter(pl.col("population") == population, pl.col("figure") == LEFT_OUT)
        return own["says"].to_list()

    def figure(self, population: str, candidate: str, figure: str, part: str = "") -> Told | None:
        """A candidate's figure; None where it has none."""
        return self._told((population, candidate, figure, part, None), False)

    def difference(self, population: str, candidate: str, other: str, figure: str) -> Told | None:
        """The paired difference of `candidate` less `other`, whichever way round the report has it; None without."""
        found = self._told((population, candidate, figure, "", other), True)
        if found is not None:
            return found
        turned = self._told((population, other, figure, "", candidate), True)
        if turned is None:
            return None
        ends = turned.bounded
        low, high = (None, None) if ends is None else (-ends[1], -ends[0])
        return Told(figure, -turned.value, low, high, True)

    def parts(self, population: str, figure: str) -> list[str]:
        """The parts that a figure was taken within, in the report's order."""
        own = self.frame.filter(
            pl.col("population") == population,
            pl.col("figure") == figure,
            pl.col("part") != "",
            pl.col("versus").is_null(),
        )
        return own["part"].unique(maintain_order=True).to_list()

    def _told(self, key: tuple[str, str, str, str, str | None], difference: bool) -> Told | None:
        row = self._rows.get(key)
        if row is None or not numbers.known(row["value"]):
            return None
        low, high = (row[end] if numbers.known(row[end]) else None for end in ("low", "high"))
        return Told(key[2], row["value"], low, high, difference)

    @cached_property
    def _rows(self) -> dict[tuple[str, str, str, str, str | None], dict[str, Any]]:
        columns = ("population", "candidate", "figure", "part", "versus", "value", "low", "high")
        rows = self.frame.filter(pl.col("figure") != LEFT_OUT).select(columns).iter_rows(named=True)
        return {(row["population"], row["candidate"], row["figure"], row["part"], row["versus"]): row for row in rows}


def apart(told: Told | None) -> int:
    """1 where a difference's interval is above 0, -1 where it is below, 0 where it holds 0 or is unknown."""
    ends = told.bounded if told is not None else None
    if ends is None or not all(isfinite(end) for end in ends):
        return 0
    return 1 if ends[0] > 0 else -1 if ends[1] < 0 else 0
