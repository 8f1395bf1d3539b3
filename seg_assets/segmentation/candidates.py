"""What a definition may ask: the columns that can split accounts, cut into few readable steps.

Belongs here: binning indices and features so that every possible split of a column is found in one pass.
Does not: choosing among splits (split_search.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from seg_assets.catalogs import Catalogue, Feature, Kind
from seg_assets.segmentation.balance import Matrix, principal_axes
from seg_assets.segmentation.definitions import Condition, Test
from seg_assets.segmentation.levels import MANY_LEVELS, SMALLEST_LEVEL_SHARE, level_shares
from seg_assets.segmentation.reference import Reference

STEPS_OF_A_FEATURE = 31
# A condition that names more levels is a list, not a condition.
MOST_NAMED = 3
# An index sums up several features and keeps its scale; a raw number has to tell clearly more to be preferred.
WORTH_OF_A_RAW_NUMBER = 0.8

Insides = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Candidate:
    """One column as bins. bins: (n,) uint8, 0 .. len(steps) for thresholds, 0 .. len(levels) for levels, the last of
    which holds every other value and the missing ones; ordered: levels from low to high; flag: a boolean, whose one
    level is true; worth: what its gain counts beside those of other columns; familiar: whether names open with it, so
    that it is asked rather than another column that parts the same accounts.
    """

    column: str
    bins: npt.NDArray[np.uint8]
    thresholds: tuple[float, ...] = ()
    levels: tuple[str, ...] = ()
    ordered: bool = False
    flag: bool = False
    worth: float = 1.0
    familiar: bool = False

    @property
    def size(self) -> int:
        """How many bins there are."""
        return len(self.thresholds or self.levels) + 1

    @property
    def has_level_sets(self) -> bool:
        """Whether there are splits by several levels that have no order of their own."""
        return not (self.thresholds or self.ordered) and self._most_named > 1

    def known_splits(self) -> Insides:
        """(splits, size): which bins lie inside each split that is looked at whatever the accounts are like."""
        if self.thresholds:
            return np.arange(self.size) >= np.arange(1, self.size)[:, None]
        single = np.eye(self.size - 1, self.size, dtype=np.bool_)
        return np.vstack([single, self._sets(np.arange(self.size - 1))]) if self.ordered else single

    def level_sets(self, sums: Matrix) -> Insides:
        """(splits, size): which bins lie inside each set of levels that is looked at for these accounts.

        sums: (size, axes + 1), of the accounts' target by bin; counts come last.
        """
        return self._sets(_order_of_levels(sums[:-1]))

    def _sets(self, order: npt.NDArray[np.intp]) -> Insides:
        """The first two levels in `order`, the last two, the first three, ..."""
        named = [part for end in range(2, self._most_named + 1) for part in (order[:end], order[-end:])]
        found = np.zeros((len(named), self.size), dtype=np.bool_)
        for inside, part in zip(found, named, strict=True):
            inside[part] = True
        return found

    @property
    def _most_named(self) -> int:
        return min(MOST_NAMED, self.size - 2)

    def condition(self, inside: Insides) -> Condition:
        """The condition that holds for the bins `inside`."""
        if self.thresholds:
            return Condition(self.column, Test.AT_LEAST, self.thresholds[int(np.argmax(inside)) - 1])
        if self.flag:
            return Condition(self.column, Test.TRUE)
        named = tuple(level for level, chosen in zip(self.levels, inside, strict=False) if chosen)
        return Condition(self.column, Test.ONE_OF, 0.0, named)


def _order_of_levels(sums: Matrix) -> npt.NDArray[np.intp]:
    """Levels along the main direction in which their means differ: sets of neighbours are the ones worth asking for.

    Source: for one target the best set is among these (Breiman et al. 1984, theorem 4.5); for several a heuristic.
    """
    counts = np.maximum(sums[:, -1:], 1.0)
    means = sums[:, :-1] / counts
    weighted = (means - (means * counts).sum(axis=0) / counts.sum()) * np.sqrt(counts)
    place = np.round(means @ principal_axes(weighted)[1][:, 0], 9)
    return np.argsort(place, kind="stable")


def candidates(frame: pl.DataFrame, catalogue: Catalogue, reference: Reference) -> list[Candidate]:
    """Every column that may be asked about, the most readable first: the first of equals is taken.

    frame: account rows with their features and indices. Order: features that open names, indices, then other levels
    and booleans, then numbers that no index sums up.
    """
    in_indices = {c.feature for index in reference.indices for c in index.contributions}
    naming = [catalogue.feature(name) for name in catalogue.name_features]
    others = [feature for feature in catalogue.features if feature not in naming]
    found = [_of_feature(frame, feature, familiar=True) for feature in naming]
    found += [_of_index(frame, index.name) for index in reference.indices]
    found += [_of_feature(frame, feature) for feature in others if feature.kind is not Kind.NUMERIC]
    found += [
        _of_feature(frame, feature)
        for feature in others
        if feature.kind is Kind.NUMERIC and feature.name not in in_indices
    ]
    return [candidate for candidate in found if candidate is not None]


def _of_index(frame: pl.DataFrame, name: str) -> Candidate | None:
    values = frame[name].to_numpy().astype(np.uint8)
    return Candidate(name, values, thresholds=tuple(float(point) for point in range(1, 101)))


def _of_feature(frame: pl.DataFrame, feature: Feature, *, familiar: bool = False) -> Candidate | None:
    values = frame[feature.name]
    if feature.kind is Kind.BOOLEAN:
        bins = (~values.fill_null(False)).to_numpy().astype(np.uint8)
        return Candidate(feature.name, bins, levels=("true",), flag=True, familiar=familiar)
    if feature.kind is Kind.NUMERIC:
        return _of_number(values)
    shares = level_shares(values)
    if len(shares) > MANY_LEVELS:
        return None
    ordered = feature.levels + feature.unordered_levels if feature.kind is Kind.ORDINAL else tuple(sorted(shares))
    levels = tuple(level for level in ordered if shares.get(level, 0.0) >= SMALLEST_LEVEL_SHARE)
    if not levels:
        return None
    codes = {level: code for code, level in enumerate(levels)}
    bins = values.replace_strict(codes, default=len(levels), return_dtype=pl.UInt8).to_numpy()
    return Candidate(feature.name, bins, levels=levels, ordered=feature.kind is Kind.ORDINAL, familiar=familiar)


def _of_number(values: pl.Series) -> Candidate | None:
    numbers = values.fill_nan(None).to_numpy()
    known = numbers[np.isfinite(numbers)]
    if len(known) == 0:
        return None
    steps = np.quantile(known, np.linspace(0, 1, STEPS_OF_A_FEATURE + 2)[1:-1])
    thresholds = _readable(steps, float(known.min()))
    if not thresholds:
        return None
    bins = np.searchsorted(thresholds, numbers, side="right")
    bins[np.isnan(numbers)] = 0
    return Candidate(values.name, bins.astype(np.uint8), thresholds=thresholds, worth=WORTH_OF_A_RAW_NUMBER)


def _readable(steps: Sequence[float] | Matrix, minimum: float) -> tuple[float, ...]:
    """The steps at two significant digits, each once, above the minimum: nobody is below that."""
    rounded = {float(f"{step:.2g}") for step in steps}
    return tuple(sorted(step for step in rounded if step > minimum))
