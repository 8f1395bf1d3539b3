from __future__ import annotations

import polars as pl
import pytest

from seg_assets.segmentation.definitions import Box, Condition, Definition, Test
from seg_assets.segmentation.known import known, shares_known
from seg_assets_tests.segmentation.conftest import Fitted


@pytest.fixture(scope="module")
def accounts(fitted: Fitted) -> pl.DataFrame:
    """Four accounts: as they landed with every value, without firm sizes, without anything, and one not using."""
    full = fitted.snapshot.filter(pl.col("product_usage_applicable"), pl.all_horizontal(pl.all().is_not_null())).head(1)
    names = fitted.catalogue.feature_names
    firms = [feature.name for feature in fitted.catalogue.of_group("firmographic")]
    usage = [feature.name for feature in fitted.catalogue.of_group("product_usage")]
    return pl.concat(
        [
            full,
            full.with_columns(pl.lit(None).alias(name) for name in firms),
            full.with_columns(pl.lit(None).alias(name) for name in names),
            full.with_columns(pl.lit(None).alias(name) for name in usage).with_columns(product_usage_applicable=False),
        ],
        how="vertical_relaxed",
    )


def told(fitted: Fitted, accounts: pl.DataFrame, *columns: str) -> list[bool]:
    return accounts.select(known(columns, fitted.catalogue, fitted.segmentation.index_set)).to_series().to_list()


def test_an_index_is_known_where_half_of_its_weight_is(fitted: Fitted, accounts: pl.DataFrame) -> None:
    assert told(fitted, accounts, "firm_size") == [True, False, False, True]


def test_what_does_not_apply_is_known(fitted: Fitted, accounts: pl.DataFrame) -> None:
    assert told(fitted, accounts, "usage_depth") == [True, True, False, True]


def test_a_feature_is_known_where_it_has_a_value(fitted: Fitted, accounts: pl.DataFrame) -> None:
    assert told(fitted, accounts, "lifecycle_stage") == [True, True, False, True]


def test_intent_is_known_where_half_of_its_points_can_be_given(fitted: Fitted, accounts: pl.DataFrame) -> None:
    assert told(fitted, accounts, "intent")[0] is True
    assert told(fitted, accounts, "intent")[2] is False


def test_several_columns_have_to_be_known_all(fitted: Fitted, accounts: pl.DataFrame) -> None:
    assert told(fitted, accounts, "lifecycle_stage", "firm_size") == [True, False, False, True]
    assert accounts.select(known((), fitted.catalogue, fitted.segmentation.index_set)).item() is True


def test_shares_are_of_the_segments_own_accounts(fitted: Fitted, accounts: pl.DataFrame) -> None:
    size = Condition("firm_size", Test.AT_LEAST, 50.0)
    definitions = [Definition((Box((size,)),)), Definition((Box((size.negation,)),)), Definition((Box(()),))]
    code = pl.Series([0, 0, 1, 1], dtype=pl.UInt32)
    shares = shares_known(accounts, code, definitions, fitted.catalogue, fitted.segmentation.index_set)
    assert shares == [0.5, 0.5, 0.0]
