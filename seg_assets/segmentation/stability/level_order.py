"""An order for values that have none, so that they can rise and fall with other columns.

Belongs here: the place of each row's value among its column's different values; levels stand where their accounts do.
Does not: levels as coordinates (levels.py), what the order is for (null_population.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from seg_assets.segmentation.balance import Matrix
from seg_assets.segmentation.levels import SMALLEST_LEVEL_SHARE, level_profiles, level_shares
from seg_assets.segmentation.stability.latent_correlation import Codes


def without_nan(column: pl.Series) -> pl.Series:
    """`column` with NaN as null."""
    return column.fill_nan(None) if column.dtype.is_float() else column


def number_blocks(snapshot: pl.DataFrame, names: Sequence[str]) -> dict[str, Matrix]:
    """What levels are ordered by: for each of the columns `names` that varies an (n, numbers) block.

    Standardised ranks of numbers and booleans, standardised indicators of the frequent levels of others; gaps as 0.
    """
    blocks = {name: _numbers(without_nan(snapshot[name])) for name in names}
    return {name: np.column_stack(numbers) for name, numbers in blocks.items() if numbers}


def _numbers(column: pl.Series) -> list[npt.NDArray[np.float64]]:
    if column.dtype.is_numeric() or column.dtype == pl.Boolean:
        found = [column.cast(pl.Float64).rank()]
    else:
        levels = column.cast(pl.String)
        shares = level_shares(levels)
        found = [(levels == level).cast(pl.Float64) for level, share in shares.items() if share >= SMALLEST_LEVEL_SHARE]
    known = [values.drop_nulls().to_numpy() for values in found]
    return [
        ((values - seen.mean()) / seen.std()).fill_null(0.0).to_numpy()
        for values, seen in zip(found, known, strict=True)
        if len(seen) and seen.std() > 0
    ]


def places(
    name: str, values: pl.Series, rows: npt.NDArray[np.bool_], blocks: Mapping[str, Matrix], last: Sequence[str]
) -> Codes:
    """The place 0, 1, 2, ... of each of `values` among the different ones, in rising order.

    values: of column `name`, without nulls, those of the `rows` (n,) of the blocks; last: levels that stand behind all
    others. Levels stand along the axis on which their means of the other columns differ most, ties by name.
    """
    if values.dtype.is_numeric() or values.dtype == pl.Boolean:
        return values.rank("dense").to_numpy().astype(np.intp) - 1
    levels = values.cast(pl.String).alias("level")
    others = [block[rows] for other, block in blocks.items() if other != name]
    profiles = level_profiles(levels, np.hstack(others)) if others else ()
    at = dict(zip(profiles[0].levels, profiles[0].values, strict=True)) if profiles else {}
    order = sorted(levels.unique().to_list(), key=lambda level: (level in last, at.get(level, 0.0), level))
    found = levels.replace_strict(order, list(range(len(order))), return_dtype=pl.Int64)
    return found.to_numpy().astype(np.intp)
