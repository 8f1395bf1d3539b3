"""A population that is too large is learned from by a sample that anyone can take again: each stratum in proportion."""

from __future__ import annotations

import duckdb
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seg_assets.catalogs import default_catalogue
from seg_assets.segmentation.stratified import Sampled, id_codes, strata_expressions, stratified_sample


def accounts_in(*sizes: int) -> pl.DataFrame:
    """Accounts of as many strata; the first stratum is null."""
    motions = [None if stratum == 0 else f"motion {stratum}" for stratum, size in enumerate(sizes) for _ in range(size)]
    ids = [f"A{number:06d}" for number in range(len(motions))]
    return pl.DataFrame({"account_id": ids, "motion": pl.Series(motions, dtype=pl.String)})


def taken(sampled: Sampled) -> set[str]:
    return set(sampled.ids)


POPULATIONS = st.lists(st.integers(1, 90), min_size=1, max_size=6).map(lambda sizes: accounts_in(*sizes))


@settings(max_examples=40)
@given(POPULATIONS, st.integers(1, 300), st.randoms(use_true_random=False))
def test_any_order_of_rows_gives_the_same_accounts(accounts, most, random) -> None:
    order = list(range(accounts.height))
    random.shuffle(order)
    assert taken(stratified_sample(accounts, most)) == taken(stratified_sample(accounts[order], most))


@settings(max_examples=40)
@given(POPULATIONS, st.integers(1, 300), st.integers(0, 100))
def test_a_larger_sample_contains_a_smaller_one(accounts, most, more) -> None:
    smaller, larger = stratified_sample(accounts, most), stratified_sample(accounts, most + more)
    assert len(smaller.ids) == min(most, accounts.height)
    assert taken(smaller) <= taken(larger)


@settings(max_examples=40)
@given(POPULATIONS, st.integers(1, 300))
def test_each_stratum_has_its_share_rounded(accounts, most) -> None:
    """One multiple of all sizes, each rounded, gives the numbers taken: nothing needs weights."""
    sampled = stratified_sample(accounts, most)
    sizes, counts = sampled.strata["accounts"].to_numpy(), sampled.strata["sampled"].to_numpy()
    assert sizes.sum() == sampled.population == accounts.height
    assert counts.sum() == len(sampled.ids)
    if most < accounts.height:
        assert ((counts - 0.5) / sizes).max() <= ((counts + 0.5) / sizes).min() + 1e-12


def test_the_shares_of_real_strata_are_within_one_account() -> None:
    accounts = accounts_in(6_000, 3_000, 900, 77, 20, 3)
    sampled = stratified_sample(accounts, 1_234)
    expected = sampled.strata["accounts"].cast(pl.Float64) * 1_234 / accounts.height
    assert (sampled.strata["sampled"] - expected).abs().max() < 1
    counted = accounts.filter(pl.col("account_id").is_in(sampled.ids.implode()))["motion"].value_counts(name="sampled")
    told = sampled.strata.filter(pl.col("sampled") > 0)
    assert dict(counted.iter_rows()) == dict(told.select("motion", "sampled").iter_rows())


def test_the_order_is_one_that_other_engines_have() -> None:
    """The MD5 of `a` begins with 0cc175b9c0f1b6 (RFC 1321); DuckDB computes the same of any text."""
    assert id_codes(pl.Series(["a"])).to_list() == [0x0CC175B9C0F1B6]
    accounts = pl.DataFrame({"account_id": ["", "A1", "Zürich", "a b", "001", "\N{SNOWMAN}"]})
    told = duckdb.sql("SELECT ('0x' || substr(md5(account_id), 1, 14))::BIGINT AS code FROM accounts").pl()
    assert id_codes(accounts["account_id"]).to_list() == told["code"].to_list()


def test_strata_are_what_names_open_with_and_the_digits_of_the_value() -> None:
    catalogue = default_catalogue()
    values = [None, 0.0, 5.0, 10.0, 99.5, 1e12, float("nan"), float("inf"), -3.0]
    features = {name: pl.Series([None] * len(values), dtype=pl.String) for name in catalogue.name_features}
    frame = pl.DataFrame(
        {"account_id": [str(n) for n in range(len(values))], catalogue.value_feature: values} | features
    )
    strata = frame.select(strata_expressions(catalogue))
    assert strata.columns[:-1] == list(catalogue.name_features)
    assert strata.to_series(-1).to_list() == [None, 0, 1, 2, 2, 10, None, None, 0]


@pytest.mark.parametrize("most", [5, 50])
def test_without_strata_the_sample_is_the_beginning_of_the_order(most: int) -> None:
    accounts = accounts_in(40).select("account_id")
    order = np.argsort(id_codes(accounts["account_id"]).to_numpy())
    assert stratified_sample(accounts, most).ids.to_list() == accounts["account_id"][order[:most]].to_list()
