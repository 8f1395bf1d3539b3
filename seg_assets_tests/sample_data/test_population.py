"""What one Monday looks like: the catalogue's columns, ranges and rules, missingness, tails, families, categories."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from seg_assets.catalogs import Catalogue, Kind
from seg_assets.sample_data import SNAPSHOT_SOURCES, snapshot

from .conftest import ACCOUNTS, MONDAY, SEED

Frames = dict[str, pl.DataFrame]


def test_every_source_has_the_columns_of_the_catalogue_in_its_order(frames: Frames, catalogue: Catalogue):
    assert tuple(frames) == SNAPSHOT_SOURCES
    for source in catalogue.sources:
        names = [feature.name for feature in catalogue.of_source(source.name)]
        assert frames[source.name].columns == ["account_id", "snapshot_date", *names]
    assert len(catalogue.features) == 58


def test_types_are_plain(frames: Frames, catalogue: Catalogue):
    allowed = {
        Kind.NUMERIC: {pl.Int64, pl.Float64},
        Kind.BOOLEAN: {pl.Boolean},
        Kind.CATEGORICAL: {pl.String},
        Kind.ORDINAL: {pl.String},
    }
    for feature in catalogue.features:
        assert frames[feature.source].schema[feature.name] in allowed[feature.kind], feature.name
    for frame in frames.values():
        assert frame.schema["account_id"] == pl.String
        assert frame["snapshot_date"].unique().to_list() == [MONDAY]


def test_an_account_has_one_row_a_source(frames: Frames):
    for frame in frames.values():
        assert frame["account_id"].is_unique().all()
        assert frame["account_id"].null_count() == 0


def test_the_population_has_the_size_asked_for_and_grows_by_about_15_percent_a_year(frames: Frames):
    before = snapshot(date(2025, 7, 21), accounts=ACCOUNTS, seed=SEED)["sales_lifecycle"].height
    assert frames["sales_lifecycle"].height == ACCOUNTS
    assert 0.10 < ACCOUNTS / before - 1 < 0.20


def test_undisturbed_values_meet_every_expectation(whole: pl.DataFrame, catalogue: Catalogue):
    for feature in catalogue.features:
        values = whole[feature.name].drop_nulls()
        if feature.kind is Kind.NUMERIC:
            assert values.is_finite().all(), feature.name
            assert feature.expectations.minimum is None or values.min() >= feature.expectations.minimum, feature.name
            assert feature.expectations.maximum is None or values.max() <= feature.expectations.maximum, feature.name
        if feature.levels:
            assert set(values.unique()) <= {*feature.levels, *feature.unordered_levels}, feature.name


def test_undisturbed_rows_meet_every_rule(whole: pl.DataFrame, catalogue: Catalogue):
    for rule in catalogue.rules:
        assert whole.filter(~pl.sql_expr(rule.must)).is_empty(), rule.name


def test_missingness_is_the_contracts_to_half_a_point(whole: pl.DataFrame, frames: Frames):
    buyers = whole.filter(pl.col("lifecycle_stage").is_in(["customer", "churned"]))
    assert buyers["api_calls_30d"].null_count() / buyers.height == pytest.approx(0.18, abs=0.005)
    assert whole["industry"].null_count() / whole.height == pytest.approx(0.11, abs=0.005)
    assert whole["web_visits_30d"].null_count() / whole.height == pytest.approx(0.06, abs=0.005)
    trials = whole.filter(pl.col("lifecycle_stage") == "trial")
    assert trials["api_calls_30d"].null_count() == 0
    for source, column in {"firmographics": "industry", "product_usage": "api_calls_30d"}.items():
        blank = frames[source][column].null_count()
        assert blank > 50
        assert whole[column].null_count() > blank + 50


def test_a_group_is_missing_as_a_whole(whole: pl.DataFrame, catalogue: Catalogue):
    for group in catalogue.groups:
        counts = {whole[feature.name].null_count() for feature in catalogue.of_group(group.name)}
        assert len(counts) == 1, group.name


def test_leads_have_no_row_of_usage(frames: Frames, whole: pl.DataFrame):
    before = whole.filter(pl.col("lifecycle_stage").is_in(["lead", "mql"]))["account_id"]
    assert not frames["product_usage"]["account_id"].is_in(before.implode()).any()


def test_lifecycle_shares_are_about_those_of_the_contract(whole: pl.DataFrame):
    shares = dict(whole["lifecycle_stage"].value_counts(normalize=True).rows())
    expected = {"lead": 0.45, "mql": 0.20, "trial": 0.05, "customer": 0.24, "churned": 0.06}
    for stage, share in expected.items():
        assert shares[stage] == pytest.approx(share, abs=0.045), stage


def test_categories_have_many_values_of_uneven_frequency(whole: pl.DataFrame):
    for column, values in {"industry": 115, "country": 85, "lead_source": 38}.items():
        counts = whole[column].drop_nulls().value_counts(sort=True)["count"]
        assert counts.len() >= values, column
        assert counts[0] > 20 * counts[-1], column
    assert whole["industry"].drop_nulls().n_unique() <= 135


def test_spend_and_usage_have_heavy_tails(whole: pl.DataFrame):
    heavy = ("contract_value", "dbu_consumed_30d", "model_serving_requests_30d", "api_calls_30d", "annual_revenue_usd")
    for column in heavy:
        values = whole.filter(pl.col(column) > 0)[column]
        assert values.mean() > 2.2 * values.median(), column
        assert values.quantile(0.99) > 20 * values.median(), column


def test_usage_counts_follow_one_another_closely(whole: pl.DataFrame, catalogue: Catalogue):
    names = [feature.name for feature in catalogue.of_group("product_usage")]
    assert len(names) == 16
    users = whole.filter(pl.col("lifecycle_stage") == "customer").select(names).drop_nulls()
    strength = np.abs(np.corrcoef(np.log1p(users.to_numpy().astype(np.float64)), rowvar=False))
    assert np.median(strength[np.triu_indices(16, 1)]) > 0.6


def test_no_two_groups_of_accounts_stand_apart(whole: pl.DataFrame):
    """Firm size, web visits and usage each have one hump: the sub-populations overlap."""
    for column in ("employee_count", "web_visits_30d", "dbu_consumed_30d"):
        values = np.log1p(whole.filter(pl.col(column) > 20)[column].to_numpy().astype(np.float64))
        counts = np.convolve(np.histogram(values, bins=12)[0], np.ones(3) / 3, mode="valid")
        top = int(counts.argmax())
        assert np.all(np.diff(counts[: top + 1]) > -0.02 * counts.max()), column
        assert np.all(np.diff(counts[top:]) < 0.02 * counts.max()), column


def test_sales_motion_follows_firm_size(whole: pl.DataFrame):
    median = dict(whole.group_by("sales_motion").agg(pl.col("employee_count").median()).rows())
    assert 5 * median["self_serve"] < median["commercial"] < median["enterprise"] / 5


def test_industry_is_related_to_traits(whole: pl.DataFrame):
    tools = whole.group_by("industry").agg(pl.col("tech_stack_count").mean(), pl.len()).filter(pl.col("len") > 100)
    assert tools["tech_stack_count"].max() > 1.4 * tools["tech_stack_count"].min()


def test_families_are_alike(frames: Frames, whole: pl.DataFrame):
    master = frames["account_master"]
    assert master["parent_account_id"].is_in(master["account_id"].implode()).all()
    joined = whole.join(master.select("account_id", "parent_account_id"), on="account_id")
    size = pl.col("employee_count").log()
    children = joined.filter(pl.col("account_id") != pl.col("parent_account_id")).select("parent_account_id", a=size)
    parents = joined.select(pl.col("account_id").alias("parent_account_id"), b=size)
    pairs = children.join(parents, on="parent_account_id").drop_nulls()
    assert 0.08 < children.height / joined.height < 0.18
    assert pairs.select(pl.corr("a", "b")).item() > 0.15


def test_only_customers_pay(whole: pl.DataFrame):
    customer = pl.col("lifecycle_stage") == "customer"
    assert whole.filter(customer)["contract_value"].min() > 0
    assert whole.filter(~customer)["contract_value"].max() == 0


def test_a_snapshot_depends_on_nothing_but_its_arguments(frames: Frames):
    snapshot(date(2025, 1, 27), accounts=300, seed=1)
    again = snapshot(MONDAY, accounts=ACCOUNTS, seed=SEED)
    assert all(again[source].equals(frames[source]) for source in SNAPSHOT_SOURCES)


def test_another_seed_is_another_population(frames: Frames):
    other = snapshot(MONDAY, accounts=ACCOUNTS, seed=SEED + 1)
    assert not other["account_value"].equals(frames["account_value"])


@pytest.mark.parametrize(
    ("monday", "words"),
    [(MONDAY + timedelta(1), "Tuesday.*2026-07-20"), (date(2015, 1, 5), "2024-01-01 to 2026-12-28")],
)
def test_a_day_that_cannot_be_is_refused(monday: date, words: str):
    with pytest.raises(ValueError, match=words):
        snapshot(monday, accounts=200, seed=1)


def test_too_few_accounts_are_refused():
    with pytest.raises(ValueError, match="at least 100"):
        snapshot(MONDAY, accounts=10, seed=1)
