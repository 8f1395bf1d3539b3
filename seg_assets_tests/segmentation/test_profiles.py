from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from seg_assets.catalogs import Catalogue
from seg_assets.segmentation import profile
from seg_assets.segmentation.coding import coded
from seg_assets.segmentation.indices import IndexSet
from seg_assets.segmentation.plays import fitting_play
from seg_assets.segmentation.portraits import everyone_else, portraits
from seg_assets_tests.segmentation.conftest import Fitted
from seg_assets_tests.segmentation.small_catalogue import small_catalogue


@pytest.fixture(scope="module")
def table(fitted: Fitted) -> pl.DataFrame:
    return profile(fitted.segmentation, fitted.snapshot, fitted.catalogue, fitted.outcomes)


def test_sizes_and_value_add_up_to_the_whole(fitted: Fitted, table: pl.DataFrame) -> None:
    assert table["segment_id"].to_list() == [segment.segment_id for segment in fitted.segmentation.segments]
    assert table["accounts"].sum() == fitted.snapshot.height
    assert table["account_share"].sum() == pytest.approx(1.0)
    assert table["arr"].sum() == pytest.approx(fitted.snapshot["estimated_arr"].sum())
    assert table["arr_share"].sum() == pytest.approx(1.0)


def test_the_figures_are_those_of_the_assigned_accounts(fitted: Fitted, table: pl.DataFrame) -> None:
    scored = fitted.segmentation.assign(fitted.snapshot).collect()
    indices = fitted.segmentation.indices(fitted.snapshot).collect()
    first = table.row(0, named=True)
    inside = scored["segment_id"] == first["segment_id"]
    assert first["accounts"] == inside.sum()
    assert first["arr"] == pytest.approx(fitted.snapshot.filter(inside)["estimated_arr"].sum())
    means = {pair["index"]: pair["mean"] for pair in first["index_means"]}
    assert means["engagement"] == pytest.approx(indices.filter(inside)["engagement"].mean())


def test_conversions_are_counted_on_the_outcomes_accounts_with_an_interval(fitted: Fitted, table: pl.DataFrame) -> None:
    assert table["conversions"].sum() == fitted.outcomes.frame.collect()["converted"].sum()
    assert table["eligible"].sum() == fitted.outcomes.frame.collect().height
    assert (table["conversion_low"] <= table["conversion_rate"]).all()
    assert (table["conversion_rate"] <= table["conversion_high"]).all()


def test_a_first_refresh_numbers_segments_by_conversion(table: pl.DataFrame) -> None:
    rates = table["conversion_rate"].to_list()
    assert rates == sorted(rates, reverse=True)


def test_without_outcomes_conversion_is_unknown_not_zero(fitted: Fitted) -> None:
    table = profile(fitted.segmentation, fitted.snapshot, fitted.catalogue, None)
    for column in ("eligible", "conversions", "conversion_rate", "conversion_low", "conversion_high"):
        assert table[column].null_count() == table.height


def test_differences_are_said_in_units_from_all_others_and_from_the_sibling(table: pl.DataFrame) -> None:
    for row in table.iter_rows(named=True):
        for column, beside, told in (
            ("differences", "elsewhere", 5),
            ("sibling_differences", row["sibling_segment_id"], 3),
        ):
            assert len(row[column]) == told
            assert all(f"({beside} " in text for text in row[column])
            assert len({text.split(f" ({beside}")[0] for text in row[column]}) == told


def test_every_segment_has_a_sibling_that_is_another_segment(table: pl.DataFrame) -> None:
    for own, sibling in table.select("segment_id", "sibling_segment_id").iter_rows():
        assert sibling != own
        assert sibling in table["segment_id"].to_list()


def test_typical_accounts_are_three_of_the_segments_own(fitted: Fitted, table: pl.DataFrame) -> None:
    segment_of = dict(fitted.segmentation.assign(fitted.snapshot).select("account_id", "segment_id").collect().rows())
    for segment_id, typical in table.select("segment_id", "typical_accounts").iter_rows():
        assert len(set(typical)) == 3
        assert {segment_of[account] for account in typical} == {segment_id}


def test_a_segment_is_constructed_until_it_is_judged(fitted: Fitted, table: pl.DataFrame) -> None:
    assert set(table["kind"]) == {"constructed"}
    first, *others = fitted.segmentation.segments
    judged = replace(fitted.segmentation, segments=(replace(first, kind="natural"), *others))
    kinds = profile(judged, fitted.snapshot, fitted.catalogue, None)["kind"].to_list()
    assert kinds[0] == "natural" and set(kinds[1:]) == {"constructed"}


