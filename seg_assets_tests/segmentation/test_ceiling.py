from __future__ import annotations

import numpy as np
import polars as pl

from seg_assets.segmentation import Outcomes
from seg_assets.segmentation.ceiling import ceiling
from seg_assets.segmentation.intent.rows import training_rows
from seg_assets.segmentation.lift import auc
from seg_assets_tests.segmentation.leads import leads
from seg_assets_tests.segmentation.small_catalogue import small_catalogue


def test_additive_odds_are_best_found_by_the_additive_model() -> None:
    rows, later = training_rows(Outcomes(leads(5_000).lazy())), leads(5_000, seed=1)
    assert rows is not None
    top = ceiling(rows, later, small_catalogue())
    assert top.logistic_auc > top.boosting_auc
    assert auc(top.scores, later["converted"]) == top.logistic_auc > 0.7


def test_an_interaction_is_found_by_boosting_and_unseen_levels_are_no_error() -> None:
    def crossed(seed: int) -> pl.DataFrame:
        frame = leads(5_000, seed=seed)
        north, member = (frame["city"] == "north").to_numpy(), frame["member"].to_numpy()
        chance = np.where(north ^ member, 0.4, 0.05)
        return frame.with_columns(converted=pl.Series(np.random.default_rng(seed).random(5_000) < chance))

    rows = training_rows(Outcomes(crossed(0).lazy()))
    assert rows is not None
    later = crossed(1).with_columns(city=pl.when(pl.col("city") == "east").then(pl.lit("west")).otherwise("city"))
    top = ceiling(rows, later, small_catalogue())
    assert top.boosting_auc > top.logistic_auc + 0.05
    assert auc(top.scores, later["converted"]) == top.boosting_auc
