"""Counts, drift, missing values, steps, mix and causes on small frames."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seg_assets.segmentation import Reference
from seg_assets.segmentation.monitoring.causes import SliceShare, likely_causes
from seg_assets.segmentation.monitoring.counts import count, monitored
from seg_assets.segmentation.monitoring.drift import SCHEMA, drift
from seg_assets.segmentation.monitoring.missing import missing_values
from seg_assets.segmentation.monitoring.mix import segment_mix
from seg_assets.segmentation.monitoring.profile import QUANTILES
from seg_assets.segmentation.monitoring.slicing import EVERYONE, Slicing
from seg_assets.segmentation.monitoring.steps import steps
from seg_assets.segmentation.monitoring.summary import summarised
from seg_assets.segmentation.monitoring.tally import tally
from seg_assets_tests.segmentation.population import population
from seg_assets_tests.segmentation.small_catalogue import small_catalogue

CATALOGUE = small_catalogue()
PEOPLE = population(CATALOGUE, 1_500)
COLUMNS = monitored(CATALOGUE, Reference.fit(PEOPLE, CATALOGUE))
TEXTS = [column.name for column in COLUMNS if column.scale is None]


def test_every_account_is_counted_once_over_everyone_and_in_its_slice():
    found = count(PEOPLE, COLUMNS, TEXTS[:1])
    assert found.slices[0] == EVERYONE
    levels = dict(PEOPLE.group_by(TEXTS[0]).len().drop_nulls().iter_rows())
    assert dict(zip([value for _, value in found.slices], found.accounts.tolist(), strict=True)) == {
        "": 1_500,
        **levels,
    }
    for column in COLUMNS:
        counts = found.features[column.name]
        assert (counts.cells.sum(axis=1) + counts.missing).tolist() == counts.applicable.tolist()
        applies = PEOPLE if column.gate is None else PEOPLE.filter(pl.col(column.gate).fill_null(True))
        assert counts.missing[0] == applies[column.name].null_count()


def test_counts_do_not_depend_on_the_order_of_rows():
    one, other = (count(frame, COLUMNS, TEXTS) for frame in (PEOPLE, PEOPLE.sample(fraction=1, shuffle=True, seed=3)))
    assert one.slices == other.slices
    for column in COLUMNS:
        assert (one.features[column.name].cells == other.features[column.name].cells).all()


@given(
    st.lists(
        st.tuples(
            st.sampled_from([None, float("nan"), -1.0, 0.0, 2.5, 7.0]),
            st.sampled_from([None, "x", "zz"]),
            st.sampled_from([None, "a", "b"]),
        ),
        min_size=1,
        max_size=30,
    )
)
def test_a_profile_is_what_polars_finds_slice_by_slice(rows):
    frame = pl.DataFrame(rows, schema={"number": pl.Float64, "text": pl.String, "key": pl.String}, orient="row")
    found = summarised([tally(frame, {"number": None, "text": None}, Slicing.of(frame, ["key"]))], ()).profile
    for where in [{"slice_key": "", "slice_value": ""}, *({"slice_key": "key", "slice_value": one} for one in "ab")]:
        part = frame if not where["slice_key"] else frame.filter(pl.col("key") == where["slice_value"])
        told = {row["column_name"]: row for row in found.filter(**where).iter_rows(named=True)}
        if not told:
            assert part.is_empty()
            continue
        values = part["number"].fill_nan(None).drop_nulls()
        number, text = told["number"], told["text"]
        assert (number["count"], number["num_nulls"]) == (part.height, part["number"].null_count())
        assert number["num_nan"] == part["number"].is_nan().sum()
        assert number["distinct_count"] == part["number"].drop_nulls().n_unique()
        assert number["avg"] == pytest.approx(values.mean()) and number["stddev"] == pytest.approx(values.std(ddof=0))
        quantiles = [values.quantile(of, "linear") for of in QUANTILES]
        assert all(one == pytest.approx(two) for one, two in zip(number["quantiles"], quantiles, strict=True))
        assert (text["num_nulls"], text["max_length"]) == (
            part["text"].null_count(),
            part["text"].str.len_chars().max(),
        )
        assert sum(item["count"] for item in text["frequent_items"]) == part["text"].count()


def test_drift_is_none_against_itself_and_found_where_it_is():
    one = count(PEOPLE, COLUMNS, TEXTS[:1])
    still = drift(one, one, COLUMNS)
    assert still.schema == SCHEMA
    assert still["population_stability_index"].max() == 0
    moved = next(column.name for column in COLUMNS if column.scale is not None and column.kind == "numeric")
    other = count(PEOPLE.with_columns(pl.col(moved) * 3 + 5), COLUMNS, TEXTS[:1])
    found = drift(one, other, COLUMNS).filter(pl.col("population_stability_index") > 0)
    assert set(found["feature"]) == {moved}
    assert found.filter(pl.col("slice_key") == "")["population_stability_index"].item() > 0.25


def test_a_level_that_is_new_is_drift_of_its_feature():
    one = count(PEOPLE, COLUMNS)
    other = count(PEOPLE.with_columns(pl.lit("never seen").alias(TEXTS[0])), COLUMNS)
    row = drift(one, other, COLUMNS).filter(pl.col("feature") == TEXTS[0]).row(0, named=True)
    assert row["tv_distance"] == pytest.approx(1)
    assert row["js_distance"] == pytest.approx(1)


def test_missing_values_are_counted_among_those_that_a_feature_applies_to():
    feature = CATALOGUE.features[0].name
    gone = PEOPLE.with_columns(pl.when(pl.int_range(pl.len()) % 2 == 0).then(feature).alias(feature))
    found = missing_values(gone, PEOPLE, CATALOGUE, TEXTS[:1])
    row = found.filter(pl.col("feature") == feature, pl.col("slice_key") == "").row(0, named=True)
    assert row["missing"] == gone[feature].null_count()
    assert row["share"] > 0.4 > row["share_before"]
    assert missing_values(PEOPLE, None, CATALOGUE)["share_before"].null_count() == len(CATALOGUE.features)


def test_a_step_is_told_by_the_middle_and_by_the_most_frequent_account():
    ids = [f"A{i}" for i in range(100)]
    before = pl.DataFrame({"account_id": ids, "price": [float(i) for i in range(100)], "days": [0.0] * 100})
    now = before.with_columns(pl.col("price") * 1.5, pl.col("days") + 8)
    rows = {row["feature"]: row for row in steps(before, now.reverse(), ["price", "days"]).iter_rows(named=True)}
    assert rows["price"]["middle_factor"] == pytest.approx(1.5)
    assert rows["price"]["factors"] == 99
    assert (rows["days"]["usual_difference"], rows["days"]["usual_share"]) == (8, 1)
    assert rows["days"]["middle_factor"] is None


def test_accounts_that_change_places_are_explained_and_those_that_all_go_one_way_are_not():
    ids = [f"A{i:04}" for i in range(1_000)]
    old = pl.DataFrame({"account_id": ids, "segment_id": ["S1"] * 500 + ["S2"] * 500})
    swapped = old.with_columns(segment_id=pl.Series(["S2"] * 50 + ["S1"] * 450 + ["S1"] * 50 + ["S2"] * 450))
    assert segment_mix(old, swapped)["unexplained"].to_list() == [0, 0]
    one_way = old.with_columns(segment_id=pl.Series(["S2"] * 200 + ["S1"] * 300 + ["S2"] * 500))
    found = segment_mix(old, one_way)
    assert found["moved_out"].to_list() == [200, 0]
    assert (found["unexplained"] > 0.1).all()


@given(
    st.lists(
        st.tuples(st.sampled_from("abcdefgh"), st.sampled_from(["S1", "S2"])), max_size=8, unique_by=lambda p: p[0]
    )
)
def test_every_account_of_a_mix_stays_moves_comes_or_goes(rows):
    old = pl.DataFrame({"account_id": list("abcd"), "segment_id": ["S1", "S1", "S2", "S2"]})
    new = pl.DataFrame(rows, schema={"account_id": pl.String, "segment_id": pl.String}, orient="row")
    found = segment_mix(old, new)
    net = found["came"] + found["moved_in"] - found["went"] - found["moved_out"]
    assert (found["accounts"] - found["accounts_before"]).to_list() == net.to_list()
    assert found["moved_in"].sum() == found["moved_out"].sum()


def test_causes_are_ranked_by_what_accounts_for_most():
    source_of = {f"a{i}": "first" for i in range(6)} | {f"b{i}": "second" for i in range(6)}
    assert likely_causes(["a1"], source_of)[0] == "feature a1"
    assert likely_causes(["a1", "a2", "a3"], source_of)[0].startswith("source first: 3 of the 3 features found, of 6")
    assert likely_causes(list(source_of), source_of)[0].startswith("everything: 12 of 12")
    inside = SliceShare("motion", "self_serve", of_found=1.0, of_accounts=0.2)
    assert (
        likely_causes(["a1", "b1"], source_of, [inside])[0]
        == "slice motion = self_serve: 100% of it in 20% of accounts"
    )
