from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from seg_assets.segmentation.conversion.families import common_families, dealt, drawn_families, effective_families


def test_each_draw_has_as_many_families_as_there_are() -> None:
    drawn = list(drawn_families(30, 120, seed=1))
    assert [part.shape for part in drawn] == [(30, 50), (30, 50), (30, 20)]
    assert all((part.sum(axis=0) == 30).all() for part in drawn)


def test_conversions_of_one_large_family_are_worth_little_more_than_one() -> None:
    """90 conversions of one family and 10 of families of their own: 100^2 / (90^2 + 10)."""
    families = np.concatenate([np.zeros(90, dtype=np.intp), 1 + np.arange(10), 11 + np.arange(500)])
    converted = np.arange(600) < 100
    assert effective_families(families, converted) == pytest.approx(100**2 / (90**2 + 10))
    assert effective_families(np.arange(600), converted) == 100
    assert effective_families(np.arange(600), np.zeros(600, dtype=bool)) == 0


def test_dealt_outcomes_reach_every_account_alike_whatever_the_sizes_of_families() -> None:
    families = np.repeat([0, 1, 2, 3], [5, 1, 1, 3])
    converted = np.array([True, True, False, False, False, True, False, True, False, False])
    dealt_out = np.array(list(dealt(converted, families, 20_000, seed=0)))
    assert (dealt_out.sum(axis=1) == 4).all()
    assert np.abs(dealt_out.mean(axis=0) - 0.4).max() < 4 * np.sqrt(0.24 / 20_000)


def test_families_are_known_again_by_their_accounts() -> None:
    """January numbers its families 0 and 1, February the same ones 7 and 3; C joins A's family there."""
    january = pl.Series(["A", "B"]), np.array([0, 1])
    february = pl.Series(["B", "C", "A", "D"]), np.array([3, 7, 7, 0])
    first, second = common_families(*zip(january, february, strict=True))
    assert first[0] == second[2] == second[1]
    assert first[1] == second[0]
    assert len({*first, *second}) == 3
