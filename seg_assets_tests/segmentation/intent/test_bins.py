from __future__ import annotations

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from seg_assets.catalogs import Kind
from seg_assets.segmentation.intent.bins import FIRST, MISSING, NOTHING, Bins, bins_of, codes_of
from seg_assets_tests.segmentation.conftest import Fitted
from seg_assets_tests.segmentation.leads import leads
from seg_assets_tests.segmentation.small_catalogue import small_catalogue


def test_no_activity_is_a_bin_of_its_own() -> None:
    bins = {b.feature: b for b in bins_of(leads(4_000), small_catalogue())}
    assert bins["clicks"].thresholds[0] == 1.0
    assert bins["city"].levels == ("east", "north", "south")
    assert bins["member"].thresholds == (0.5,)


def test_thresholds_are_two_digits_and_each_bin_has_accounts(fitted: Fitted) -> None:
    bins = bins_of(fitted.snapshot, fitted.catalogue)
    for b, codes in zip(bins, codes_of(fitted.snapshot, bins), strict=True):
        counts = np.bincount(codes, minlength=b.size)
        assert len(counts) == b.size
        assert all(float(f"{step:.2g}") == step for step in b.thresholds)
        inside = counts[FIRST : FIRST + len(b.thresholds or b.levels)]
        assert (inside > 0).all(), b.feature


def test_a_feature_without_two_values_has_no_bins() -> None:
    frame = leads(200).with_columns(visits=pl.lit(3.0), city=pl.lit("north"), member=pl.lit(True), age=pl.lit(None))
    assert {b.feature for b in bins_of(frame, small_catalogue())} == {"orders", "clicks"}


def test_a_level_of_few_accounts_is_any_other() -> None:
    frame = leads(1_000).with_columns(city=pl.when(pl.int_range(pl.len()) < 4).then(pl.lit("islet")).otherwise("city"))
    city = next(b for b in bins_of(frame, small_catalogue()) if b.feature == "city")
    assert "islet" not in city.levels
    assert codes_of(frame, [city])[0][:4].tolist() == [city.size - 1] * 4


def test_not_applicable_is_not_missing(fitted: Fitted) -> None:
    bins = bins_of(fitted.snapshot, fitted.catalogue)
    place = next(n for n, b in enumerate(bins) if b.feature == "notebook_runs_30d")
    codes = codes_of(fitted.snapshot, bins)[place]
    applies = fitted.snapshot["product_usage_applicable"].to_numpy()
    missing = fitted.snapshot["notebook_runs_30d"].is_null().to_numpy()
    assert (codes[~applies] == NOTHING).all()
    assert ((codes == MISSING) == (applies & missing)).all()


@given(st.floats(allow_nan=True) | st.none(), st.lists(st.integers(-5, 5), min_size=1, max_size=6, unique=True))
def test_every_number_has_the_bin_of_the_thresholds_that_it_reaches(value: float | None, steps: list[int]) -> None:
    thresholds = tuple(float(step) for step in sorted(steps))
    bins = Bins("x", Kind.NUMERIC, None, thresholds=thresholds)
    code = pl.DataFrame({"x": [value]}, schema={"x": pl.Float64}).select(bins.code()).item()
    known = value is not None and not np.isnan(value)
    assert code == (FIRST + sum(value >= step for step in thresholds) if known else MISSING)
