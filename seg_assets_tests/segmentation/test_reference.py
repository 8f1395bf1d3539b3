from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seg_assets.catalogs import Catalogue, default_catalogue
from seg_assets.segmentation import CatalogueChange, Reference
from seg_assets_tests.segmentation.conftest import Fitted
from seg_assets_tests.segmentation.population import population
from seg_assets_tests.segmentation.small_catalogue import small_catalogue


def test_indices_are_whole_numbers_from_0_to_100_and_never_missing(fitted: Fitted) -> None:
    reference = fitted.preprocessor.reference
    indices = fitted.snapshot.select(reference.index_expressions())
    assert indices.columns == [index.name for index in fitted.catalogue.indices]
    for index in indices:
        assert index.dtype == pl.Float64
        assert index.null_count() == 0
        assert index.is_between(0, 100).all()
        assert (index == index.round(0)).all()


def test_the_median_account_of_the_reference_has_50(fitted: Fitted) -> None:
    indices = fitted.snapshot.select(fitted.preprocessor.reference.index_expressions())
    assert indices["engagement"].median() == pytest.approx(50, abs=1)
    assert indices["firm_size"].quantile(0.9) == pytest.approx(90, abs=2)


def test_an_index_is_0_where_its_group_does_not_apply_and_50_where_nothing_is_known(fitted: Fitted) -> None:
    usage = [feature.name for feature in fitted.catalogue.of_group("product_usage")]
    nothing = fitted.snapshot.with_columns(pl.lit(None, dtype=pl.Float64).alias(name) for name in usage)
    index = next(e for e in fitted.preprocessor.reference.index_expressions() if e.meta.output_name() == "usage_depth")
    values = nothing.select(index, "product_usage_applicable")
    assert set(values.filter("product_usage_applicable")["usage_depth"]) == {50.0}
    assert set(values.filter(~pl.col("product_usage_applicable"))["usage_depth"]) == {0.0}


def test_a_missing_feature_leaves_its_weight_to_the_others(fitted: Fitted) -> None:
    """An account with the median of everything but one stays near the middle, it does not fall."""
    reference = fitted.preprocessor.reference
    medians = fitted.snapshot.select(
        pl.selectors.numeric().median(), pl.selectors.string().exclude("account_id").mode().first()
    )
    account = medians.with_columns(pl.lit(True).alias("product_usage_applicable"))
    whole = account.select(reference.index_expressions())["engagement"][0]
    partial = account.with_columns(pl.lit(None, dtype=pl.Float64).alias("email_open_rate_90d"))
    assert abs(partial.select(reference.index_expressions())["engagement"][0] - whole) <= 5


def test_contributions_follow_the_declared_directions_and_sum_to_one(fitted: Fitted) -> None:
    table = fitted.preprocessor.reference.contributions()
    for index, feature, weight in table.iter_rows():
        assert np.sign(weight) == fitted.catalogue.feature(feature).direction, index
        assert round(weight, 2) == weight
    sums = table.group_by("index").agg(pl.col("weight").abs().sum())["weight"].to_list()
    assert sums == pytest.approx([1.0] * 7)


def test_a_feature_that_runs_against_its_declared_direction_has_no_weight() -> None:
    catalogue = small_catalogue()
    frame = population(catalogue, 2_000)
    turned = frame.with_columns(-pl.col("orders"))
    weights = dict(Reference.fit(turned, catalogue).contributions().select("feature", "weight").iter_rows())
    assert "orders" not in weights
    assert weights["visits"] > 0


@settings(max_examples=25, deadline=None)
@given(st.floats(0.5, 50))
def test_more_of_a_feature_never_lowers_its_index(factor: float) -> None:
    catalogue = small_catalogue()
    frame = population(catalogue, 500)
    reference = REFERENCES.setdefault("small", Reference.fit(frame, catalogue))
    before = frame.select(reference.index_expressions())
    more = frame.with_columns(pl.col("visits") + factor)
    after = more.select(reference.index_expressions())
    assert (after["behaviour"] >= before["behaviour"]).all()


REFERENCES: dict[str, Reference] = {}


def test_where_a_third_has_nothing_nothing_is_0_and_a_little_is_little() -> None:
    catalogue = small_catalogue()
    frame = population(catalogue, 3_000)
    idle = pl.int_range(pl.len()) % 2 == 0
    frame = frame.with_columns(
        pl.when(idle).then(0.0).otherwise(pl.col(name) + 1).alias(name) for name in ("visits", "orders", "clicks")
    )
    reference = Reference.fit(frame, catalogue)
    index = frame.select(reference.index_expressions(), idle=idle)
    assert set(index.filter("idle")["behaviour"]) == {0.0}
    assert index.filter(~pl.col("idle"))["behaviour"].median() == pytest.approx(50, abs=2)


