from __future__ import annotations

from math import log

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seg_assets.segmentation.migrations import (
    MIGRATIONS,
    Memberships,
    agreement,
    half_lives,
    memberships,
    migrations,
    moved,
    together,
)
from seg_assets_tests.segmentation.conftest import Fitted

SEGMENTS = ("SEG-01", "SEG-02", "SEG-03")
PLACES = st.lists(
    st.tuples(st.sampled_from(SEGMENTS), st.sampled_from(SEGMENTS), st.sampled_from(SEGMENTS), st.sampled_from("bwn")),
    min_size=1,
    max_size=40,
)


def frame(rows: list[tuple[str, str, float]]) -> pl.DataFrame:
    schema = {"account_id": pl.String, "segment_id": pl.String, "arr": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def members(places: list[tuple[str, str, str, str]]) -> Memberships:
    """Accounts by (was, meant, now, in both snapshots, was only or now only), worth 100 before and 10 now."""
    ids = [f"A{number}" for number in range(len(places))]
    rows = list(zip(ids, places, strict=True))
    return Memberships(
        was=frame([(i, was, 100.0) for i, (was, _, _, where) in rows if where != "n"]),
        meant=frame([(i, meant, 10.0) for i, (_, meant, _, where) in rows if where != "w"]),
        now=frame([(i, now, 10.0) for i, (_, _, now, where) in rows if where != "w"]),
    )


def sums(table: pl.DataFrame, side: str, *kinds: str) -> dict[str, int]:
    found = table.filter(pl.col("kind").is_in(kinds)).group_by(side).agg(pl.col("accounts").sum())
    return dict(found.iter_rows())


def sizes(frame: pl.DataFrame) -> dict[str, int]:
    return dict(frame.group_by("segment_id").len().iter_rows())


@given(PLACES)
def test_every_account_of_either_snapshot_is_accounted_for(places: list[tuple[str, str, str, str]]) -> None:
    both = members(places)
    table = migrations(both)
    assert table.schema == MIGRATIONS
    assert sums(table, "from_segment_id", "behaviour", "lost") == sizes(both.was)
    assert sums(table, "to_segment_id", "definition", "new") == sizes(both.now)
    assert sums(table, "to_segment_id", "behaviour") == sums(table, "from_segment_id", "definition")


@given(PLACES)
def test_arr_moves_with_the_accounts(places: list[tuple[str, str, str, str]]) -> None:
    table = migrations(members(places))
    worth = pl.when(pl.col("kind") == "lost").then(100.0).otherwise(10.0)
    assert table.select((pl.col("arr") == worth * pl.col("accounts")).all()).item()


@given(PLACES)
def test_the_order_of_accounts_makes_no_difference(places: list[tuple[str, str, str, str]]) -> None:
    both = members(places)
    mixed = Memberships(both.was.reverse(), both.meant, both.now.sort("segment_id", "account_id", descending=True))
    assert migrations(mixed).equals(migrations(both))


def test_each_move_has_its_reason() -> None:
    one, two = SEGMENTS[:2]
    table = migrations(
        members([(one, two, two, "b"), (one, one, two, "b"), (one, one, one, "w"), (two, two, two, "n")])
    )
    assert table.rows() == [
        ("behaviour", one, one, 1, 10.0),
        ("behaviour", one, two, 1, 10.0),
        ("definition", one, two, 1, 10.0),
        ("definition", two, two, 1, 10.0),
        ("new", None, two, 1, 10.0),
        ("lost", one, None, 1, 100.0),
    ]
    assert [moved(table, kind) for kind in ("behaviour", "definition", "new", "lost")] == [
        (1, 2),
        (1, 2),
        (1, 1),
        (1, 1),
    ]


def test_without_a_value_arr_is_unknown() -> None:
    both = members([(SEGMENTS[0], SEGMENTS[0], SEGMENTS[0], "b")])
    unknown = Memberships(*(f.with_columns(arr=pl.lit(None, pl.Float64)) for f in (both.was, both.meant, both.now)))
    assert migrations(unknown)["arr"].to_list() == [None, None]


def test_half_of_a_segment_has_left_after_its_half_life() -> None:
    """Nine of ten stay a month: 0.9 ** 6.58 is a half."""
    one, two = SEGMENTS[:2]
    places = [(one, one, one, "b")] * 90 + [(one, two, two, "b")] * 6 + [(one, one, one, "w")] * 4
    whole, of_one = half_lives(migrations(members(places)), months=1.0)
    assert (whole.segment_id, whole.accounts, whole.stayed) == (None, 100, 90)
    assert of_one.months == pytest.approx(log(0.5) / log(0.9)) == pytest.approx(6.58, abs=0.01)
    assert of_one.low < of_one.months < of_one.high
    assert half_lives(migrations(members(places)), months=2.0)[1].months == pytest.approx(2 * of_one.months)


def test_where_nobody_leaves_there_is_no_half_life() -> None:
    table = migrations(members([(SEGMENTS[0],) * 3 + ("b",)] * 50))
    assert [(found.months, found.high) for found in half_lives(table, 1.0)] == [(None, None), (None, None)]
    assert half_lives(table, 1.0)[0].low > 0
    everyone_left = migrations(members([(SEGMENTS[0],) * 3 + ("w",)] * 50))
    assert half_lives(everyone_left, 1.0)[0].months == 0.0
    assert half_lives(everyone_left.clear(), 1.0) == []


@given(PLACES)
def test_common_and_new_accounts_are_told_apart(places: list[tuple[str, str, str, str]]) -> None:
    both = members(places)
    counts, arr = together(both, SEGMENTS, SEGMENTS, known=True)
    came, _ = together(both, SEGMENTS, SEGMENTS, known=False)
    assert counts.sum() == sum(where == "b" for *_, where in places)
    assert came.sum() == sum(where == "n" for *_, where in places)
    assert np.allclose(arr, counts * 10)


def test_agreement_is_one_for_equal_definitions_and_has_an_interval_otherwise() -> None:
    same = agreement(np.diag([50.0, 30.0, 20.0]))
    assert (same.value, same.low, same.high) == (1.0, 1.0, 1.0)
    apart = agreement(np.array([[45.0, 5.0], [5.0, 45.0]]))
    assert 0 < apart.low < apart.value < apart.high < 1
    unrelated = agreement(np.full((2, 2), 250.0))
    assert abs(unrelated.value) < 0.01
    with pytest.raises(ValueError, match="no account"):
        agreement(np.zeros((2, 2)))


def test_memberships_are_those_of_the_assignment(fitted: Fitted) -> None:
    found = memberships(fitted.segmentation, fitted.snapshot, fitted.catalogue.value_feature)
    scores = fitted.segmentation.assign(fitted.snapshot).select("account_id", "segment_id").collect()
    assert found.select("account_id", "segment_id").equals(scores)
    value = fitted.snapshot[fitted.catalogue.value_feature]
    assert found["arr"].sum() == pytest.approx(value.fill_nan(None).sum())
    assert memberships(fitted.segmentation, fitted.snapshot, None)["arr"].null_count() == found.height
