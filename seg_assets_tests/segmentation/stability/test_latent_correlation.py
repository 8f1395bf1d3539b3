from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from seg_assets.segmentation.stability.latent_correlation import latent_correlations, positive_root, rank_correlations


def normal(correlation: float, rows: int = 20_000, seed: int = 0) -> np.ndarray:
    matrix = np.array([[1.0, correlation], [correlation, 1.0]])
    return np.random.default_rng(seed).standard_normal((rows, 2)) @ positive_root(matrix)


def cut(values: np.ndarray, *thresholds: float) -> np.ndarray:
    return np.searchsorted(np.array(thresholds), values).astype(np.intp)


def counted(codes: list[np.ndarray]) -> list[np.ndarray]:
    return [np.bincount(code[code >= 0]) for code in codes]


@settings(max_examples=15, deadline=None)
@example(0.75, -1.0, 0.0)
@given(st.floats(-0.95, 0.95), st.floats(-1.2, 1.2), st.floats(-1.2, 1.2))
def test_the_correlation_behind_cut_values_is_found(correlation: float, first: float, second: float) -> None:
    """A flag and a count with many zeros hide most of a correlation; what is behind them is found again."""
    table = normal(correlation)
    codes = [cut(table[:, 0], first), cut(table[:, 1], second, second + 0.5, second + 1)]
    counts = counted(codes)
    shown = rank_correlations(codes, counts)
    assert abs(shown[0, 1]) <= abs(correlation) + 0.03
    assert latent_correlations(shown, counts)[0, 1] == pytest.approx(correlation, abs=0.1)


def test_without_ties_nothing_is_hidden() -> None:
    table = normal(0.7)
    codes = [np.argsort(np.argsort(column)).astype(np.intp) for column in table.T]
    counts = counted(codes)
    shown = rank_correlations(codes, counts)
    assert shown[0, 1] == pytest.approx(0.7, abs=0.01)
    assert latent_correlations(shown, counts)[0, 1] == pytest.approx(shown[0, 1], abs=1e-3)


def test_rows_that_lack_either_column_do_not_count() -> None:
    table = normal(0.6, 4_000)
    codes = [cut(column, -1.0, 0.0, 1.0) for column in table.T]
    whole = rank_correlations(codes, counted(codes))
    gaps = np.arange(4_000) % 2 == 0
    with_gaps = [np.where(gaps, -1, codes[0]), codes[1]]
    half = [code[~gaps] for code in codes]
    found = rank_correlations(with_gaps, counted(codes))
    assert found[0, 1] == pytest.approx(rank_correlations(half, counted(codes))[0, 1], abs=1e-12)
    assert found[0, 1] == pytest.approx(whole[0, 1], abs=0.05)


def test_a_column_without_variation_correlates_with_nothing() -> None:
    codes = [np.zeros(50, dtype=np.intp), np.arange(50)]
    shown = rank_correlations(codes, counted(codes))
    assert shown[0, 1] == 0
    assert latent_correlations(shown, counted(codes))[0, 1] == pytest.approx(0.0, abs=1e-6)


def test_columns_that_exclude_each_other_still_give_a_correlation_matrix() -> None:
    """Three flags of which each account has exactly one: no three normal variables do that."""
    kind = np.random.default_rng(0).integers(3, size=3_000)
    codes = [(kind == flag).astype(np.intp) for flag in range(3)]
    shown = rank_correlations(codes, counted(codes))
    found = latent_correlations(shown, counted(codes))
    assert np.diag(found) == pytest.approx(np.ones(3))
    assert np.linalg.eigvalsh(found).min() > -1e-9
    assert found[0, 1] == pytest.approx(found[1, 2], abs=0.05)
    assert found[0, 1] < -0.4


def test_the_root_gives_the_matrix_back_and_is_symmetric() -> None:
    matrix = np.array([[1.0, 0.5, 0.2], [0.5, 1.0, -0.3], [0.2, -0.3, 1.0]])
    root = positive_root(matrix)
    assert root @ root == pytest.approx(matrix)
    assert root == pytest.approx(root.T)
