"""A week that is scored in slices has the scores that it has at once."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from seg_assets.steps.score import score_week
from seg_assets.steps.slices import EVERYONE, Slice, in_turn, slices
from seg_assets_tests.steps.spark_home import LABELS, fitted, stored, task


def test_scores_do_not_depend_on_how_a_week_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = stored(tmp_path, fitted())
    at_once = score_week(home.lakehouse, task(), home.segmentation, 2, LABELS)
    monkeypatch.setattr("seg_assets.steps.score.slices", partial(slices, rows=150))
    in_slices = score_week(home.lakehouse, task(), home.segmentation, 2, LABELS)
    assert in_slices.held == at_once.held > 5
    assert in_slices.labels == at_once.labels
    assert_frame_equal(home.scores(), home.wanted, check_exact=True)


def test_every_account_is_in_one_slice() -> None:
    ids = [f"A{number:03}" for number in range(10)]
    for order in (ids, ids[::-1], ids[5:] + ids[:5]):
        frame = pl.LazyFrame({"account_id": order, "value": range(10)})
        parts = slices(frame, rows=3)
        assert len(parts) == 4
        found = in_turn(parts, lambda part, frame=frame: part.of(frame))
        assert sorted(found.collect()["account_id"]) == ids
        assert found.select("value").collect().width == 1
        assert found.filter(pl.col("value") == 4).select("account_id").collect().height == 1
        assert found.head(5).collect().height == 5
    assert slices(pl.LazyFrame({"account_id": ids}), rows=10) == [EVERYONE]
    assert slices(pl.LazyFrame({"account_id": ids}), rows=9) == [Slice(None, "A009"), Slice("A009", None)]
    assert slices(pl.LazyFrame({"account_id": []}, schema={"account_id": pl.String})) == [EVERYONE]
