"""What a way to choose accounts is, whoever made it: cells that every account falls into, and classes of cells.

Belongs here: the shapes that all families share. Does not: any family, nor rates (merging.py).

A candidate cuts accounts into cells without looking at outcomes. What it learns from outcomes is which cells are one
class, and that takes no more than the counts of accounts and conversions in each cell: so accounts of many months are
gone through once, one month at a time, and each population has classes of its own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from seg_assets.catalogs import Catalogue
from seg_assets.segmentation.balance import Matrix
from seg_assets.segmentation.intent.rows import family_codes
from seg_assets.segmentation.lift import Codes, Flags
from seg_assets.segmentation.model import Segmentation
from seg_assets.segmentation.outcomes import CONVERTED
from seg_assets.segmentation.preprocess import Preprocessor


@dataclass(frozen=True, eq=False)
class Accounts:
    """The eligible accounts of one as-of date: account rows with `converted`, and what the families add to them."""

    day: dt.date
    frame: pl.DataFrame
    preprocessor: Preprocessor

    @property
    def converted(self) -> Flags:
        """(n,) whether each converted within the horizon."""
        return self.frame[CONVERTED].to_numpy()

    @property
    def families(self) -> Codes:
        """(n,) a number for each account's parent."""
        return family_codes(self.frame)

    @cached_property
    def points(self) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        """(n, axes) the coordinates in which alike accounts are close."""
        return self.preprocessor.transform(self.frame).drop("account_id").to_numpy()


@dataclass(frozen=True, eq=False)
class Ground:
    """What families learn their cells from. newest: the newest training as-of; count: how many segments there are."""

    catalogue: Catalogue
    segmentation: Segmentation
    newest: Accounts
    count: int
    seed: int


@dataclass(frozen=True, eq=False)
class Candidate:
    """One way to choose accounts.

    cells: (n,) 0 .. len(labels) - 1, of any accounts; classes: from (cells, 2) others and converted accounts of the
    training months to (cells,) the class of each cell, 0 and on.
    """

    name: str
    title: str
    labels: tuple[str, ...]
    cells: Callable[[Accounts], Codes]
    classes: Callable[[Matrix], Codes]


@dataclass(frozen=True)
class LeftOut:
    """A way to choose accounts that cannot be judged, and why."""

    name: str
    title: str
    reason: str


def cells_of(accounts: Accounts, candidates: Sequence[Candidate]) -> dict[str, Codes]:
    """By candidate (n,) the cell of each account; candidates that share their cells are asked once."""
    found: dict[Callable[[Accounts], Codes], Codes] = {}
    for candidate in candidates:
        if candidate.cells not in found:
            found[candidate.cells] = candidate.cells(accounts)
    return {candidate.name: found[candidate.cells] for candidate in candidates}


def as_they_are(counts: Matrix) -> Codes:
    """(cells,) every cell a class of its own."""
    return np.arange(len(counts))


def codes_of(frame: pl.DataFrame, expression: pl.Expr) -> Codes:
    """(n,) the whole number that `expression` gives each row."""
    return frame.select(expression.cast(pl.Int64)).to_series().to_numpy().astype(np.intp)
