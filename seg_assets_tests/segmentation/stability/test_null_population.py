from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seg_assets.segmentation import Preprocessor, fit
from seg_assets.segmentation.stability.clusterer import free_kmeans
from seg_assets.segmentation.stability.null_population import GaussianCopula
from seg_assets.segmentation.stability.prediction_strength import prediction_strengths
from seg_assets.segmentation.stability.split_halves import split_halves
from seg_assets_tests.segmentation.conftest import Fitted
from seg_assets_tests.segmentation.population import population
from seg_assets_tests.segmentation.small_catalogue import small_catalogue
from seg_assets_tests.segmentation.stability.blobs import GROUPED, planted


@pytest.fixture(scope="module")
def copula(fitted: Fitted) -> GaussianCopula:
    return GaussianCopula.fit(fitted.snapshot, fitted.catalogue)


@pytest.fixture(scope="module")
def null(copula: GaussianCopula) -> pl.DataFrame:
    return copula.draw(1)


def correlations(frame: pl.DataFrame, names: list[str]) -> np.ndarray:
    """Spearman, each pair by the rows that have both."""
    found = np.eye(len(names))
    for i, one in enumerate(names):
        for j, other in enumerate(names[:i]):
            pair = frame.select(one, other).drop_nulls()
            found[i, j] = found[j, i] = pair.select(pl.corr(one, other, method="spearman")).item() or 0.0
    return found


def test_every_column_has_the_same_values_as_often(fitted: Fitted, null: pl.DataFrame) -> None:
    """Ties, zeros, levels and gaps included; ids and dates are the snapshot's own."""
    assert null.schema == fitted.snapshot.schema
    for name in null.columns:
        assert null[name].sort().equals(fitted.snapshot[name].sort()), name
    assert null.select("account_id", "snapshot_date").equals(fitted.snapshot.select("account_id", "snapshot_date"))
    assert not null["web_visits_30d"].equals(fitted.snapshot["web_visits_30d"])


def test_rank_correlations_are_kept(fitted: Fitted, null: pl.DataFrame) -> None:
    names = [f.name for f in fitted.catalogue.features if fitted.snapshot[f.name].dtype.is_numeric()]
    off = correlations(null, names) - correlations(fitted.snapshot, names)
    assert np.sqrt((off**2).mean()) < 0.03
    assert np.abs(off).max() < 0.15


def test_levels_go_with_numbers_as_before(fitted: Fitted, null: pl.DataFrame) -> None:
    """By the share of the ranks' variance that lies between the levels."""

    def tied(frame: pl.DataFrame) -> float:
        ranks = frame.drop_nulls(["employee_band", "employee_count"]).with_columns(pl.col("employee_count").rank())
        between = ranks.with_columns(pl.col("employee_count").mean().over("employee_band"))
        return between["employee_count"].var() / ranks["employee_count"].var()

    assert tied(null) == pytest.approx(tied(fitted.snapshot), abs=0.1)


def test_gaps_of_a_group_stay_together_and_applicability_follows_its_column(fitted: Fitted, null: pl.DataFrame) -> None:
    usage = [feature.name for feature in fitted.catalogue.of_group("product_usage")]
    condition = fitted.catalogue.group("product_usage").applicable_when
    assert condition is not None
    assert null["product_usage_applicable"].equals(
        null["lifecycle_stage"].is_in(list(condition.values)).fill_null(False), check_names=False
    )
    assert null.filter(~pl.col("product_usage_applicable")).select(usage).null_count().row(0) == (
        (~null["product_usage_applicable"]).sum(),
    ) * len(usage)
    known = null.filter("product_usage_applicable").select(pl.sum_horizontal(pl.col(usage).is_null())).to_series()
    assert set(known) == {0, len(usage)}


def test_a_draw_depends_on_the_seed_alone(copula: GaussianCopula, null: pl.DataFrame) -> None:
    assert copula.draw(1).equals(null)
    assert not copula.draw(2).equals(null)


def test_the_whole_pipeline_runs_on_a_null_population(fitted: Fitted, null: pl.DataFrame) -> None:
    frame = null.head(1_500)
    preprocessor = Preprocessor.fit(frame, fitted.catalogue, fitted.preprocessor.reference)
    segmentation = fit(frame, fitted.catalogue, None, None, preprocessor=preprocessor)
    assert segmentation.assign(frame).collect()["segment_id"].null_count() == 0


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.integers(4, 60), st.floats(0, 0.9))
def test_marginals_survive_whatever_the_frame(seed: int, accounts: int, missing: float) -> None:
    """Few accounts, columns of one value, of nulls only, NaN, and numbers that are no feature of the catalogue."""
    random = np.random.default_rng(seed)
    catalogue = small_catalogue()
    frame = population(catalogue, accounts, seed=seed).with_columns(
        pl.when(pl.Series(random.random(accounts) >= missing)).then("visits").alias("visits"),
        pl.when(pl.Series(random.random(accounts) >= missing)).then("city").alias("city"),
        pl.lit(3.0).alias("orders") if seed % 2 else pl.lit(None, dtype=pl.Float64).alias("orders"),
        converted=pl.Series(random.random(accounts) < 0.3),
        clicks=pl.when(pl.Series(random.random(accounts) < 0.1)).then(float("nan")).otherwise("clicks"),
    )
    null = GaussianCopula.fit(frame, catalogue).draw(seed)
    assert null.schema == frame.schema
    for name in frame.columns:
        expected = frame[name].fill_nan(None) if frame[name].dtype.is_float() else frame[name]
        assert null[name].sort().equals(expected.sort()), name


def strength(frame: pl.DataFrame, seed: int) -> float:
    table = frame.select(GROUPED).to_numpy()
    (splits,) = split_halves(table, free_kmeans((3,), starts=5), splits=5, half=1_000, seed=seed)
    return float(prediction_strengths(splits).mean())


def test_planted_groups_are_gone_and_a_continuum_loses_nothing() -> None:
    catalogue = small_catalogue()
    groups = planted(600)
    nulls = [strength(GaussianCopula.fit(groups, catalogue).draw(seed), seed) for seed in range(4)]
    assert strength(groups, 0) > 0.97 > 0.9 > max(nulls)
    random = np.random.default_rng(0)
    shared = random.normal(size=600)
    continuum = groups.with_columns(pl.Series(n, shared + random.normal(size=600)) for n in GROUPED)
    nulls = [strength(GaussianCopula.fit(continuum, catalogue).draw(seed), seed) for seed in range(4)]
    assert strength(continuum, 0) == pytest.approx(np.mean(nulls), abs=0.15)
