"""Accounts of one population with all that refits ask of them, computed once and then only picked by row.

Belongs here: the prepared population, and choosing rows of it as cheaply as rows of an array.
Does not: what is computed (tree_family.py).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt
import polars as pl

from seg_assets.segmentation.balance import Matrix
from seg_assets.segmentation.candidates import Candidate
from seg_assets.segmentation.definitions import Condition
from seg_assets.segmentation.guided_points import Vector
from seg_assets.segmentation.stability.births import Presence

Positions = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Population:
    """n accounts. frame: their features and indices, with intent where it is known; points: (n, coordinates) float64,
    the preprocessor's; asked: what a tree may ask about; intent: (n,) whole points, None where it is not known;
    presence: (n, births), who was there at which birth; no births where accounts have no past; before: for each birth
    the points (n, coordinates then) by those who were there before it.
    """

    frame: pl.DataFrame
    points: Matrix
    asked: tuple[Candidate, ...]
    intent: Vector | None
    presence: Presence
    before: tuple[Matrix, ...]


@dataclass(frozen=True, eq=False)
class Prepared:
    """Some accounts of a population: those at the positions `rows` (m,). Choosing among them copies nothing else."""

    population: Population
    rows: Positions

    @classmethod
    def whole(cls, population: Population) -> Self:
        """All accounts."""
        return cls(population, np.arange(population.frame.height))

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, positions: Positions) -> Self:
        """The accounts at `positions` among these."""
        return replace(self, rows=self.rows[positions])

    @property
    def frame(self) -> pl.DataFrame:
        """(m) rows with features, indices and, where it is known, intent: what any definition can be asked of."""
        return self.population.frame[self.rows]

    def columns(self, names: Collection[str]) -> pl.DataFrame:
        """(m) rows of those columns of `frame` alone; no rows without columns."""
        return self.population.frame.select(sorted(names))[self.rows] if names else pl.DataFrame()

    def holds(self, conditions: Sequence[Condition]) -> npt.NDArray[np.bool_]:
        """(conditions, m): whether each condition holds for each account."""
        if not conditions:
            return np.zeros((0, len(self)), dtype=np.bool_)
        columns = self.columns({condition.column for condition in conditions})
        asked = [condition.expression().fill_null(False).alias(str(n)) for n, condition in enumerate(conditions)]
        return columns.select(asked).to_numpy().T

    @property
    def points(self) -> Matrix:
        """(m, coordinates)."""
        return self.population.points[self.rows]

    def points_before(self, birth: int) -> Matrix:
        """(m, coordinates) as they were measured before that birth."""
        return self.population.before[birth][self.rows]

    @property
    def asked(self) -> list[Candidate]:
        """What a tree may ask about, with bins of these rows."""
        return [replace(candidate, bins=candidate.bins[self.rows]) for candidate in self.population.asked]

    @property
    def intent(self) -> Vector | None:
        """(m,) whole points, None where intent is not known."""
        return None if self.population.intent is None else self.population.intent[self.rows]

    @property
    def presence(self) -> Presence:
        """(m, births)."""
        return self.population.presence[self.rows]
