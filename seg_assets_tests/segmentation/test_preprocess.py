from __future__ import annotations

import json
import re

import numpy as np
import polars as pl
import pytest

from seg_assets.segmentation import Preprocessor, Reference
from seg_assets.segmentation.balance import first_singular_value
from seg_assets.segmentation.levels import level_profiles
from seg_assets_tests.segmentation.conftest import Fitted
from seg_assets_tests.segmentation.population import population
from seg_assets_tests.segmentation.small_catalogue import small_catalogue


def test_coordinates_are_finite_small_floats_with_safe_names(fitted: Fitted) -> None:
    table = fitted.preprocessor.transform(fitted.snapshot)
    coordinates = table.drop("account_id")
    assert set(coordinates.dtypes) == {pl.Float32}
    assert np.isfinite(coordinates.to_numpy()).all()
    assert all(re.fullmatch(r"x_[a-z0-9_]+", name) for name in coordinates.columns)
    assert len({name.lower() for name in coordinates.columns}) == coordinates.width
    assert table["account_id"].equals(fitted.snapshot["account_id"])


def test_no_group_outvotes_another(fitted: Fitted) -> None:
    """Sixteen usage counts that rise and fall together have one strongest axis of variance 1, like every group."""
    table = fitted.preprocessor.transform(fitted.snapshot)
    for group in fitted.catalogue.groups:
        names = [c.name for c in fitted.preprocessor.coordinates if c.group == group.name]
        assert first_singular_value(table.select(names).to_numpy().astype(float)) == pytest.approx(1.0, abs=1e-3)


def test_missing_is_the_middle_and_apart_from_not_applicable(fitted: Fitted) -> None:
    applicable = fitted.snapshot.filter("product_usage_applicable").head(1)
    usage = [feature.name for feature in fitted.catalogue.of_group("product_usage")]
    missing = applicable.with_columns(pl.lit(None, dtype=pl.Float64).alias(name) for name in usage)
    elsewhere = missing.with_columns(product_usage_applicable=False)
    names = [c.name for c in fitted.preprocessor.coordinates if c.group == "product_usage"]
    indicator = "x_product_usage_not_applicable"
    of_missing = fitted.preprocessor.transform(missing).select(names)
    of_elsewhere = fitted.preprocessor.transform(elsewhere).select(names)
    assert set(of_missing.drop(indicator).row(0)) == {0.0}
    assert of_missing[indicator][0] < 0 < of_elsewhere[indicator][0]
    assert of_missing.drop(indicator).equals(of_elsewhere.drop(indicator))


def test_a_level_that_nobody_has_seen_counts_as_other() -> None:
    catalogue = small_catalogue()
    frame = population(catalogue, 2_000)
    rare = pl.when(pl.int_range(pl.len()) < 80).then(pl.format("village {}", pl.int_range(pl.len()))).otherwise("city")
    frame = frame.with_columns(rare.alias("city"))
    preprocessor = Preprocessor.fit(frame, catalogue, Reference.fit(frame, catalogue))
    names = [c.name for c in preprocessor.coordinates if c.feature == "city" and c.coding in ("level", "other")]
    assert "x_city_other" in names
    assert not any("village" in name for name in names)
    table = preprocessor.transform(frame.head(2).with_columns(pl.Series("city", ["village 3", "atlantis"])))
    assert table.select(names).row(0) == table.select(names).row(1)


def test_a_category_of_over_a_hundred_levels_stays_useful(fitted: Fitted) -> None:
    codings = {c.coding for c in fitted.preprocessor.coordinates if c.feature == "industry"}
    assert "profile" in codings
    profile = next(c for c in fitted.preprocessor.coordinates if c.name == "x_industry_profile_1")
    table = fitted.preprocessor.transform(fitted.snapshot)
    size = fitted.snapshot["employee_count"].fill_null(0).log1p().alias("size")
    correlation = table.with_columns(size).select(pl.corr(profile.name, "size")).item()
    assert abs(correlation) > 0.2


def test_levels_that_do_not_differ_have_no_profile() -> None:
    random = np.random.default_rng(0)
    levels = pl.Series("level", [f"L{n}" for n in random.integers(0, 40, 4_000)])
    assert level_profiles(levels, random.normal(size=(4_000, 5))) == ()


def test_small_levels_stay_nearer_to_the_middle_than_large_ones_that_look_the_same() -> None:
    """Three accounts that happen to be large do not make an industry of large firms."""
    random = np.random.default_rng(1)
    levels = pl.Series("level", ["large"] * 500 + ["tiny"] * 3 + ["rest"] * 3_000)
    shift = np.repeat([1.0, 1.0, 0.0], [500, 3, 3_000])
    numbers = shift[:, None] + random.normal(size=(3_503, 1))
    numbers[500:503] = 1.0
    profile = level_profiles(levels, numbers)[0]
    place = dict(zip(profile.levels, profile.values, strict=True))
    assert abs(place["tiny"] - place["rest"]) < abs(place["large"] - place["rest"])


def test_a_preprocessor_survives_json_exactly(fitted: Fitted) -> None:
    restored = Preprocessor.from_dict(json.loads(json.dumps(fitted.preprocessor.to_dict())))
    assert restored == fitted.preprocessor
    assert restored.transform(fitted.snapshot).equals(fitted.preprocessor.transform(fitted.snapshot))


def test_the_order_of_rows_does_not_change_the_fit(fitted: Fitted) -> None:
    reference = fitted.preprocessor.reference
    assert Preprocessor.fit(fitted.snapshot.reverse(), fitted.catalogue, reference) == fitted.preprocessor


def test_a_snapshot_where_nothing_varies_has_no_usable_features() -> None:
    catalogue = small_catalogue()
    frame = population(catalogue, 300)
    reference = Reference.fit(frame, catalogue)
    empty = frame.with_columns(pl.lit(None, dtype=frame[f.name].dtype).alias(f.name) for f in catalogue.features)
    table = Preprocessor.fit(empty, catalogue, reference).transform(empty)
    assert set(table.drop("account_id").to_numpy().ravel()) == {0.0}
    blank = Reference(features=catalogue.feature_names, scales=(), indices=())
    with pytest.raises(ValueError, match="no usable features"):
        Preprocessor.fit(empty, catalogue, blank)
