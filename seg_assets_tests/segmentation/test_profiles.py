from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seg_assets.catalogs import Catalogue
from seg_assets.segmentation import profile
from seg_assets.segmentation.plays import fitting_play
from seg_assets.segmentation.portraits import everyone_else, portraits
from seg_assets.segmentation.profiles import coded, wilson
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
    assert (table["conversion_low"] <= table["conversion_rate"]).all()
    assert (table["conversion_rate"] <= table["conversion_high"]).all()


def test_a_first_refresh_numbers_segments_by_conversion(table: pl.DataFrame) -> None:
    rates = table["conversion_rate"].to_list()
    assert rates == sorted(rates, reverse=True)


def test_without_outcomes_conversion_is_unknown_not_zero(fitted: Fitted) -> None:
    table = profile(fitted.segmentation, fitted.snapshot, fitted.catalogue, None)
    for column in ("conversions", "conversion_rate", "conversion_low", "conversion_high"):
        assert table[column].null_count() == table.height


def test_differences_are_said_in_units(table: pl.DataFrame) -> None:
    for told in table["differences"]:
        assert len(told) == 5
        assert all("(elsewhere " in text for text in told)
        assert len({text.split(" (elsewhere")[0] for text in told}) == 5


def test_every_segment_says_that_it_was_constructed(table: pl.DataFrame) -> None:
    assert set(table["kind"]) == {"constructed"}


@given(st.integers(0, 500), st.integers(1, 500))
def test_a_wilson_interval_holds_the_share_and_stays_within_0_and_1(hits: int, more: int) -> None:
    low, high = wilson(hits, hits + more)
    assert 0 <= low <= hits / (hits + more) <= high <= 1


def test_the_wilson_interval_of_the_textbook() -> None:
    """15 of 148, Newcombe 1998: 0.0624 to 0.1605."""
    assert wilson(15, 148) == (pytest.approx(0.0624, abs=5e-5), pytest.approx(0.1605, abs=5e-5))


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
    assert fitting_play(small_catalogue(), picture, None) is None
