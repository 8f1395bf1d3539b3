"""A summary put together from parts of a snapshot, column by column, is that of the whole."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from seg_assets.catalogs import Kind
from seg_assets.segmentation.monitoring.counts import Column, index_column
from seg_assets.segmentation.monitoring.slicing import Slicing
from seg_assets.segmentation.monitoring.summary import PARTS, Summary, assembled, measured, parts, summarised
from seg_assets.segmentation.monitoring.tally import Tally, tally

TYPES = {"number": pl.Float64(), "flag": pl.Boolean(), "text": pl.String()}
GATES = {"number": "applies", "flag": None, "text": "applies"}
SLICES = ["size", "region"]
COLUMNS = (
    Column("number", Kind.NUMERIC, "a", "s", "applies", index_column("number").scale),
    Column("text", Kind.CATEGORICAL, "a", "s", "applies", None),
)
NUMBERS = [None, math.nan, -math.nan, math.inf, -math.inf, 0.0, -0.0, 0.1, 37.25, 100.0, 1e300]
ACCOUNT = st.tuples(
    st.sampled_from(NUMBERS),
    st.sampled_from([None, True, False]),
    st.sampled_from([None, "", "x", "zz"]),
    st.sampled_from([None, True, False]),
    st.sampled_from([None, "large", "small"]),
    st.sampled_from([None, "EMEA", "APAC"]),
)


def tallied(accounts: pl.DataFrame) -> Tally:
    return tally(accounts, GATES, Slicing.of(accounts, SLICES))


def by_parts(batches: list[pl.DataFrame]) -> Summary:
    """As engines do it: parts of each batch, then all parts of a column in a slice together."""
    together = pl.concat([parts(tallied(batch)) for batch in batches])
    assert together.schema == PARTS
    columns = {column.name: column for column in COLUMNS}
    groups = together.sample(fraction=1, shuffle=True, seed=1).partition_by("slice_key", "slice_value", "column_name")
    return assembled(pl.concat([measured(group, TYPES, columns) for group in groups]), TYPES, COLUMNS, SLICES)


def test_a_snapshot_of_numbers_alone_without_slices_has_a_summary():
    frame = pl.DataFrame({"number": [1.0, None, 3.5]})
    whole = tally(frame, {"number": None}, Slicing.of(frame))
    groups = parts(whole).partition_by("slice_key", "slice_value", "column_name")
    types = {"number": pl.Float64()}
    found = assembled(pl.concat([measured(group, types, {}) for group in groups]), types, (), ())
    assert_frame_equal(found.profile, summarised([whole], ()).profile, check_exact=True)
    assert found.profile["count"].to_list() == [3, 3]


@settings(deadline=None)
@given(st.lists(ACCOUNT, min_size=1, max_size=40), st.integers(1, 5))
def test_parts_of_a_snapshot_make_the_summary_of_the_whole(accounts, batches):
    schema = {"number": pl.Float64, "flag": pl.Boolean, "text": pl.String, "applies": pl.Boolean} | dict.fromkeys(
        SLICES, pl.String
    )
    frame = pl.DataFrame(accounts, schema=schema, orient="row")
    whole = summarised([tallied(frame)], COLUMNS)
    one_by_one = [tally(frame, {name: gate}, Slicing.of(frame, SLICES)) for name, gate in GATES.items()]
    assert_frame_equal(summarised(one_by_one, COLUMNS).profile, whole.profile, check_exact=True)
    size = -(-frame.height // batches)
    found = by_parts([frame.slice(start, size) for start in range(0, frame.height, size)])
    assert_frame_equal(found.profile, whole.profile, check_exact=True)
    assert found.counts.slices == whole.counts.slices
    np.testing.assert_array_equal(found.counts.accounts, whole.counts.accounts)
    for column in COLUMNS:
        one, other = found.counts.features[column.name], whole.counts.features[column.name]
        assert one.levels == other.levels
        for name in ("cells", "missing", "applicable"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
