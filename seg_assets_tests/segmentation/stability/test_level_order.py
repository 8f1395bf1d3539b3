from __future__ import annotations

import numpy as np
import polars as pl

from seg_assets.segmentation.stability.level_order import number_blocks, places, without_nan


def test_numbers_stand_by_value_and_ties_together() -> None:
    found = places("x", pl.Series([3.0, 1.0, 3.0, -2.0]), np.ones(4, dtype=bool), {}, ())
    assert found.tolist() == [2, 1, 2, 0]
    assert places("x", pl.Series([True, False]), np.ones(2, dtype=bool), {}, ()).tolist() == [1, 0]


def test_levels_stand_where_their_accounts_do() -> None:
    """Size rises from b to c to a, which is no order of the alphabet: that of size or its reverse is found."""
    random = np.random.default_rng(0)
    size = random.normal(size=3_000)
    level = np.where(size < -0.5, "b", np.where(size < 0.5, "c", "a"))
    frame = pl.DataFrame({"level": level, "size": size, "noise": random.normal(size=3_000)})
    blocks = number_blocks(frame, frame.columns)
    found = places("level", frame["level"], np.ones(3_000, dtype=bool), blocks, ())
    means = [size[found == place].mean() for place in range(3)]
    assert means in (sorted(means), sorted(means, reverse=True))
    last = places("level", frame["level"], np.ones(3_000, dtype=bool), blocks, ("c",))
    assert set(frame["level"].filter(pl.Series(last == 2))) == {"c"}


def test_levels_of_which_nothing_is_known_stand_by_name() -> None:
    values = pl.Series(["b", "a", "c", "a"])
    assert places("level", values, np.ones(4, dtype=bool), {}, ()).tolist() == [1, 0, 2, 0]


def test_blocks_are_standardised_with_gaps_as_0_and_leave_constants_out() -> None:
    frame = pl.DataFrame({"x": [1.0, 5.0, None, float("nan")], "level": ["a", "b", "b", None], "same": [1, 1, 1, 1]})
    blocks = number_blocks(frame, frame.columns)
    assert sorted(blocks) == ["level", "x"]
    assert blocks["x"][:, 0].tolist() == [-1.0, 1.0, 0.0, 0.0]
    assert blocks["level"].shape == (4, 2)
    assert without_nan(frame["x"]).null_count() == 2
