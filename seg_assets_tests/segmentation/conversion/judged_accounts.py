"""Small judged populations for tests of the conversion lift."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from seg_assets.segmentation.conversion.ranking import Judged, Ranking, Stratum

AS_OF = dt.date(2026, 3, 30)


def judged(
    converted: Sequence[bool] | np.ndarray,
    families: Sequence[int] | np.ndarray | None = None,
    as_of: dt.date | pl.Series = AS_OF,
    strata: Mapping[str, Stratum] | None = None,
    ids: Sequence[str] | None = None,
) -> Judged:
    """Accounts A0, A1, ...; each its own family where none are given."""
    count = len(converted)
    return Judged(
        account_ids=pl.Series(ids if ids is not None else [f"A{number}" for number in range(count)], dtype=pl.String),
        converted=np.asarray(converted, dtype=np.bool_),
        families=np.arange(count) if families is None else np.asarray(families, dtype=np.intp),
        as_of=as_of,
        strata=strata or {},
    )


def ranking(name: str, classes: Sequence[int] | np.ndarray, rates: Sequence[float] | np.ndarray) -> Ranking:
    """A candidate whose classes have these rates."""
    codes = np.asarray(classes, dtype=np.intp)
    scores = np.asarray(rates, dtype=np.float64)[codes]
    return Ranking(name, name, len(rates), codes, scores, tuple(f"{name} {place}" for place in range(len(rates))))


def score(name: str, values: Sequence[float] | np.ndarray) -> Ranking:
    """A candidate without classes."""
    return Ranking(name, name, None, None, np.asarray(values, dtype=np.float64))