def test_extreme_values_and_infinities_stay_within_the_scale(fitted: Fitted) -> None:
    wild = fitted.snapshot.head(3).with_columns(
        pl.Series("web_visits_30d", [np.inf, -np.inf, np.nan]), pl.Series("employee_count", [1e300, -1e300, np.nan])
    )
    indices = wild.select(fitted.preprocessor.reference.index_expressions())
    assert all(series.is_between(0, 100).all() for series in indices)


def test_an_account_far_out_in_three_features_is_unusual(fitted: Fitted) -> None:
    reference = fitted.preprocessor.reference
    assert fitted.snapshot.select(reference.unusual_expression())["unusual"].mean() < 0.02
    wild = fitted.snapshot.head(1).with_columns(
        pl.lit(1e9).alias(name) for name in ("web_visits_30d", "employee_count", "sales_touches_90d")
    )
    assert wild.select(reference.unusual_expression())["unusual"].to_list() == [True]


def test_a_reference_survives_json_exactly(fitted: Fitted) -> None:
    reference = fitted.preprocessor.reference
    assert Reference.from_dict(json.loads(json.dumps(reference.to_dict()))) == reference


def test_the_reference_names_what_a_catalogue_gained_and_lost(fitted: Fitted) -> None:
    values = default_catalogue().model_dump()
    values["features"] = [{**values["features"][0], "name": "new_feature"}, *values["features"][2:]]
    values["indices"], values["rules"] = [], []
    changed = Catalogue.model_validate(values)
    change = fitted.preprocessor.reference.change_to(changed)
    assert change == CatalogueChange(added=("new_feature",), removed=("industry", "employee_band"))


def test_without_declared_indices_each_group_with_two_ordered_features_gets_one() -> None:
    catalogue = small_catalogue()
    reference = Reference.fit(population(catalogue, 500), catalogue)
    assert [index.name for index in reference.indices] == ["behaviour"]
    assert reference.indices[0].low == "low behaviour"


def test_an_index_of_constant_features_says_what_to_change(fitted: Fitted) -> None:
    constant = fitted.snapshot.with_columns(pl.lit(1.0).alias(n) for n in ("estimated_arr", "contract_value"))
    with pytest.raises(ValueError, match=r"index .account_value. has no usable feature.*catalogue"):
        Reference.fit(constant, fitted.catalogue)


def test_an_empty_snapshot_cannot_be_a_reference(fitted: Fitted) -> None:
    with pytest.raises(ValueError, match="snapshot with accounts"):
        Reference.fit(fitted.snapshot.clear(), fitted.catalogue)


def test_a_reference_of_accounts_that_are_read_as_needed_is_the_same(fitted: Fitted, tmp_path) -> None:
    fitted.snapshot.write_parquet(tmp_path / "accounts.parquet", row_group_size=700)
    read = pl.scan_parquet(tmp_path / "accounts.parquet")
    assert Reference.fit(read, fitted.catalogue) == fitted.preprocessor.reference


def test_weights_from_sums_of_one_pass_are_those_of_the_whole_table(fitted: Fitted) -> None:
    """The first principal component of each index, computed as anyone would from all deviations at once."""
    reference = fitted.preprocessor.reference
    for index in fitted.catalogue.indices:
        scales = [reference.scale(name) for name in index.features]
        turned = [
            pl.when(scale.applies()).then(scale.standardised()).fill_null(0.0).alias(scale.feature)
            * fitted.catalogue.feature(scale.feature).direction
            for scale in scales
            if scale is not None and fitted.catalogue.feature(scale.feature).direction
        ]
        table = fitted.snapshot.select(turned)
        loadings = np.linalg.eigh(np.cov(table.to_numpy().T, bias=True).reshape(table.width, -1))[1][:, -1]
        loadings = np.maximum(loadings * np.sign(loadings.sum()), 0)
        shares = dict(zip(table.columns, 100 * loadings / loadings.sum(), strict=True))
        (found,) = (each for each in reference.indices if each.name == index.name)
        # The largest weight takes what rounding the others left over.
        assert all(abs(abs(c.hundredths) - shares[c.feature]) < 0.5 * len(shares) for c in found.contributions)
        assert {c.feature for c in found.contributions} == {name for name, share in shares.items() if share > 0.5}
