from __future__ import annotations

import math

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from seg_assets.catalogs import Kind
from seg_assets.segmentation.intent.bins import Bins
from seg_assets.segmentation.intent.index import Item

STEPS = (-2.5, 0.0, 3.0)
VALUES: dict[Kind, st.SearchStrategy[object]] = {
    Kind.NUMERIC: st.sampled_from([*STEPS, -0.0, 2.999, 1e12, math.inf, -math.inf, math.nan, None]),
    Kind.BOOLEAN: st.sampled_from([True, False, None]),
    Kind.CATEGORICAL: st.sampled_from(["a", "b", "another", None]),
}
TYPES = {Kind.NUMERIC: pl.Float64, Kind.BOOLEAN: pl.Boolean, Kind.CATEGORICAL: pl.String}
BINS = {
    Kind.NUMERIC: {"thresholds": STEPS},
    Kind.BOOLEAN: {"thresholds": (0.5,)},
    Kind.CATEGORICAL: {"levels": ("a", "b")},
}


@given(data=st.data(), kind=st.sampled_from(list(BINS)), gated=st.booleans())
def test_an_account_earns_the_points_of_its_bin(data: st.DataObject, kind: Kind, gated: bool) -> None:
    bins = Bins("x", kind, "x_applies" if gated else None, **BINS[kind])
    tenths = data.draw(st.lists(st.integers(-900, 900), min_size=bins.size, max_size=bins.size))
    values = data.draw(st.lists(VALUES[kind], min_size=1, max_size=8))
    applies = data.draw(st.lists(st.sampled_from([True, False, None]), min_size=len(values), max_size=len(values)))
    frame = pl.DataFrame({"x": values, "x_applies": applies}, schema={"x": TYPES[kind], "x_applies": pl.Boolean})
    earned = frame.select(Item(bins, tuple(tenths), (0.0,) * bins.size).expression()).to_series()
    codes = frame.select(bins.code()).to_series()
    assert earned.dtype == pl.Int32
    assert earned.to_list() == [tenths[code] for code in codes]