def test_the_five_tests_come_with_their_figures(fitted: Fitted) -> None:
    master = fitted.snapshot.select("account_id", email_consent=pl.int_range(pl.len()) % 2 == 0)
    table = profile(fitted.segmentation, fitted.snapshot, fitted.catalogue, fitted.outcomes, account_master=master)
    for row in table.iter_rows(named=True):
        tests = {answer["test"]: answer for answer in row["tests"]}
        assert list(tests) == ["measurable", "accessible", "substantial", "differentiable", "actionable"]
        assert tests["accessible"]["figure"] == pytest.approx(0.5, abs=0.1)
        assert tests["accessible"]["passed"] is False
        assert tests["substantial"]["figure"] == row["account_share"]
        assert row["sibling_segment_id"] in tests["differentiable"]["says"]
        assert row["play"] in tests["actionable"]["says"]


def test_without_consents_and_outcomes_the_tests_say_what_is_not_known(fitted: Fitted) -> None:
    table = profile(fitted.segmentation, fitted.snapshot, fitted.catalogue, None)
    for tests in table["tests"]:
        told = {answer["test"]: answer for answer in tests}
        assert told["accessible"]["passed"] is None
        assert "converts" not in told["differentiable"]["says"]
    assert table["same_rate_other_need"].list.len().sum() == 0


def test_segments_that_convert_alike_with_another_need_name_each_other(table: pl.DataFrame) -> None:
    found = {
        (one, other["segment_id"])
        for one, others in table.select("segment_id", "same_rate_other_need").iter_rows()
        for other in others
    }
    assert found == {(other, one) for one, other in found}
    plays = dict(table.select("segment_id", "play").iter_rows())
    assert all(plays[one] != plays[other] for one, other in found)


def test_the_order_of_the_rows_does_not_matter(fitted: Fitted, table: pl.DataFrame) -> None:
    again = profile(fitted.segmentation, fitted.snapshot.reverse(), fitted.catalogue, fitted.outcomes)
    told = ["segment_id", "sibling_segment_id", "sibling_differences", "differences", "typical_accounts"]
    assert_frame_equal(again.select(told), table.select(told))


def test_everyone_else_is_everyone_without_the_segment(fitted: Fitted) -> None:
    frame, code = coded(fitted.segmentation, fitted.snapshot)
    indices = fitted.segmentation.index_set
    count = len(fitted.segmentation.segments)
    rest = everyone_else(portraits(frame, code, count, fitted.catalogue, indices), 0)
    direct = portraits(frame, (code != 0).cast(pl.UInt32), 2, fitted.catalogue, indices)[1]
    assert rest.accounts == direct.accounts
    assert rest.indices == pytest.approx(direct.indices)
    assert rest.numbers == pytest.approx(direct.numbers)
    assert rest.levels["sales_motion"] == pytest.approx(direct.levels["sales_motion"])


def test_the_first_play_that_fits_is_taken(fitted: Fitted) -> None:
    frame, code = coded(fitted.segmentation, fitted.snapshot)
    count = len(fitted.segmentation.segments)
    picture = portraits(frame, code, count, fitted.catalogue, fitted.segmentation.index_set)[0]

    def taken(*conditions: str) -> str | None:
        plays = [{"name": f"p{n}", "title": f"P{n}", "action": "a", "when": when} for n, when in enumerate(conditions)]
        catalogue = Catalogue.model_validate(fitted.catalogue.model_dump() | {"playbook": plays})
        play = fitting_play(catalogue, picture, conversion_rate=None)
        return play.title if play else None

    assert taken("firm_size > 1000", "firm_size >= 0", "true") == "P1"
    assert taken("conversion_rate >= 0", "account_share > 0") == "P1"
    assert taken("lifecycle_stage_trial >= 0 AND is_trial_true >= 0") == "P0"
    assert taken("conversion_rate >= 0") is None
    assert taken("intent >= 0") == "P0"
    assert fitting_play(small_catalogue(), picture, None) is None


def test_a_play_for_high_intent_does_not_hold_where_no_labels_have_matured(fitted: Fitted) -> None:
    indices = IndexSet(fitted.segmentation.reference)
    frame = fitted.snapshot.with_columns(indices.expressions())
    picture = portraits(frame, pl.repeat(0, frame.height, dtype=pl.UInt32, eager=True), 1, fitted.catalogue, indices)[0]
    plays = [
        {"name": "hot", "title": "Hot", "action": "a", "when": "intent >= 0"},
        {"name": "unknown", "title": "Unknown", "action": "a", "when": "intent IS NULL AND engagement >= 0"},
    ]
    play = fitting_play(Catalogue.model_validate(fitted.catalogue.model_dump() | {"playbook": plays}), picture, None)
    assert play is not None and play.title == "Unknown"
