from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seg_assets.segmentation.balance import balance_weights, principal_axes
from seg_assets_tests.shared import shared_file

ACTIVE_GROUPS = {"before shaking": 5, "visual": 3, "after shaking": 10, "taste": 9}


def test_balanced_groups_have_the_eigenvalues_of_multiple_factor_analysis() -> None:
    """FactoMineR's own example, computed with R: groups of 5, 3, 10 and 9 columns after two categorical ones."""
    wine = pl.read_csv(shared_file("golden/factominer_wine.csv")).select(pl.selectors.numeric()).to_numpy()
    standardised = (wine - wine.mean(axis=0)) / wine.std(axis=0)
    blocks, start = {}, 0
    for name, columns in ACTIVE_GROUPS.items():
        blocks[name] = standardised[:, start : start + columns]
        start += columns
    weights = balance_weights(blocks)
    eigenvalues, _ = principal_axes(np.hstack([block * weights[name] for name, block in blocks.items()]))
    expected = json.loads(shared_file("golden/reference.json").read_text())["mfa_wine"]["eig"]
    np.testing.assert_allclose(eigenvalues[: len(expected)], expected, atol=1e-6)


@given(st.integers(1, 6), st.floats(0.01, 1000), st.integers(0, 2**32 - 1))
def test_each_balanced_group_has_a_strongest_axis_of_variance_one(columns: int, size: float, seed: int) -> None:
    block = size * np.random.default_rng(seed).normal(size=(30, columns))
    weight = balance_weights({"group": block})["group"]
    assert principal_axes(block * weight)[0][0] == pytest.approx(1.0)


def test_a_group_without_variation_keeps_its_weight() -> None:
    assert balance_weights({"constant": np.ones((5, 2))}) == {"constant": 1.0}


def test_axes_do_not_depend_on_the_sign_that_the_solver_happened_to_find() -> None:
    table = np.random.default_rng(0).normal(size=(50, 4)) @ np.diag([4, 3, 2, 1])
    axes = principal_axes(table)[1]
    assert (axes[np.abs(axes).argmax(axis=0), range(4)] > 0).all()
    np.testing.assert_allclose(axes.T @ axes, np.eye(4), atol=1e-12)
