"""The border between candidates and figures: who was judged, and how each candidate ranked them.

Belongs here: the shapes of both, and the same accounts cut down to some of them.
Does not: how a candidate came about (candidates/), what its ranking is worth (figures.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

from seg_assets.segmentation.lift import Codes, Flags, Vector


@dataclass(frozen=True, eq=False)
class Ranking:
    """One candidate on one population and one test month.

    name: "segments", "tiers", ...; title: in words. count: number of classes, None for a score without classes (the
    ceiling). classes: (n,) the class of every judged account, 0 .. count - 1, None without classes. scores: (n,) the
    class's shrunk rate, which like the ranking comes from training months alone. labels: of the classes, for people.
    """

    name: str
    title: str
    count: int | None
    classes: Codes | None
    scores: Vector
    labels: tuple[str, ...] = ()

    def of(self, rows: Codes | Flags) -> Ranking:
        """The same candidate on some of the accounts: positions or flags (n,)."""
        classes = None if self.classes is None else self.classes[rows]
        return replace(self, classes=classes, scores=self.scores[rows])


@dataclass(frozen=True, eq=False)
class Stratum:
    """A part of the population for every account. codes: (n,) 0 .. len(labels) - 1; labels: what the parts are."""

    codes: Codes
    labels: tuple[str, ...]

    def of(self, rows: Codes | Flags) -> Stratum:
        """The same parts for some of the accounts."""
        return replace(self, codes=self.codes[rows])


@dataclass(frozen=True, eq=False)
class Judged:
    """The accounts of the test, (n,) each.

    converted: whether each qualified within the horizon after its as-of date. families: accounts of one number belong
    to one parent, and their outcomes are not independent. as_of: the Monday at which they were ranked; a Series of
    dates where accounts of several test months are pooled. strata: stage, motion, tier by name.
    """

    account_ids: pl.Series
    converted: Flags
    families: Codes
    as_of: dt.date | pl.Series
    strata: Mapping[str, Stratum] = field(default_factory=dict)

    @property
    def blocks(self) -> Codes:
        """(n,) a number for each as-of date, 0 for the earliest: accounts are ranked among those of their own date."""
        if isinstance(self.as_of, dt.date):
            return np.zeros(len(self.converted), dtype=np.intp)
        return (self.as_of.rank("dense") - 1).to_numpy().astype(np.intp)

    def of(self, rows: Codes | Flags) -> Judged:
        """Some of the accounts: positions or flags (n,)."""
        places = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
        return Judged(
            account_ids=self.account_ids[places],
            converted=self.converted[places],
            families=self.families[places],
            as_of=self.as_of if isinstance(self.as_of, dt.date) else self.as_of[places],
            strata={name: stratum.of(places) for name, stratum in self.strata.items()},
        )


def split(
    judged: Judged, rankings: Sequence[Ranking], stratum: str
) -> Iterator[tuple[str, Judged, tuple[Ranking, ...]]]:
    """(label, its accounts, each ranking of them) for every part of a stratum that has accounts.

    Raises KeyError where `judged` has no such stratum.
    """
    parts = judged.strata[stratum]
    for code, label in enumerate(parts.labels):
        rows = np.flatnonzero(parts.codes == code)
        if len(rows):
            yield label, judged.of(rows), tuple(ranking.of(rows) for ranking in rankings)


def in_order(judged: Judged, rankings: Sequence[Ranking]) -> tuple[Judged, tuple[Ranking, ...]]:
    """Both by family, account and date: a family's accounts beside each other, and one order for any order of rows."""
    keys = pl.DataFrame({"family": judged.families, "account": judged.account_ids, "block": judged.blocks})
    order = keys.select(pl.arg_sort_by("family", "account", "block")).to_series().to_numpy().astype(np.intp)
    return judged.of(order), tuple(ranking.of(order) for ranking in rankings)
